//! A sink that uses everything its world lends: the host's tests run it in the real sandbox against a small server.
//!
//! That server takes `POST /results`, one event each, with the event's id in `idempotency-key`, the HMAC-SHA256 of the body
//! in `x-signature` (hexadecimal) and the time in `x-sent-at`; 409 says that it has the event already, 422 that it never
//! wants it. Events without an external id are skipped. How many were written is counted in the state.

use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::secret::{self, Digest};
use campanile_plugin_sdk::sink::{Ack, ResultEvent, ResultSink};
use campanile_plugin_sdk::types::{Checked, PluginError};
use campanile_plugin_sdk::{clock, log, state};
use serde::Deserialize;

struct Sink;

#[derive(Deserialize)]
struct Settings {
    base_url: String,
}

fn write(event: &ResultEvent, settings: &Settings) -> Result<Ack, PluginError> {
    let Some(lead) = &event.external_id else {
        return Ok(Ack::Skipped("the lead did not come from there".into()));
    };
    let mac = secret::hmac("signing_secret", Digest::Sha256, event.data_json.as_bytes())?;
    let answer = Request::post(format!("{}/results", settings.base_url))
        .query("lead", lead)
        .body("application/json", event.data_json.as_str())
        .header("idempotency-key", event.event_id.as_str())
        .header("x-signature", mac.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        .header("x-sent-at", clock::now().to_string())
        .auth("service")
        .send()?;
    match answer.status {
        409 => Ok(Ack::Done),
        422 => Ok(Ack::Skipped(answer.text().into_owned())),
        _ => answer.ok().map(|_| Ack::Done),
    }
}

impl ResultSink for Sink {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = Request::get(format!("{}/me", settings.base_url)).auth("service").send()?;
        if answer.status == 401 {
            return Ok(Checked::misconfigured("the token is not accepted", ["token"]));
        }
        answer.ok().map(|_| Checked::ready("the server is there"))
    }

    fn deliver(events: &[ResultEvent], settings: &Settings) -> Result<Vec<Ack>, PluginError> {
        let acks: Vec<_> = events.iter().map(|event| write(event, settings).unwrap_or_else(Ack::Failed)).collect();
        let written = acks.iter().filter(|ack| matches!(ack, Ack::Done)).count() as u64;
        let before = state::get_json::<u64>("written")?.unwrap_or(0);
        state::set_json("written", &(before + written))?;
        log::info(&format!("{written} of {} written, {} in all", events.len(), before + written));
        Ok(acks)
    }
}

campanile_plugin_sdk::export!(result_sink: Sink);
