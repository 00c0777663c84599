//! A gateway that uses everything its world lends: the host's tests run it in the real sandbox against a small server.
//!
//! That server answers `GET /me` with `{"name"}`; `POST /calls`, given `{"to", "from", "attempt", "callback"}`, with 201
//! and a call; `GET /calls/ID` with a call; `GET /calls?attempt=` with a list of calls; `DELETE /calls/ID` with 204. A call
//! is `{"id", "attempt", "status", "at", "talk_ms"}`, its status one of the contract's words. It posts calls to the
//! callback with the HMAC-SHA256 of the body in `x-signature` (hexadecimal) and the time in `x-sent-at`.

use campanile_plugin_sdk::gateway::{
    Capabilities, Dial, DialFault, Event, Finding, Placed, RefusalScope, Status, VoiceGateway,
};
use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::secret::{self, Digest};
use campanile_plugin_sdk::types::{Checked, PluginError, Timestamp, Webhook};
use campanile_plugin_sdk::{clock, log, url};
use serde::Deserialize;
use serde_json::json;

/// A webhook that was sent longer ago is taken for a replayed one, in milliseconds.
const STALE_MS: i64 = 300_000;

struct Gateway;

#[derive(Deserialize)]
struct Settings {
    base_url: String,
}

#[derive(Deserialize)]
struct Call {
    id: String,
    attempt: Option<String>,
    status: String,
    at: Option<Timestamp>,
    talk_ms: Option<u64>,
}

impl Settings {
    fn calls(&self) -> String {
        format!("{}/calls", self.base_url)
    }

    fn call(&self, id: &str) -> String {
        format!("{}/calls/{}", self.base_url, url::encode(id))
    }
}

impl From<Call> for Event {
    fn from(call: Call) -> Self {
        let status = match call.status.as_str() {
            "initiated" => Status::Initiated,
            "ringing" => Status::Ringing,
            "in-progress" => Status::InProgress,
            "completed" => Status::Completed,
            "busy" => Status::Busy,
            "unanswered" => Status::Unanswered,
            "failed" => Status::Failed,
            "cancelled" => Status::Cancelled,
            _ => Status::Other,
        };
        let event_id = format!("{}:{}", call.id, call.status);
        let event = Event::new(call.id, event_id, call.at.unwrap_or_else(clock::now), status);
        Event { attempt_id: call.attempt, code: call.status, talk_ms: call.talk_ms, ..event }
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl VoiceGateway for Gateway {
    type Settings = Settings;

    fn able(_: &Settings) -> Capabilities {
        Capabilities {
            finds_by_attempt: true,
            find_lag_ms: 1_000,
            calls_per_second: Some(5.0),
            ..Capabilities::default()
        }
    }

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = Request::get(format!("{}/me", settings.base_url)).auth("account").send()?;
        if answer.status == 401 {
            return Ok(Checked::misconfigured("the token is not accepted", ["token"]));
        }
        let me: serde_json::Value = answer.ok()?.json()?;
        Ok(Checked::ready(format!("calling as {}", me["name"].as_str().unwrap_or("somebody"))))
    }

    fn place(dial: &Dial, settings: &Settings) -> Result<Placed, DialFault> {
        let body = json!({
            "to": dial.to, "from": dial.caller_id, "attempt": dial.attempt_id, "callback": dial.callback_url,
        });
        let request = Request::post(settings.calls()).json(&body).map_err(|error| DialFault::Unsure(error.message))?;
        let answer = request.auth("account").timeout_ms(10_000).send()?;
        match answer.status {
            201 => {
                answer.json::<Call>().map(|call| Placed::new(call.id)).map_err(|error| DialFault::Unsure(error.message))
            }
            404 => Err(DialFault::refused(RefusalScope::ThisNumber, "no_such_number", answer.text())),
            400..=499 => Err(DialFault::refused(RefusalScope::ThisMoment, "refused", answer.text())),
            status => Err(DialFault::Unsure(format!("the server answered {status}"))),
        }
    }

    fn look_up(provider_call_id: &str, settings: &Settings) -> Result<Event, PluginError> {
        let answer = Request::get(settings.call(provider_call_id)).auth("account").send()?;
        Ok(answer.ok()?.json::<Call>()?.into())
    }

    fn find(
        attempt_id: &str,
        _: &str,
        since: Timestamp,
        until: Timestamp,
        settings: &Settings,
    ) -> Result<Finding, PluginError> {
        log::debug(&format!("looking for {attempt_id} between {since} and {until}"));
        let answer = Request::get(settings.calls()).query("attempt", attempt_id).auth("account").send()?;
        let mut calls: Vec<Call> = answer.ok()?.json()?;
        Ok(match (calls.pop(), calls.is_empty()) {
            (None, _) => Finding::SurelyNotDialled,
            (Some(call), true) => Finding::Found(call.into()),
            _ => Finding::CannotTell,
        })
    }

    fn hang_up(provider_call_id: &str, settings: &Settings) -> Result<(), PluginError> {
        let answer = Request::delete(settings.call(provider_call_id)).auth("account").send()?;
        if answer.status == 404 { Ok(()) } else { answer.ok().map(|_| ()) }
    }

    fn receive(webhook: &Webhook, _: &Settings) -> Result<Vec<Event>, PluginError> {
        let ours = to_hex(&secret::hmac("signing_secret", Digest::Sha256, &webhook.body)?);
        let theirs = webhook.header("x-signature").ok_or_else(|| PluginError::forged("x-signature is missing"))?;
        if !secret::same(ours.as_bytes(), theirs.as_bytes()) {
            return Err(PluginError::forged("x-signature is not that of the body"));
        }
        let sent_at: Option<Timestamp> = webhook.header("x-sent-at").and_then(|text| text.parse().ok());
        if sent_at.is_some_and(|sent_at| webhook.received_at - sent_at > STALE_MS) {
            return Err(PluginError::forged("x-sent-at is too long ago"));
        }
        Ok(vec![webhook.json::<Call>()?.into()])
    }
}

campanile_plugin_sdk::export!(voice_gateway: Gateway);

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{self, Answer, Host};

    use super::*;

    fn settings() -> Settings {
        Settings { base_url: "https://voice.example".into() }
    }

    #[test]
    fn a_call_is_placed_found_and_ended() {
        let call = json!({"id": "c/1", "attempt": "call_1", "status": "ringing"});
        let calls = "https://voice.example/calls";
        fake::install(
            Host::default()
                .on("POST", calls, Answer::json(&call).with_status(201))
                .on("GET", calls, Answer::json(&json!([call])))
                .on("GET", calls, Answer::json(&json!([])))
                .on("DELETE", "https://voice.example/calls/c%2F1", Answer::status(404)),
        );
        let dial = Dial {
            attempt_id: "call_1".into(),
            caller_id: "+15550001".into(),
            to: "+15550100".into(),
            assistant_ref: String::new(),
            callback_url: "https://h.example/t".into(),
            ring_timeout_ms: 0,
            max_call_ms: 0,
            variables: Vec::new(),
            extra: Vec::new(),
        };
        assert_eq!(Gateway::place(&dial, &settings()), Ok(Placed::new("c/1")));
        let found = Gateway::find("call_1", "", 0, 1, &settings()).unwrap();
        assert!(matches!(found, Finding::Found(event) if event.status == Status::Ringing));
        assert_eq!(Gateway::find("call_2", "", 0, 1, &settings()), Ok(Finding::SurelyNotDialled));
        assert_eq!(Gateway::hang_up("c/1", &settings()), Ok(()));
        assert_eq!(fake::take_sent()[0].json()["attempt"], "call_1");
    }

    #[test]
    fn a_webhook_is_taken_when_it_is_signed_and_fresh() {
        fake::install(Host::default().secret("signing_secret", "12345"));
        let body = br#"{"id": "c1", "status": "completed", "at": 5, "talk_ms": 9}"#.to_vec();
        let signature = to_hex(&secret::hmac("signing_secret", Digest::Sha256, &body).unwrap());
        let receive = |signature: &str, received_at: Timestamp| {
            let headers = vec![("x-signature".into(), signature.into()), ("x-sent-at".into(), "0".into())];
            let (method, url) = ("POST".into(), "https://h.example/t".into());
            Gateway::receive(&Webhook { method, url, headers, body: body.clone(), received_at }, &settings())
        };
        assert_eq!(receive(&signature, STALE_MS).unwrap()[0].status, Status::Completed);
        assert_eq!(receive(&signature, STALE_MS + 1).unwrap_err().code, "webhook_forged");
        assert_eq!(receive("00", 0).unwrap_err().code, "webhook_forged");
    }
}
