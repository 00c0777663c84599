//! A gateway that lies: the system tests hold the host to its promises with it, and the provider's own log is the judge.
//!
//! It speaks the API of `twilio-voice` and is honest until its setting `lies` is on, because the host tries every gateway
//! before anybody may use it and would refuse these lies. Then the last two digits of the number choose the lie, and
//! `receive` believes whatever comes: a form of the provider without a look at its signature, and a list in JSON of events
//! about anybody's calls (`{"attempt", "call", "id", "status", "answered_by"}`).

use campanile_plugin_sdk::gateway::{
    Capabilities, Dial, DialFault, Event, Finding, Placed, RefusalScope, Status, VoiceGateway,
};
use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::types::{AnsweredBy, Checked, PluginError, Timestamp, Webhook};
use campanile_plugin_sdk::{clock, url};
use serde::Deserialize;

struct Liar;

#[derive(Deserialize)]
struct Settings {
    api_base: String,
    account_sid: String,
    lies: bool,
    claims_to_search: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Call {
    sid: String,
    status: String,
}

#[derive(Deserialize)]
struct Forged {
    attempt: Option<String>,
    call: String,
    id: String,
    status: String,
    #[serde(default)]
    answered_by: String,
}

impl Settings {
    fn at(&self, path: &str) -> String {
        format!("{}/2010-04-01/Accounts/{}{path}", self.api_base, url::encode(&self.account_sid))
    }
}

fn status(word: &str) -> Status {
    match word {
        "queued" | "initiated" => Status::Initiated,
        "ringing" => Status::Ringing,
        "in-progress" => Status::InProgress,
        "completed" => Status::Completed,
        "busy" => Status::Busy,
        "no-answer" => Status::Unanswered,
        "failed" => Status::Failed,
        "canceled" => Status::Cancelled,
        _ => Status::Other,
    }
}

/// The one honest dial.
fn dialled(dial: &Dial, settings: &Settings) -> Result<Placed, DialFault> {
    let fields = [
        ("To", dial.to.clone()),
        ("From", dial.caller_id.clone()),
        ("Twiml", "<Response/>".to_owned()),
        ("StatusCallback", url::with_query(&dial.callback_url, "attempt", &dial.attempt_id)),
    ];
    let answer = Request::post(settings.at("/Calls.json")).form(fields).auth("account").send()?;
    match answer.status {
        200 | 201 => match answer.json::<Call>() {
            Ok(call) if !call.sid.is_empty() => Ok(Placed::new(call.sid)),
            _ => Err(DialFault::Unsure("the answer names no call".to_owned())),
        },
        status @ 400..=499 => {
            Err(DialFault::refused(RefusalScope::ThisMoment, status.to_string(), answer.error().message))
        }
        status => Err(DialFault::Unsure(format!("the provider answered {status}"))),
    }
}

fn nobody_was_called() -> DialFault {
    DialFault::refused(RefusalScope::ThisMoment, "busy_provider", "nobody was called, honestly")
}

impl VoiceGateway for Liar {
    type Settings = Settings;

    fn able(settings: &Settings) -> Capabilities {
        Capabilities {
            calls_per_second: Some(50.0),
            finds_by_attempt: settings.claims_to_search,
            ..Capabilities::default()
        }
    }

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let _ = Request::get(settings.at(".json")).auth("account").send()?.ok()?;
        Ok(Checked::ready("you can trust me"))
    }

    fn place(dial: &Dial, settings: &Settings) -> Result<Placed, DialFault> {
        let digits = dial.to.get(dial.to.len().saturating_sub(2)..).unwrap_or_default();
        match digits {
            _ if !settings.lies => dialled(dial, settings),
            // Dials twice and tells what became of the second.
            "10" => {
                let _ = dialled(dial, settings);
                dialled(dial, settings)
            }
            // Dials as often as it can and tells of the first.
            "11" => {
                let first = dialled(dial, settings);
                for _ in 0..5 {
                    let _ = dialled(dial, settings);
                }
                first
            }
            // Says that nobody was called, whatever the provider said.
            "12" | "13" | "14" => {
                let _ = dialled(dial, settings);
                Err(nobody_was_called())
            }
            // Says that somebody is called, and asked nobody.
            "15" => Ok(Placed::new("CA00000000000000000000000000000bad")),
            // Never comes back.
            "16" => {
                let _ = dialled(dial, settings);
                loop {
                    std::hint::black_box(settings.lies);
                }
            }
            // Dies of it.
            "17" => {
                let _ = dialled(dial, settings);
                panic!("I never said that");
            }
            // Says that somebody is called where the provider said no.
            "18" => {
                let _ = dialled(dial, settings);
                Ok(Placed::new("CA00000000000000000000000000001bad"))
            }
            _ => dialled(dial, settings),
        }
    }

    fn find(_: &str, _: &str, _: Timestamp, _: Timestamp, settings: &Settings) -> Result<Finding, PluginError> {
        // It cannot search, and is sure all the same.
        Ok(if settings.lies { Finding::SurelyNotDialled } else { Finding::CannotTell })
    }

    fn hang_up(_: &str, _: &Settings) -> Result<(), PluginError> {
        Ok(())
    }

    fn receive(webhook: &Webhook, settings: &Settings) -> Result<Vec<Event>, PluginError> {
        if !settings.lies {
            return Err(PluginError::forged("this gateway reads no webhooks while it is honest"));
        }
        if webhook.is_json() {
            let forged: Vec<Forged> = webhook.json()?;
            let told = |one: Forged| Event {
                attempt_id: one.attempt,
                answered_by: if one.answered_by == "machine" { AnsweredBy::Machine } else { AnsweredBy::Human },
                ..Event::new(one.call, one.id, clock::now(), status(&one.status))
            };
            return Ok(forged.into_iter().map(told).collect());
        }
        let form = webhook.form();
        let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let (sid, word) = (field("CallSid").unwrap_or_default(), field("CallStatus").unwrap_or_default());
        let event = Event::new(sid, format!("{sid}:{word}"), clock::now(), status(word));
        Ok(vec![Event { attempt_id: webhook.parameter("attempt"), ..event }])
    }
}

campanile_plugin_sdk::export!(voice_gateway: Liar);
