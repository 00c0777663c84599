//! Writing results back: what a sink is handed and how it acknowledges.
//!
//! The contract has records of the same shape, and one file of the sandbox converts between the two.

use serde::{Deserialize, Serialize};

use crate::ids::EventId;
use crate::phone::Phone;
use crate::plugin::failure::PluginFailure;
use crate::time::Timestamp;
use crate::variable::Variables;

/// One thing that happened to a lead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultEvent {
    /// The same event delivered again has the same one.
    pub id: EventId,
    /// `lead.completed` and its like.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// The lead's id in the system it came from.
    pub external_id: Option<String>,
    /// The primary phone.
    pub phone: Phone,
    /// The event as webhooks carry it.
    pub data: serde_json::Value,
    /// The post-call variables.
    pub variables: Variables,
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ack", rename_all = "snake_case")]
pub enum Ack {
    /// Written.
    Done,
    /// Will never be written, and why.
    Skipped {
        /// For people.
        why: String,
    },
    /// To be delivered again.
    Failed(PluginFailure),
}
