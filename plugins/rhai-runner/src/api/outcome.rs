//! How an attempt ended, as scripts write it.
//!
//! A plain text, so that `switch` works on it; functions that take one (`was`, `count`, `in_a_row`) refuse a name that no
//! attempt can have.

use campanile_plugin_sdk::types::{AnsweredBy, Failure, Outcome};
use rhai::EvalAltResult;

use crate::diagnosis::trouble;
use crate::suggest;

/// The names, in the order of the contract.
pub const NAMES: &[(&str, Outcome)] = &[
    ("answered", Outcome::Answered),
    ("voicemail", Outcome::Voicemail),
    ("busy", Outcome::Busy),
    ("unanswered", Outcome::Unanswered),
    ("failed", Outcome::Failed),
    ("unknown", Outcome::Unknown),
    ("cancelled", Outcome::Cancelled),
];

pub fn name(outcome: Outcome) -> &'static str {
    NAMES.iter().find(|(_, known)| *known == outcome).map_or("other", |(name, _)| name)
}

pub fn parse(given: &str) -> Result<Outcome, Box<EvalAltResult>> {
    match NAMES.iter().find(|(name, _)| *name == given) {
        Some((_, outcome)) => Ok(*outcome),
        None => trouble(
            format!("{given:?} is not how a call can end"),
            suggest::hint(given, NAMES.iter().map(|(name, _)| *name)),
        ),
    }
}

pub fn failure(failure: Failure) -> &'static str {
    match failure {
        Failure::None => "none",
        Failure::NumberInvalid => "number_invalid",
        Failure::CalleeRejected => "callee_rejected",
        Failure::CallerIdBlocked => "caller_id_blocked",
        Failure::ProviderFault => "provider_fault",
        Failure::Other => "other",
    }
}

pub fn answered_by(who: AnsweredBy) -> &'static str {
    match who {
        AnsweredBy::Human => "human",
        AnsweredBy::Machine => "machine",
        AnsweredBy::Unknown => "unknown",
    }
}
