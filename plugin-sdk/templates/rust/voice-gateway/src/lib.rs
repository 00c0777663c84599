//! Places calls with a provider whose API is JSON over HTTPS:
//!
//! `POST {base_url}/calls {"to", "from", "assistant", "events_to", "reference"}` answers 201 `{"id"}`; `GET {base_url}/calls/ID`
//! answers `{"id", "reference", "status", "at", "seconds"}`; `POST {base_url}/calls/ID/end` ends it. Its events are such a
//! call plus `event_id`, with the header `x-signature`: HMAC-SHA256 of the body in hexadecimal.

use campanile_plugin_sdk::gateway::{Dial, DialFault, Event, Placed, RefusalScope, Status, VoiceGateway};
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::secret::{self, Digest};
use campanile_plugin_sdk::types::{Checked, Failure, PluginError, Webhook};
use campanile_plugin_sdk::{dates, url};

/// What a gateway may set; the same names as in campanile.toml.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Settings {
    base_url: String,
}

/// A call as the provider tells it.
#[derive(serde::Deserialize)]
struct Call {
    id: String,
    reference: Option<String>,
    status: String,
    at: String,
    seconds: Option<f64>,
    event_id: Option<String>,
}

#[derive(serde::Deserialize)]
struct Accepted {
    id: String,
}

#[derive(serde::Deserialize)]
struct Refused {
    code: String,
    message: String,
}

struct Plugin;

// `able` and `find` are the SDK's: this provider cannot search, so nothing is promised.
impl VoiceGateway for Plugin {
    type Settings = Settings;

    // Whether it can place calls; shown while somebody fills in the settings.
    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        Ok(match Request::get(at(settings, "/me")).auth("api").send()?.status {
            200 => Checked::ready("The provider answers."),
            401 | 403 => Checked::misconfigured("The provider does not accept the token.", ["token"]),
            status => Checked::unreachable(format!("The provider answers {status}.")),
        })
    }

    // Dials, once. Refused only where the call surely was not dialled; everything else is unsure and is looked up later.
    fn place(dial: &Dial, settings: &Settings) -> Result<Placed, DialFault> {
        let body = serde_json::json!({
            "to": dial.to,
            "from": dial.caller_id,
            "assistant": dial.assistant_ref,
            "events_to": dial.callback_url,
            "reference": dial.attempt_id,
        });
        let request = Request::post(at(settings, "/calls")).body("application/json", body.to_string()).auth("api");
        let answer = request.send()?;
        match answer.status {
            201 => answer.json::<Accepted>().map(|call| Placed::new(call.id)).map_err(|error| DialFault::Unsure(error.message)),
            400..=499 => Err(refused(&answer)),
            status => Err(DialFault::Unsure(format!("the provider answered {status}"))),
        }
    }

    fn look_up(provider_call_id: &str, settings: &Settings) -> Result<Event, PluginError> {
        let path = format!("/calls/{}", url::encode(provider_call_id));
        let call: Call = Request::get(at(settings, &path)).auth("api").send()?.ok()?.json()?;
        event(call)
    }

    fn hang_up(provider_call_id: &str, settings: &Settings) -> Result<(), PluginError> {
        let path = format!("/calls/{}/end", url::encode(provider_call_id));
        let answer = Request::post(at(settings, &path)).body("application/json", "{}").auth("api").send()?;
        // A call that is over already is no error.
        if matches!(answer.status, 404 | 409) { Ok(()) } else { answer.ok().map(|_| ()) }
    }

    // Verify first, then read.
    fn receive(webhook: &Webhook, _settings: &Settings) -> Result<Vec<Event>, PluginError> {
        let expected = secret::hmac("signing_key", Digest::Sha256, &webhook.body)?;
        let expected: String = expected.iter().map(|byte| format!("{byte:02x}")).collect();
        let sent = webhook.header("x-signature").unwrap_or_default();
        if !secret::same(expected.as_bytes(), sent.as_bytes()) {
            return Err(PluginError::forged("the event is not signed by the provider"));
        }
        Ok(vec![event(webhook.json()?)?])
    }
}

campanile_plugin_sdk::export!(voice_gateway: Plugin);

fn event(call: Call) -> Result<Event, PluginError> {
    let status = match call.status.as_str() {
        "queued" => Status::Initiated,
        "ringing" => Status::Ringing,
        "talking" => Status::InProgress,
        "done" => Status::Completed,
        "busy" => Status::Busy,
        "no_answer" => Status::Unanswered,
        "failed" => Status::Failed,
        "cancelled" => Status::Cancelled,
        _ => Status::Other,
    };
    let at = dates::rfc3339(&call.at)
        .ok_or_else(|| PluginError::new("event_unreadable", format!("{:?} is no instant", call.at)))?;
    let event_id = call.event_id.unwrap_or_else(|| format!("{}:{}", call.id, call.status));
    let mut event = Event::new(call.id, event_id, at, status);
    event.attempt_id = call.reference;
    event.code = call.status;
    event.talk_ms = call.seconds.map(|seconds| (seconds * 1000.0) as u64);
    event.failure = if status == Status::Failed { Failure::ProviderFault } else { Failure::None };
    Ok(event)
}

// What a refusal is about says who can do something.
fn refused(answer: &Response) -> DialFault {
    let scope = match answer.status {
        401..=403 => RefusalScope::ThisAccount,
        408 | 429 => RefusalScope::ThisMoment,
        _ => RefusalScope::ThisNumber,
    };
    let plain = answer.error();
    let told = answer.json().unwrap_or(Refused { code: plain.code, message: plain.message });
    let mut fault = DialFault::refused(scope, told.code, told.message);
    if let DialFault::Refused(refusal) = &mut fault {
        refusal.retry_after_ms = plain.retry_after_ms;
    }
    fault
}

// The host adds the token after it has checked the address.
fn at(settings: &Settings, path: &str) -> String {
    format!("{}{path}", settings.base_url.trim_end_matches('/'))
}
