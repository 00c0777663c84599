//! Cases of a voice gateway. What it claims is held against what the provider of the case did.

use serde_json::{Value, json};

use super::provider::Provider;
use super::{Case, NOW, refused, strange};

fn dial() -> Value {
    json!({ "dial": {
        "attempt_id": "call_00000000000000000000000003", "caller_id": "+14155550199", "to": "+14155550100",
        "assistant_ref": "https://assistant.example/voice", "callback_url": "https://calls.example/hooks/gateways/gw_0/token",
        "ring_timeout_ms": 30_000, "max_call_ms": 600_000,
        "variables": [{"name": "first_name", "value": {"text": strange()}}], "extra": []
    }})
}

fn push(headers: Value, body: &str) -> Value {
    json!({ "webhook": {
        "method": "POST",
        "url": "https://calls.example/hooks/gateways/gw_0/token?attempt=call_00000000000000000000000003",
        "headers": headers, "body": body, "received_at": NOW.0
    }})
}

/// After a request that may have dialled, only a call or a doubt may be told.
fn no_refusal(answer: &Value) -> Result<(), String> {
    match answer.pointer("/error/refused") {
        Some(_) => Err("it says that nobody was called, after a request that may have called somebody".to_owned()),
        None => Ok(()),
    }
}

/// Nobody was reached: no call can have a name.
fn no_call(answer: &Value) -> Result<(), String> {
    match answer.get("ok") {
        Some(_) => Err("it says that a call was placed, and nothing was sent".to_owned()),
        None => Ok(()),
    }
}

/// Nothing may be read out of a request that nobody signed.
fn no_events(answer: &Value) -> Result<(), String> {
    match answer.get("ok").and_then(Value::as_array) {
        Some(events) if !events.is_empty() => Err("it believes a request that nobody signed".to_owned()),
        _ => Ok(()),
    }
}

/// Only a gateway that searches by our attempt id may say that a call was surely not made.
fn nobody_is_sure(answer: &Value) -> Result<(), String> {
    match answer.get("ok") {
        Some(word) if word == "surely_not_dialled" => {
            Err("it says that a call was surely not made, after a search that failed".to_owned())
        }
        _ => Ok(()),
    }
}

pub fn cases() -> Vec<Case> {
    let form = json!([["content-type", "application/x-www-form-urlencoded"]]);
    let signed = json!([
        ["content-type", "application/x-www-form-urlencoded"],
        ["x-twilio-signature", "AAAA"],
        ["x-signature", "AAAA"],
        ["authorization", "Bearer x"]
    ]);
    let body = "CallSid=CA00000000000000000000000000000001&CallStatus=completed&SequenceNumber=2";
    let mut cases = vec![
        Case::new("able", "able", json!({})),
        Case::new("check", "check", json!({})),
        Case::new("options of no setting", "options", json!({"setting": strange(), "query": ""})),
        Case::new("an unsigned webhook", "receive", push(form, body)).rule(no_events),
        Case::new("a forged webhook", "receive", push(signed.clone(), body)).rule(no_events),
        Case::new("a forged webhook in JSON", "receive", push(signed, r#"{"event":"call.ended"}"#)).rule(no_events),
        Case::new("an empty webhook", "receive", push(json!([]), "")).rule(no_events),
        Case::new("a call that is not there", "look_up", json!({"provider_call_id": strange()}))
            .provider(Provider::Answers(404, Vec::new(), "{}"))
            .rule(refused),
    ];
    for (name, provider) in Provider::faults() {
        let rule = match &provider {
            Provider::Unreachable => no_call,
            Provider::Answers(400..=499, ..) => super::anything,
            _ => no_refusal,
        };
        cases.push(Case::new(format!("dial: {name}"), "place", dial()).provider(provider.clone()).rule(rule));
        let search = json!({"attempt_id": "call_00000000000000000000000003", "to": "+14155550100",
            "since": NOW.0 - 600_000, "until": NOW.0});
        cases.push(Case::new(format!("search: {name}"), "find", search).provider(provider).rule(nobody_is_sure));
    }
    cases
}
