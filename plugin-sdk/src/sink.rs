//! Result sinks: write what happened back to the system the leads came from.
//!
//! Deliveries are repeated until they are acknowledged, so the same event comes again: write it so that twice is once, by
//! its `event_id` where the other system takes one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::dates;
use crate::types::{Checked, Choice, PluginError, Value, find};

/// The generated bindings; for [`crate::export!`].
#[doc(hidden)]
#[allow(missing_docs, reason = "generated; the contract's own comments are in wit/v0.1/campanile.wit")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        world: "campanile:plugin/result-sink",
        with: {
            "campanile:plugin/types@0.1.0": crate::bindings::campanile::plugin::types,
            "campanile:plugin/log@0.1.0": crate::bindings::campanile::plugin::log,
            "campanile:plugin/config@0.1.0": crate::bindings::campanile::plugin::config,
            "campanile:plugin/clock@0.1.0": crate::bindings::clock::campanile::plugin::clock,
            "campanile:plugin/state@0.1.0": crate::bindings::state::campanile::plugin::state,
            "campanile:plugin/secret@0.1.0": crate::bindings::secret::campanile::plugin::secret,
            "campanile:plugin/http@0.1.0": crate::bindings::http::campanile::plugin::http,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
    });
}

pub use bindings::exports::campanile::plugin::sink::{Ack, ResultEvent};

/// A result sink. Without a body of its own it skips every event.
pub trait ResultSink {
    /// What the tenant may set; its JSON Schema stands in `campanile.toml`. `options` is asked while a form is being
    /// filled in: give what it reads a default.
    type Settings: DeserializeOwned;

    /// Whether it can write: who am I there, what is missing.
    fn check(settings: &Self::Settings) -> Result<Checked, PluginError> {
        let _ = settings;
        Ok(Checked::ready("there is nothing to check"))
    }

    /// The choices for a setting, narrowed by what the person typed; none for a setting that has none.
    fn options(setting: &str, query: &str, settings: &Self::Settings) -> Result<Vec<Choice>, PluginError> {
        let _ = (setting, query, settings);
        Ok(Vec::new())
    }

    /// Writes the events and acknowledges each, in the same order. An error stands for all of them.
    fn deliver(events: &[ResultEvent], settings: &Self::Settings) -> Result<Vec<Ack>, PluginError> {
        let _ = settings;
        Ok(events.iter().map(|_| Ack::Skipped("this sink writes nothing".into())).collect())
    }
}

/// Written, or to be delivered again.
impl From<Result<(), PluginError>> for Ack {
    fn from(written: Result<(), PluginError>) -> Self {
        written.map_or_else(Self::Failed, |()| Self::Done)
    }
}

/// What an event says, out of its `data_json`: the lead after it, and the call that it followed or is about.
#[derive(Clone, Debug, Deserialize)]
pub struct Told {
    /// The lead.
    pub lead: ToldLead,
    /// The call; none when nobody was called yet.
    pub call: Option<ToldCall>,
}

/// A lead after an event.
#[derive(Clone, Debug, Deserialize)]
pub struct ToldLead {
    /// `lead_...`
    pub id: String,
    /// `created`, `rescheduled`, `completed` and so on.
    pub status: String,
    /// Why, where there is more to say: `goal_reached`.
    pub reason: Option<String>,
    /// Dials so far in the current era.
    pub attempts: u32,
    /// RFC 3339: when it is expected to be called next; none when nothing waits.
    pub next_call_at: Option<String>,
}

/// A call after an event.
#[derive(Clone, Debug, Deserialize)]
pub struct ToldCall {
    /// `call_...`
    pub id: String,
    /// How it stands or ended: `completed`, `busy`, `unanswered`, `failed`.
    pub status: String,
    /// More about it: `voicemail`.
    pub reason: Option<String>,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339.
    pub ended_at: Option<String>,
    /// How long the parties talked, in milliseconds.
    pub talk_ms: i64,
}

impl ResultEvent {
    /// The event's objects. Code `event_unreadable` where they are of another shape.
    pub fn told(&self) -> Result<Told, PluginError> {
        #[derive(Deserialize)]
        struct Event {
            data: Told,
        }
        serde_json::from_str::<Event>(&self.data_json).map(|event| event.data).map_err(|error| {
            PluginError::new("event_unreadable", format!("the event {} cannot be read: {error}", self.event_id))
        })
    }
}

/// A variable's value as other systems take it in a text; none for what the call did not tell, so that nothing that a person
/// wrote there is taken away.
pub fn written(value: &Value) -> Option<String> {
    match value {
        Value::Boolean(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
        Value::DateTime(at) => Some(dates::to_rfc3339(*at)),
        Value::Undetermined => None,
    }
}

/// Where a tenant wants which part of a result: names of properties, columns and the like. Empty texts: nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// For the lead's status.
    pub status: &'a str,
    /// For how the last call ended.
    pub outcome: &'a str,
    /// For when the last call began.
    pub last_call: &'a str,
    /// For when the next call is expected; emptied when none is to come.
    pub next_call: &'a str,
    /// For the number of calls.
    pub attempts: &'a str,
    /// For post-call variables, by their names.
    pub variables: &'a BTreeMap<String, String>,
}

impl<'a> Places<'a> {
    /// Every place that is named, with the setting that names it.
    pub fn named(self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let single = [
            ("status", self.status),
            ("outcome", self.outcome),
            ("last_call", self.last_call),
            ("next_call", self.next_call),
            ("attempts", self.attempts),
        ];
        let all = single.into_iter().chain(self.variables.values().map(|place| ("variables", place.as_str())));
        all.filter(|(_, place)| !place.is_empty())
    }

    /// What an event writes, by place. Code `event_unreadable`, see [`ResultEvent::told`].
    pub fn write(self, event: &ResultEvent) -> Result<Vec<(&'a str, String)>, PluginError> {
        let Told { lead, call } = event.told()?;
        let mut all = vec![
            (self.status, lead.status),
            (self.next_call, lead.next_call_at.unwrap_or_default()),
            (self.attempts, lead.attempts.to_string()),
        ];
        if let Some(call) = call {
            let outcome = match call.reason {
                Some(reason) => format!("{}: {reason}", call.status),
                None => call.status,
            };
            all.extend([(self.outcome, outcome), (self.last_call, call.started_at)]);
        }
        for (variable, place) in self.variables {
            all.extend(find(&event.variables, variable).and_then(written).map(|text| (place.as_str(), text)));
        }
        all.retain(|(place, _)| !place.is_empty());
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Extra, Variable};

    struct Nowhere;
    impl ResultSink for Nowhere {
        type Settings = crate::NoSettings;
    }

    #[test]
    fn a_sink_without_a_body_acknowledges_each_event() {
        let event = ResultEvent {
            event_id: "evt_1".into(),
            kind: "lead.completed".into(),
            at: 0,
            external_id: None,
            phone: "+15550100".into(),
            data_json: "{}".into(),
            variables: Vec::new(),
            extra: Extra::new(),
        };
        let acks = Nowhere::deliver(&[event.clone(), event], &crate::NoSettings).unwrap();
        assert_eq!(acks.len(), 2);
        assert!(acks.iter().all(|ack| matches!(ack, Ack::Skipped(_))));
        assert_eq!(Ack::from(Ok(())), Ack::Done);
        assert_eq!(Ack::from(Err(PluginError::new("a", "b"))), Ack::Failed(PluginError::new("a", "b")));
    }

    #[test]
    fn an_event_tells_the_lead_and_the_call() {
        let data = r#"{"type":"lead.rescheduled","data":{"lead":{"id":"lead_1","status":"rescheduled","reason":null,"attempts":2,
            "next_call_at":"2026-03-02T10:00:00Z","more":1},"call":{"id":"call_1","status":"busy","reason":null,
            "started_at":"2026-03-02T09:00:00Z","ended_at":null,"talk_ms":0}}}"#;
        let event = ResultEvent {
            event_id: "evt_1".into(),
            kind: "lead.rescheduled".into(),
            at: 0,
            external_id: None,
            phone: "+15550100".into(),
            data_json: data.into(),
            variables: Vec::new(),
            extra: Extra::new(),
        };
        let told = event.told().unwrap();
        assert_eq!((told.lead.attempts, told.call.map(|call| call.status).as_deref()), (2, Some("busy")));
        let variables = [("booked".to_owned(), "Booked".to_owned()), ("size".to_owned(), "Size".to_owned())].into();
        let places =
            Places { status: "S", outcome: "O", last_call: "", next_call: "N", attempts: "", variables: &variables };
        let size = Variable { name: "size".into(), value: Value::Undetermined };
        let answered = ResultEvent { variables: vec![Variable::new("booked", true), size], ..event.clone() };
        let wanted = [("S", "rescheduled"), ("N", "2026-03-02T10:00:00Z"), ("O", "busy"), ("Booked", "true")];
        assert_eq!(places.write(&answered).unwrap(), wanted.map(|(place, text)| (place, text.to_owned())));
        assert_eq!(places.named().count(), 5);
        let broken = ResultEvent { data_json: "{}".into(), ..event };
        assert_eq!(broken.told().unwrap_err().code, "event_unreadable");
        assert_eq!((written(&true.into()), written(&4.5.into())), (Some("true".into()), Some("4.5".into())));
        assert_eq!(written(&Value::Undetermined), None);
    }
}
