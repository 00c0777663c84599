//! Cases of a result sink.

use serde_json::{Value, json};

use super::provider::Provider;
use super::{Case, NOW, strange};

fn event(id: &str, external_id: Value, data: &str) -> Value {
    json!({
        "event_id": id, "kind": "lead.completed", "at": NOW.0, "external_id": external_id, "phone": "+14155550100",
        "data_json": data, "variables": [{"name": "appointment_booked", "value": {"boolean": true}},
            {"name": "notes", "value": {"text": strange()}}, {"name": "plan", "value": null}], "extra": []
    })
}

/// Two events were delivered: two acknowledgements, or an error for all.
fn two(answer: &Value) -> Result<(), String> {
    match answer.get("ok").and_then(Value::as_array) {
        Some(acks) if acks.len() != 2 => Err(format!("two events need two acknowledgements, not {}", acks.len())),
        _ => Ok(()),
    }
}

pub fn cases() -> Vec<Case> {
    let events = || json!({ "events": [event("evt_1", json!("42"), "{}"), event("evt_2", Value::Null, "not json")] });
    let many: Vec<_> = (0..200).map(|n| event(&format!("evt_{n}"), json!(n.to_string()), "{}")).collect();
    let mut cases = vec![
        Case::new("check", "check", json!({})),
        Case::new("options of a setting", "options", json!({"setting": "table", "query": ""})),
        Case::new("options of no setting", "options", json!({"setting": strange(), "query": strange()})),
        Case::new("nothing to deliver", "deliver", json!({"events": []})),
        Case::new("two hundred events", "deliver", json!({ "events": many })),
    ];
    cases.extend(Provider::faults().into_iter().map(|(name, provider)| {
        Case::new(format!("provider: {name}"), "deliver", events()).provider(provider).rule(two)
    }));
    cases
}
