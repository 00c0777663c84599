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

/// The rule for events: at least one, each of them known; sorted and each once.
fn check_events(mut events: Vec<String>, faults: &mut Vec<FieldProblem>) -> Vec<String> {
    if events.is_empty() {
        let message = "no events are asked for, so nothing would be written; leave the field out for the usual ones";
        faults.push(FieldProblem::new("/events", "length", message));
    }
    let known: Vec<&str> = event::of_sinks().collect();
    for (index, event) in events.iter().enumerate() {
        if !known.contains(&event.as_str()) {
            let message = format!("{event:?} is no event of sinks; the events are: {}", known.join(", "));
            faults.push(FieldProblem::new(format!("/events/{index}"), "unknown_value", message));
        }
    }
    events.sort();
    events.dedup();
    events
}

/// What a sink fails at when it is asked by a person.
fn failed(failure: &PluginFailure) -> Problem {
    unanswered(&crate::codes::SINK_FAILED, "sink", failure)
}
