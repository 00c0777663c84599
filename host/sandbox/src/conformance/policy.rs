//! Cases of a retry policy.

use serde_json::{Value, json};

use super::{Case, NOW, strange};

fn attempt(number: u32, outcome: &str, variables: Value) -> Value {
    let ended = NOW.0 - 60_000 - i64::from(10 - number.min(10)) * 3_600_000;
    json!({
        "number": number, "era": 1, "round": number, "contact": 0, "phone": "+14155550100", "outcome": outcome,
        "failure": if outcome == "failed" { "other" } else { "none" }, "answered_by": "unknown",
        "started_at": ended - 60_000, "ended_at": ended, "talk_ms": 0, "variables": variables, "extra": []
    })
}

fn contact(position: u32, name: Option<String>) -> Value {
    json!({
        "position": position, "phone": format!("+1415555{:04}", 100 + position), "name": name, "label": "mobile",
        "usable": true, "zone": "UTC", "variables": []
    })
}

fn variable(name: &str, value: Value) -> Value {
    json!({ "name": name, "value": value })
}

fn question(attempts: Vec<Value>) -> Value {
    let round = attempts.len();
    json!({ "input": {
        "trigger": "settled", "now": NOW.0, "campaign_id": "cmp_00000000000000000000000007",
        "lead_id": "lead_00000000000000000000000009", "zone": "UTC", "era": 1, "round": round,
        "max_retries": 3, "retry_interval_ms": 3_600_000, "retry_on_voicemail": false, "retry_until_goal": false,
        "goal": null, "strategy": "escalate", "attempts_left": 10, "campaign_ends_at": null,
        "contacts": [contact(0, None), contact(1, None)], "attempts": attempts, "lead_variables": [],
        "builtin": {"retry": {"not_before": NOW.0 + 3_600_000, "not_after": null, "contact": null, "priority": null,
            "variables": [], "reason": "not reached"}},
        "extra": []
    }})
}

fn with(mut question: Value, changes: Value) -> Value {
    if let (Some(input), Value::Object(changes)) = (question["input"].as_object_mut(), changes) {
        input.extend(changes);
    }
    question
}

pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = ["busy", "unanswered", "voicemail", "failed", "unknown", "cancelled", "answered"]
        .into_iter()
        .map(|outcome| Case::new(outcome, "decide", question(vec![attempt(1, outcome, json!([]))])))
        .collect();
    let goal = |goal: Value| {
        let asked = question(vec![attempt(1, "answered", json!([variable("booked", goal.clone())]))]);
        with(asked, json!({"goal": goal, "retry_until_goal": true}))
    };
    let text = strange();
    let strangely = json!({
        "contacts": [contact(0, Some(text.clone()))],
        "lead_variables": [variable("naïve", json!({"text": text})), variable("n", json!({"number": -0.0}))]
    });
    let many: Vec<_> = (1..=100).map(|number| attempt(number, "unanswered", json!([]))).collect();
    let heavy = json!({
        "lead_variables": (0..200).map(|n| variable(&format!("v{n}"), json!({"text": "x".repeat(500)}))).collect::<Vec<_>>(),
        "contacts": (0..11).map(|position| contact(position, Some("n".repeat(255)))).collect::<Vec<_>>(),
        "attempts_left": 0
    });
    let undetermined = json!({
        "goal": {"undetermined": null}, "retry_until_goal": true,
        "lead_variables": [variable("plan", json!(null))]
    });
    let answered = vec![attempt(1, "answered", json!([variable("booked", json!(null))]))];
    let last = json!({"max_retries": 0, "attempts_left": 0, "campaign_ends_at": NOW.0});
    cases.extend([
        Case::new("goal reached", "decide", goal(json!({"boolean": true}))),
        Case::new("goal not reached", "decide", goal(json!({"boolean": false}))),
        Case::new("goal undetermined", "decide", goal(json!({"undetermined": null}))),
        Case::new("nothing known", "decide", with(question(Vec::new()), json!({"contacts": [], "round": 0}))),
        Case::new("strange letters", "decide", with(question(vec![attempt(1, "busy", json!([]))]), strangely)),
        Case::new("a hundred attempts", "decide", with(question(many), heavy)),
        Case::new("undetermined everywhere", "decide", with(question(answered), undetermined)),
        Case::new("no attempt left", "decide", with(question(vec![attempt(1, "busy", json!([]))]), last)),
    ]);
    cases
}
