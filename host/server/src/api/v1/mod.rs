//! Version 1: one folder a thing, one file a verb.

pub(crate) mod assistants;
pub(crate) mod audit;
pub(crate) mod balance;
pub(crate) mod calls;
pub(crate) mod campaigns;
pub(crate) mod connections;
pub(crate) mod erasures;
pub(crate) mod evaluations;
pub(crate) mod events;
pub(crate) mod gateways;
pub(crate) mod imports;
mod installing;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod leads;
pub(crate) mod mappings;
pub(crate) mod me;
pub(crate) mod plugins;
pub(crate) mod quarantine;
pub(crate) mod retention;
pub(crate) mod scripts;
pub(crate) mod sinks;
pub(crate) mod sources;
pub(crate) mod suppressions;
pub(crate) mod tenants;
pub(crate) mod webhooks;

use campanile_domain::ports::store::DeliveryStatus;
use serde::{Deserialize, Deserializer};

use crate::problem::{FieldProblem, Problem};

/// The rule for names that people give.
pub(crate) fn check_name(name: &str, faults: &mut Vec<FieldProblem>) {
    let length = name.chars().count();
    if length == 0 || length > 255 {
        let message = format!("the name has {length} characters; give it 1 to 255");
        faults.push(FieldProblem::new("/name", "length", message));
    }
}

/// The rule for events that somebody (`whose`: "sinks") asks to be told of: at least one, each of them known; sorted and each
/// once.
fn check_events(
    mut events: Vec<String>,
    whose: &str,
    known: impl Iterator<Item = &'static str>,
    faults: &mut Vec<FieldProblem>,
) -> Vec<String> {
    if events.is_empty() {
        let message = "no events are asked for, so nothing would be told; leave the field out for the usual ones";
        faults.push(FieldProblem::new("/events", "length", message));
    }
    let known: Vec<&str> = known.collect();
    for (index, event) in events.iter().enumerate() {
        if !known.contains(&event.as_str()) {
            let message = format!("{event:?} is no event of {whose}; the events are: {}", known.join(", "));
            faults.push(FieldProblem::new(format!("/events/{index}"), "unknown_value", message));
        }
    }
    events.sort();
    events.dedup();
    events
}

/// The status that a query asks deliveries of.
fn delivery_status(word: Option<&str>) -> Result<Option<DeliveryStatus>, Problem> {
    Ok(Some(match word {
        None => return Ok(None),
        Some("waiting") => DeliveryStatus::Waiting,
        Some("delivered") => DeliveryStatus::Delivered,
        Some("skipped") => DeliveryStatus::Skipped,
        Some("failed") => DeliveryStatus::Failed,
        Some(other) => {
            let message =
                format!("{other:?} is no status of deliveries; the statuses are: waiting, delivered, skipped, failed");
            return Err(Problem::parameter("status", "unknown_value", message));
        }
    }))
}

/// A field of a patch that may be null: naming it as null is something else than leaving it out.
fn named<'de, D: Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}
