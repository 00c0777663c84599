//! What sources and sinks have in common: a status, and why.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Where an installed importer or sink is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceStatus {
    /// It is asked when it is due.
    Active,
    /// A person paused it, or it failed too often.
    Paused,
    /// The other system no longer takes its credentials, or a setting is wrong: a person must act.
    NeedsAttention,
}

impl InstanceStatus {
    /// The word in the store and in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::NeedsAttention => "needs_attention",
        }
    }
}

/// Why it is where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceReason {
    /// Stable: `by_hand`, `too_many_failures`, `created`, or the code of the failure.
    pub code: String,
    /// For people, with what to do next.
    pub detail: String,
    /// Who: `operator`, `engine` or a key's id.
    pub by: String,
    /// When.
    pub at: Timestamp,
}
