//! Sources: installed importers that feed campaigns.

pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod options;
pub(crate) mod patch;
pub(crate) mod pause;
pub(crate) mod put_secret;
pub(crate) mod rejects;
pub(crate) mod resume;
pub(crate) mod run;
pub(crate) mod runs;

use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::source::INTERVAL_MINUTES;

use crate::api::v1::installing::unanswered;
use crate::problem::{FieldProblem, Problem};

/// The rule for intervals.
fn check_interval(minutes: u32, faults: &mut Vec<FieldProblem>) {
    if !INTERVAL_MINUTES.contains(&minutes) {
        let (least, most) = (INTERVAL_MINUTES.start(), INTERVAL_MINUTES.end());
        let message = format!("the interval is {minutes} minutes; send {least} to {most}");
        faults.push(FieldProblem::new("/interval_minutes", "range", message));
    }
}

/// What an importer fails at when it is asked by a person.
fn failed(failure: &PluginFailure) -> Problem {
    unanswered(&crate::codes::IMPORTER_FAILED, "source", failure)
}
