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
