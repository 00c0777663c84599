//! The outbox: events as the outside is told of them, and how often telling is tried.
//!
//! The event log of a tenant is the outbox. An entry is written in the transaction of the change and numbered without gaps, so
//! whoever is told keeps only how far it is, and nobody pays on the dial path for who listens. An entry holds what moved
//! (a status, a reason, a due time); the rest of the object is read when it is told, and what moved is laid over it: a lead
//! that is rescheduled twice is told twice, each time with the status of then and the name of now.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::ids::{EventId, TenantId};
use crate::ports::store::{Call, Campaign, Lead};
use crate::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};

/// The waits after a delivery failed, in milliseconds; it is tried once more than there are waits.
pub const WAITS_MS: [i64; 7] =
    [5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 10 * HOUR_MS];

/// How long a delivery waits after failure number `failures` (from 1), in milliseconds, never less than the other side asked
/// for; `None`: it is given up.
pub fn next_try_ms(failures: u32, retry_after_ms: Option<u64>) -> Option<i64> {
    let wait = *WAITS_MS.get(failures.saturating_sub(1) as usize)?;
    let asked = retry_after_ms.map_or(0, |asked| i64::try_from(asked).unwrap_or(i64::MAX)).min(24 * HOUR_MS);
    Some(wait.max(asked))
}

/// An entry of the event log.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// The same wherever it is told.
    pub id: EventId,
    /// Its number in the tenant's log, from 1.
    pub sequence: i64,
    /// `lead.completed` and its like.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// What moved, with `previous`.
    pub moved: Value,
}

/// An event as it is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Envelope {
    /// The same when it is told again.
    pub id: EventId,
    /// `lead.completed` and its like.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of the API that these bodies are of.
    pub api_version: &'static str,
    /// When it happened.
    pub created_at: Timestamp,
    /// Whose.
    pub tenant: TenantId,
    /// Its number in the account's log, without gaps.
    pub sequence: i64,
    /// The objects after it, by what they are: `lead` and `call`, `campaign`, `import` and so on.
    pub data: Value,
    /// What moved, as it was before; left out when nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Value>,
}

/// The objects that an event is told with, as they are now; those that are not there any more are left out, and the event
/// is told with what it moved.
#[derive(Clone, Copy, Debug)]
pub enum Objects<'a> {
    /// A lead with the call that the event followed or is about.
    Lead(Option<&'a Lead>, Option<&'a Call>),
    /// A campaign.
    Campaign(Option<&'a Campaign>),
    /// The entry holds everything.
    None,
}

impl Envelope {
    /// Of an entry of a tenant's log.
    pub fn of(logged: Logged, tenant: TenantId, objects: Objects<'_>) -> Self {
        let Logged { id, sequence, kind, at, moved } = logged;
        let mut moved = match moved {
            Value::Object(moved) => moved,
            _ => Map::new(),
        };
        let previous = moved.remove("previous");
        let subject = kind.split('.').next().unwrap_or_default();
        let data = match objects {
            Objects::Lead(lead, call) => with_call(subject == "call", moved, lead, call),
            Objects::Campaign(campaign) => json!({ subject: laid_over(campaign.map(object), moved) }),
            Objects::None if subject == "source" => run(moved),
            Objects::None => json!({ subject: moved }),
        };
        Self { id, kind, api_version: "v1", created_at: at, tenant, sequence, data, previous }
    }
}

/// A lead and a call, one of which moved.
fn with_call(of_call: bool, moved: Map<String, Value>, lead: Option<&Lead>, call: Option<&Call>) -> Value {
    let (mut lead, mut call) = (lead.map(object), call.map(object));
    let target = if of_call { &mut call } else { &mut lead };
    if target.is_some() || !moved.is_empty() {
        *target = Some(laid_over(target.take(), moved));
    }
    if let Some(lead) = lead.as_mut().filter(|lead| lead.contains_key("contacts")) {
        lead.insert("next_call_at".into(), next_call(lead, call.as_ref()));
    }
    json!({ "lead": lead, "call": call })
}

fn laid_over(object: Option<Map<String, Value>>, moved: Map<String, Value>) -> Map<String, Value> {
    let mut object = object.unwrap_or_default();
    object.extend(moved);
    object
}

/// A run with the source that it is of; its counts beside its id, as lists of runs show them.
fn run(mut moved: Map<String, Value>) -> Value {
    let (source, id) = (moved.remove("id"), moved.remove("run"));
    let mut run = Map::from_iter([("id".to_owned(), id.unwrap_or_default())]);
    if let Some(Value::Object(counts)) = moved.remove("counts") {
        run.extend(counts);
    }
    run.extend(moved);
    json!({ "source": { "id": source }, "run": run })
}

/// When a lead that waits for its next call is expected to be called: what the decision after its last call worked out
/// under the rules then in force, else the time that was asked for.
fn next_call(lead: &Map<String, Value>, call: Option<&Map<String, Value>>) -> Value {
    if lead.get("status") != Some(&"rescheduled".into()) {
        return Value::Null;
    }
    let expected = call.and_then(|call| call.get("decision")).and_then(|decision| decision.get("expected"));
    expected.filter(|at| !at.is_null()).or_else(|| lead.get("not_before")).cloned().unwrap_or_default()
}

fn object(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        // Leads and calls are objects, and hold nothing that JSON cannot say.
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_eight_times_within_a_day_and_a_half() {
        let waits: Vec<_> = (1..=7).map(|failures| next_try_ms(failures, None)).collect();
        assert!(waits.iter().all(Option::is_some));
        assert_eq!(waits.iter().flatten().sum::<i64>(), 27 * HOUR_MS + 35 * MINUTE_MS + 5 * SECOND_MS);
        assert_eq!(next_try_ms(8, None), None);
        assert_eq!(next_try_ms(1, Some(60_000)), Some(60_000));
        assert_eq!(next_try_ms(2, Some(1)), Some(5 * MINUTE_MS));
        assert_eq!(next_try_ms(1, Some(u64::MAX)), Some(24 * HOUR_MS));
    }

    #[test]
    fn what_is_not_there_any_more_is_told_as_far_as_it_moved() {
        let logged = |kind: &str, moved: Value| Logged {
            id: EventId(1),
            sequence: 7,
            kind: kind.into(),
            at: Timestamp(0),
            moved,
        };
        let told = |kind: &str, moved, objects| {
            let told = Envelope::of(logged(kind, moved), TenantId(2), objects);
            (told.data, told.previous)
        };
        let removed = told("lead.removed", json!({"id": "lead_1"}), Objects::Lead(None, None));
        assert_eq!(removed, (json!({"lead": {"id": "lead_1"}, "call": null}), None));
        let ended = json!({"id": "call_1", "status": "busy", "previous": {"status": "ringing"}});
        let ended = told("call.ended", ended, Objects::Lead(None, None));
        let call = json!({"lead": null, "call": {"id": "call_1", "status": "busy"}});
        assert_eq!(ended, (call, Some(json!({"status": "ringing"}))));
        let over =
            json!({"id": "src_1", "run": "run_1", "status": "finished", "counts": {"created": 3}, "error": null});
        let run = json!({"id": "run_1", "created": 3, "status": "finished", "error": null});
        assert_eq!(told("source.run_finished", over, Objects::None).0, json!({"source": {"id": "src_1"}, "run": run}));
        let staged = told("plugin.staged", json!({"name": "x"}), Objects::None);
        assert_eq!(staged.0, json!({"plugin": {"name": "x"}}));
    }

    #[test]
    fn the_next_call_is_what_was_worked_out_else_what_was_asked_for() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let lead = map(json!({"status": "rescheduled", "not_before": "a"}));
        assert_eq!(next_call(&lead, Some(&map(json!({"decision": {"expected": "b"}})))), "b");
        assert_eq!(next_call(&lead, Some(&map(json!({"decision": null})))), "a");
        assert_eq!(next_call(&lead, None), "a");
        assert_eq!(next_call(&map(json!({"status": "completed", "not_before": "a"})), None), Value::Null);
    }
}
