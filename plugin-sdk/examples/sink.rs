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

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{self, Answer, Host};

    use super::*;

    #[test]
    fn each_event_is_acknowledged_for_itself() {
        let event = |id: &str, lead: Option<&str>| ResultEvent {
            event_id: id.into(),
            kind: "lead.completed".into(),
            at: 0,
            external_id: lead.map(str::to_owned),
            phone: "+15550100".into(),
            data_json: "{}".into(),
            variables: Vec::new(),
            extra: Vec::new(),
        };
        let answers = [201, 409, 422, 503].map(Answer::status);
        let host = Host::default().secret("signing_secret", "12345").state("written", "7");
        fake::install(answers.into_iter().fold(host, Host::answer));
        let events: Vec<_> = ["a", "b", "c", "d"].map(|id| event(id, Some("l&1"))).into();
        let acks = Sink::deliver(
            &[&events[..], &[event("e", None)]].concat(),
            &Settings { base_url: "https://crm.example".into() },
        );
        let acks = acks.unwrap();
        assert_eq!(acks[..2], [Ack::Done, Ack::Done]);
        assert!(matches!((&acks[2], &acks[3], &acks[4]), (Ack::Skipped(_), Ack::Failed(_), Ack::Skipped(_))));
        assert_eq!(state::get("written").as_deref(), Some("9"));
        let sent = &fake::take_sent()[0];
        assert_eq!(
            (sent.url.as_str(), sent.header("idempotency-key")),
            ("https://crm.example/results?lead=l%261", Some("a"))
        );
    }
}
