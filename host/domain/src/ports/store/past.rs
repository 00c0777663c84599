//! Calls that are over, as a rehearsal's people are made of.

use serde::{Deserialize, Serialize};

use crate::attempt::{Failure, Outcome};
use crate::phone::Phone;
use crate::time::Timestamp;
use crate::variable::Effects;

/// What became of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCall {
    /// Who was called.
    pub phone: Phone,
    /// When it was dialled.
    pub at: Timestamp,
    /// How it ended; never unknown and never cancelled, which say nothing of the person.
    pub outcome: Outcome,
    /// Why it failed.
    pub failure: Failure,
    /// Talk, in milliseconds.
    pub talk_ms: i64,
    /// The goal as determined; `None`: it was not, or the campaign has none.
    pub goal: Option<bool>,
    /// What the roles made of it.
    pub roles: Effects,
}
