//! Where a run is: which page comes next, and since when this run and the next one ask.
//!
//! The host keeps it between pages and between runs as one text. A run that asks for changes remembers when it began,
//! because what changes while it pages belongs to the next run.

use serde::{Deserialize, Serialize};

/// Where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// What changed since then is asked for; none in the first run and for snapshots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// When this run began; none between runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<i64>,
    /// A number: of the page, or of records to skip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// A text: the system's cursor, or the next page's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Place {
    /// Of the host's text. One that this version did not write begins anew: the host forgets nobody it sees twice.
    pub fn read(cursor: Option<&str>) -> Self {
        cursor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// For the host.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
