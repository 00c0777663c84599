//! What became of a campaign's calls, by one thing after the other.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::money::Micros;

/// What calls can be told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The hour of the day of the dial, in the campaign's zone: `09`.
    Hour,
    /// The day of the dial, in the campaign's zone: `2026-03-02`.
    Day,
    /// The lead's round, from 1.
    Round,
    /// The position of the contact: 0 is the primary.
    Contact,
    /// The number that was called from.
    CallerId,
    /// Who decided after the call: `builtin`, `engine` or `name@version`.
    PolicyVersion,
}

impl Dimension {
    /// Every one.
    pub const ALL: [Self; 6] = [Self::Hour, Self::Day, Self::Round, Self::Contact, Self::CallerId, Self::PolicyVersion];

    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Round => "round",
            Self::Contact => "contact",
            Self::CallerId => "caller_id",
            Self::PolicyVersion => "policy_version",
        }
    }

    /// The dimension of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == word)
    }
}

/// Calls that have something in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallSums {
    /// What they have in common.
    pub key: String,
    /// Calls that are over; refused and withdrawn ones were none.
    pub calls: u64,
    /// A person answered.
    pub answered: u64,
    /// A machine answered.
    pub voicemail: u64,
    /// They reached the lead's goal.
    pub goals_reached: u64,
    /// Talk, in milliseconds.
    pub talk_ms: i64,
    /// Charged to the tenant.
    pub cost_micros: Micros,
}

/// How long after it was possible leads were called, in milliseconds; within a tenth above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lateness {
    /// Half of the calls were no later.
    pub p50_ms: i64,
    /// 99 of 100 calls were no later.
    pub p99_ms: i64,
}

/// The tables that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Breakdown {
    /// `None`: nobody was called.
    pub lateness: Option<Lateness>,
    /// By dimension, each sorted by key.
    pub by: BTreeMap<Dimension, Vec<CallSums>>,
}
