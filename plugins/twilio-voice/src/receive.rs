//! What a verified webhook says: a step of a call, or who answered it.
//!
//! Both kinds come to the same address with our attempt in its query. The provider repeats and reorders them; every event
//! therefore names itself the same way each time, and nothing here remembers anything.

use campanile_plugin_sdk::dates::rfc2822;
use campanile_plugin_sdk::gateway::{Event, Status};
use campanile_plugin_sdk::log;
use campanile_plugin_sdk::types::{PluginError, Webhook};
use serde_json::{Map, Value};

use crate::event::seconds_as_ms;
use crate::settings::Settings;
use crate::status::{self, Said};

/// The fields of a callback, however it carries them.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn of(webhook: &Webhook) -> Result<Self, PluginError> {
        if webhook.is_json() {
            let object: Map<String, Value> = webhook.json()?;
            let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            return Ok(Self(object.into_iter().map(|(name, value)| (name, text(value))).collect()));
        }
        Ok(Self(if webhook.body.is_empty() { webhook.query() } else { webhook.form() }))
    }

    /// The first field of this name that says something.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

/// A step of the call.
fn progress(sid: &str, status: &str, fields: &Fields, webhook: &Webhook) -> Event {
    let said = Said { status, answered_by: fields.get("AnsweredBy"), sip: fields.get("SipResponseCode") };
    let read = status::read(said);
    let step = fields.get("SequenceNumber").map_or_else(|| status.to_owned(), |number| format!("{number}:{status}"));
    let at = fields.get("Timestamp").and_then(rfc2822).unwrap_or(webhook.received_at);
    Event {
        code: read.code,
        answered_by: read.answered_by,
        failure: read.failure,
        talk_ms: fields.get("CallDuration").and_then(seconds_as_ms),
        recording_url: fields.get("RecordingUrl").map(str::to_owned),
        ..Event::new(sid, format!("{sid}:{step}"), at, read.status)
    }
}

/// Who answered, told beside the call.
fn detection(sid: &str, answered_by: &str, webhook: &Webhook) -> Event {
    Event {
        code: format!("detected {answered_by}"),
        answered_by: status::answered_by(answered_by),
        ..Event::new(sid, format!("{sid}:detected:{answered_by}"), webhook.received_at, Status::InProgress)
    }
}

/// Reads a webhook whose signature was verified.
pub fn read(webhook: &Webhook, settings: &Settings) -> Result<Vec<Event>, PluginError> {
    let fields = Fields::of(webhook)?;
    if let Some(account) = fields.get("AccountSid").filter(|account| *account != settings.account_sid) {
        let message = format!("the webhook is about the account {account}, this gateway's is {}", settings.account_sid);
        return Err(PluginError::new("another_account", message));
    }
    let Some(sid) = fields.get("CallSid") else {
        return Err(PluginError::new("webhook_unreadable", "the webhook names no CallSid"));
    };
    let event = match (fields.get("CallStatus"), fields.get("AnsweredBy")) {
        (Some(status), _) => progress(sid, status, &fields, webhook),
        (None, Some(answered_by)) => detection(sid, answered_by, webhook),
        (None, None) => {
            log::info(&format!("the webhook about {sid} tells neither a status nor who answered"));
            return Ok(Vec::new());
        }
    };
    Ok(vec![Event { attempt_id: webhook.parameter("attempt"), ..event }])
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{Host, install, take_log, utc};
    use campanile_plugin_sdk::gateway::VoiceGateway;
    use campanile_plugin_sdk::types::{AnsweredBy, Failure};

    use super::*;
    use crate::TwilioVoice;
    use crate::settings::tests::account;
    use crate::signature::tests::{signed, webhook};

    const URL: &str = "https://hooks.example/t/secret?attempt=call_7";
    const ACCOUNT: &str = "AccountSid=AC00000000000000000000000000000001&ApiVersion=2010-04-01&From=%2B15550001";

    fn received(webhook: &Webhook) -> Result<Vec<Event>, PluginError> {
        TwilioVoice::receive(webhook, &account())
    }

    fn told(fields: &str) -> Event {
        install(Host::default().secret("auth_token", "12345"));
        let events = received(&signed(URL, &format!("{ACCOUNT}&CallSid=CA1&{fields}"))).unwrap();
        let [event] = events.try_into().unwrap();
        event
    }

    #[test]
    fn each_step_of_a_call_is_an_event_with_our_attempt() {
        let event = told(
            "CallStatus=completed&SequenceNumber=3&CallDuration=42&Duration=1&SipResponseCode=200\
             &AnsweredBy=machine_end_beep&Timestamp=Tue%2C+02+Jun+2026+07%3A30%3A15+%2B0000&RecordingUrl=https%3A%2F%2Fr.example%2F1",
        );
        assert_eq!((event.attempt_id.as_deref(), event.provider_call_id.as_str()), (Some("call_7"), "CA1"));
        assert_eq!(
            (event.status, event.answered_by, event.talk_ms),
            (Status::Completed, AnsweredBy::Machine, Some(42_000))
        );
        assert_eq!((event.at, event.code.as_str()), (utc(2026, 6, 2, 7, 30) + 15_000, "completed"));
        assert_eq!(event.recording_url.as_deref(), Some("https://r.example/1"));
        assert_eq!(told("CallStatus=ringing&SequenceNumber=1").status, Status::Ringing);
        let failed = told("CallStatus=failed&SequenceNumber=2&SipResponseCode=404&CallDuration=");
        assert_eq!((failed.status, failed.failure, failed.talk_ms), (Status::Failed, Failure::NumberInvalid, None));
    }

    #[test]
    fn a_step_without_a_time_happened_when_it_came() {
        assert_eq!(told("CallStatus=ringing").at, webhook(URL, "", &[]).received_at);
    }

    #[test]
    fn who_answered_is_an_event_of_the_same_call() {
        let event = told("AnsweredBy=machine_start&MachineDetectionDuration=3120");
        assert_eq!((event.status, event.answered_by), (Status::InProgress, AnsweredBy::Machine));
        assert_eq!((event.attempt_id.as_deref(), event.code.as_str()), (Some("call_7"), "detected machine_start"));
        assert_eq!(told("AnsweredBy=human").answered_by, AnsweredBy::Human);
        assert_eq!(told("AnsweredBy=fax").answered_by, AnsweredBy::Machine);
        assert_eq!(told("AnsweredBy=unknown").answered_by, AnsweredBy::Unknown);
    }

    #[test]
    fn events_are_told_apart_and_the_same_one_is_the_same() {
        let id = |fields: &str| told(fields).event_id;
        let steps = [
            id("CallStatus=initiated&SequenceNumber=0"),
            id("CallStatus=ringing&SequenceNumber=1"),
            id("CallStatus=completed&SequenceNumber=2"),
            id("CallStatus=completed"),
            id("AnsweredBy=human"),
        ];
        for (at, one) in steps.iter().enumerate() {
            assert!(!steps[at + 1..].contains(one), "{steps:?}");
        }
        assert_eq!(id("CallStatus=ringing&SequenceNumber=1&Extra=1"), steps[1]);
    }

    #[test]
    fn a_replayed_webhook_is_the_same_event_and_fits_no_other_attempt() {
        install(Host::default().secret("auth_token", "12345"));
        let genuine = signed(URL, &format!("{ACCOUNT}&CallSid=CA1&CallStatus=completed&SequenceNumber=2"));
        let first = received(&genuine).unwrap();
        let replayed = Webhook { received_at: genuine.received_at + 86_400_000, ..genuine.clone() };
        assert_eq!(received(&replayed).unwrap()[0].event_id, first[0].event_id);
        let elsewhere = Webhook { url: URL.replace("call_7", "call_8"), ..genuine };
        assert_eq!(received(&elsewhere).unwrap_err().code, "webhook_forged");
    }

    #[test]
    fn an_unsigned_or_forged_webhook_is_no_event() {
        install(Host::default().secret("auth_token", "12345"));
        let body = format!("{ACCOUNT}&CallSid=CA1&CallStatus=completed");
        assert_eq!(received(&webhook(URL, &body, &[])).unwrap_err().code, "webhook_forged");
        let signature = ("x-twilio-signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        assert_eq!(received(&webhook(URL, &body, &[signature])).unwrap_err().code, "webhook_forged");
    }

    #[test]
    fn another_account_s_webhook_is_refused_and_an_unknown_one_is_no_event() {
        install(Host::default().secret("auth_token", "12345"));
        let other = signed(URL, "AccountSid=AC2&CallSid=CA1&CallStatus=completed");
        assert_eq!(received(&other).unwrap_err().code, "another_account");
        assert_eq!(received(&signed(URL, "CallStatus=completed")).unwrap_err().code, "webhook_unreadable");
        assert_eq!(received(&signed(URL, "CallSid=CA1&RecordingStatus=completed")), Ok(Vec::new()));
        assert_eq!(take_log().len(), 1);
    }
}
