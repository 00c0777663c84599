//! Result sinks: write what happened back to the system the leads came from.
//!
//! Deliveries are repeated until they are acknowledged, so the same event comes again: write it so that twice is once, by
//! its `event_id` where the other system takes one.

use serde::de::DeserializeOwned;

use crate::types::{Checked, Choice, PluginError};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Extra;

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
}
