//! Sinks: installed plugins that write results back to where leads came from.

pub(crate) mod check;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod deliveries;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod options;
pub(crate) mod patch;
pub(crate) mod pause;
pub(crate) mod put_secret;
pub(crate) mod resend;
pub(crate) mod resume;

use campanile_domain::event;
use campanile_domain::plugin::failure::PluginFailure;

use crate::api::v1::installing::unanswered;
use crate::problem::{FieldProblem, Problem};

/// The rule for events.
fn check_events(events: Vec<String>, faults: &mut Vec<FieldProblem>) -> Vec<String> {
    super::check_events(events, "sinks", event::of_sinks(), faults)
}

/// What a sink fails at when it is asked by a person.
fn failed(failure: &PluginFailure) -> Problem {
    unanswered(&crate::codes::SINK_FAILED, "sink", failure)
}
