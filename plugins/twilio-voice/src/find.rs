//! Looking for a call whose dial was not answered.
//!
//! The API can be asked by number and time only. One call that fits is it; none and several prove nothing: a call shows up
//! in the list late, waits in the provider's queue, or is somebody else's who uses the same account. So this never says
//! that nobody was called.

use campanile_plugin_sdk::dates::to_rfc3339;
use campanile_plugin_sdk::gateway::Finding;
use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::log;
use campanile_plugin_sdk::types::{PluginError, Timestamp};
use serde::Deserialize;

use crate::calls::{AUTH, Call};
use crate::event;
use crate::settings::Settings;

/// How far the provider's clock may be from ours, in milliseconds.
const SLACK_MS: i64 = 60_000;
/// Calls to one number in so short a time; more are not read.
const PAGE: u32 = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Calls {
    calls: Vec<Call>,
    next_page_uri: Option<String>,
}

/// Asks for calls to the number that started since then, and keeps those that were taken in the window: a call that
/// waited in the provider's queue started after it.
pub fn find(to: &str, since: Timestamp, until: Timestamp, settings: &Settings) -> Result<Finding, PluginError> {
    let request = Request::get(settings.account("/Calls.json"))
        .query("To", to)
        .query("StartTime>", to_rfc3339(since - SLACK_MS))
        .query("PageSize", PAGE)
        .auth(AUTH);
    let found: Calls = request.send()?.ok()?.json()?;
    let window = since - SLACK_MS..=until + SLACK_MS;
    let fits = |call: &Call| call.is_ours() && call.created_at().is_none_or(|at| window.contains(&at));
    let mut fitting: Vec<_> = found.calls.into_iter().filter(fits).collect();
    let more = found.next_page_uri.is_some_and(|next| !next.is_empty());
    if fitting.len() != 1 || more {
        log::info(&format!("{} calls fit the number and the time, one would tell", fitting.len()));
        return Ok(Finding::CannotTell);
    }
    Ok(fitting.pop().map_or(Finding::CannotTell, |call| Finding::Found(event::of_call(call))))
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent, utc};
    use campanile_plugin_sdk::gateway::{Status, VoiceGateway};
    use serde_json::{Value, json};

    use super::*;
    use crate::TwilioVoice;
    use crate::settings::tests::account;

    fn call(sid: &str, created: &str) -> Value {
        let date = format!("Tue, 02 Jun 2026 {created} +0000");
        json!({"sid": sid, "status": "queued", "direction": "outbound-api", "date_created": date, "start_time": null})
    }

    fn asked(answer: &Value) -> Result<Finding, PluginError> {
        install(Host::default().answer(Answer::json(answer)));
        let (since, until) = (utc(2026, 6, 2, 7, 30), utc(2026, 6, 2, 7, 31));
        TwilioVoice::find("call_7", "+15550100", since, until, &account())
    }

    fn sid(finding: &Result<Finding, PluginError>) -> Option<&str> {
        match finding {
            Ok(Finding::Found(event)) => Some(&event.provider_call_id),
            _ => None,
        }
    }

    #[test]
    fn one_call_in_the_window_is_the_call() {
        let inbound = json!({"sid": "CA3", "status": "completed", "direction": "inbound"});
        let found = asked(&json!({"calls": [
            call("CA1", "07:30:20"), call("CA2", "06:00:00"), call("CA4", "07:40:00"), inbound,
        ]}));
        assert_eq!(sid(&found), Some("CA1"));
        assert!(matches!(found, Ok(Finding::Found(event)) if event.status == Status::Initiated));
        let sent = &take_sent()[0];
        assert_eq!(sent.method, "GET");
        let query = sent.query();
        assert!(query.contains(&("To".into(), "+15550100".into())), "{query:?}");
        assert!(query.contains(&("StartTime>".into(), "2026-06-02T07:29:00Z".into())), "{query:?}");
        assert!(sent.url.contains("To=%2B15550100") && sent.url.contains("StartTime%3E="), "{}", sent.url);
    }

    #[test]
    fn none_several_and_more_than_a_page_tell_nothing() {
        let one = call("CA1", "07:30:20");
        for answer in [
            json!({"calls": []}),
            json!({}),
            json!({"calls": [one, call("CA2", "07:30:59")]}),
            json!({"calls": [one, {"sid": "CA2", "status": "busy"}]}),
            json!({"calls": [one], "next_page_uri": "/2010-04-01/more"}),
        ] {
            assert_eq!(asked(&answer), Ok(Finding::CannotTell), "{answer}");
        }
        assert_eq!(sid(&asked(&json!({"calls": [one], "next_page_uri": null}))), Some("CA1"));
    }

    #[test]
    fn a_provider_that_does_not_answer_is_an_error_to_repeat() {
        install(Host::default().answer(Answer::status(503).header("Retry-After", "7")));
        let error = TwilioVoice::find("call_7", "+15550100", 0, 1, &account()).unwrap_err();
        assert_eq!((error.code.as_str(), error.retry_after_ms), ("http_broken", Some(7_000)));
    }
}
