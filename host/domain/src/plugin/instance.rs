//! What every installed instance of a plugin can be asked, whatever its kind, and what a call of it comes to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::failure::PluginFailure;
use crate::ports::policy::Usage;

/// What an instance keeps between calls: texts by key, [`super::limits::STATE_BYTES`] in all. It belongs to whoever stores
/// the result of the call: both are kept in one transaction, or neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kept(pub BTreeMap<String, String>);

/// What one call of an installed plugin came to.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginAnswer<T> {
    /// `name@version` that answered or failed; empty when nothing of that name was found.
    pub version: String,
    /// The answer, or why there is none.
    pub answer: Result<T, PluginFailure>,
    /// What the instance wants kept with the answer; `None`: as it was. Always `None` for a call that failed.
    pub kept: Option<Kept>,
    /// What the call used.
    pub usage: Usage,
    /// What it logged, cut to the limits.
    pub log: Vec<String>,
}

/// Whether an instance can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It can.
    Ready,
    /// A person must change a setting, a secret or the other system.
    Misconfigured,
    /// The other system did not answer; later it may.
    Unreachable,
}

/// What `check` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Whether it can work.
    pub health: Health,
    /// A sentence for the tenant: who am I there.
    pub summary: String,
    /// Settings and secrets that are missing or wrong.
    pub missing: Vec<String>,
}

impl Checked {
    /// That it can work.
    pub fn ready(summary: impl Into<String>) -> Self {
        Self { health: Health::Ready, summary: summary.into(), missing: Vec::new() }
    }

    /// Why it cannot work, in a sentence; `None`: it can.
    pub fn fault(&self) -> Option<String> {
        let what = match self.health {
            Health::Ready => return None,
            Health::Misconfigured => "misconfigured",
            Health::Unreachable => "unreachable",
        };
        let missing = match self.missing.as_slice() {
            [] => String::new(),
            missing => format!("; missing: {}", missing.join(", ")),
        };
        Some(format!("{what}: {}{missing}", self.summary))
    }
}

/// One choice that a form may offer for a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What the setting becomes.
    pub value: String,
    /// What the form shows.
    pub label: String,
}
