//! The model's words as answers: whole, or an error.
//!
//! What decides over the next call is taken as it was asked for or not at all. A name that was not asked for is an error
//! as much as one that is missing, because either says that the model answered something else; "yes" is not `true`, and a
//! choice in other letters is no choice. Only what decides nothing is forgiven: a missing reason, and lines that the call
//! does not have.

use campanile_plugin_sdk::calendar::{self, Civil};
use campanile_plugin_sdk::evaluator::{Answer, Talk};
use campanile_plugin_sdk::types::{PluginError, Timestamp, Value, ValueType, VariableSpec};
use campanile_plugin_sdk::{dates, log};
use serde_json::{Deserializer, Map, Value as Json};

use crate::wire::cut;

/// Characters of a reason that are kept.
const REASON: usize = 500;
/// Places in a text where an object may begin that are tried.
const TRIED: usize = 200;

/// The answers to what was wanted, in that order.
pub fn answers(content: &str, talk: &Talk, wanted: &[VariableSpec]) -> Result<Vec<Answer>, PluginError> {
    let told = object(content, wanted)?;
    let asked = || wanted.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(extra) = told.keys().find(|name| wanted.iter().all(|spec| spec.name != **name)) {
        let message = format!("the model answered {extra:?}, which was not asked; asked were {}", asked());
        return Err(PluginError::new("answer_not_asked", message));
    }
    wanted.iter().map(|spec| answer(spec, told.get(&spec.name), talk)).collect()
}

/// The one JSON object in a text that may hold prose and fences round it.
fn object(content: &str, wanted: &[VariableSpec]) -> Result<Map<String, Json>, PluginError> {
    let after_thought = content.rsplit_once("</think>").map_or(content, |(_, rest)| rest);
    let mut found: Vec<Map<String, Json>> = Vec::new();
    let mut rest = after_thought;
    for _ in 0..TRIED {
        let Some(begins) = rest.find('{') else { break };
        let mut stream = Deserializer::from_str(&rest[begins..]).into_iter::<Map<String, Json>>();
        match stream.next() {
            Some(Ok(object)) => {
                rest = &rest[begins + stream.byte_offset()..];
                found.push(object);
            }
            _ => rest = &rest[begins + 1..],
        }
    }
    let named = |object: &Map<String, Json>| wanted.iter().any(|spec| object.contains_key(&spec.name));
    let (mut answering, others): (Vec<_>, Vec<_>) = found.into_iter().partition(named);
    answering.dedup();
    match (answering.len(), others.len()) {
        (1, _) => Ok(answering.remove(0)),
        (0, 0) => {
            let message = format!(
                "the model answered in words without a JSON object; try another mode or model: {}",
                cut(content)
            );
            Err(PluginError::new("answer_not_json", message))
        }
        (0, _) => {
            let message = format!("the model's JSON has none of the names that were asked: {}", cut(content));
            Err(PluginError::new("answer_missing", message))
        }
        _ => Err(PluginError::new(
            "answer_ambiguous",
            "the model gave several answers that differ; none of them is taken",
        )),
    }
}

fn wrong(spec: &VariableSpec, told: &Json, must: &str) -> PluginError {
    let message = format!(
        "the model's answer to {} is {} and must be {must}; no answer of this call is taken",
        spec.name,
        cut(&told.to_string())
    );
    PluginError::new("answer_wrong_type", message)
}

fn answer(spec: &VariableSpec, told: Option<&Json>, talk: &Talk) -> Result<Answer, PluginError> {
    let Some(told) = told else {
        return Err(PluginError::new(
            "answer_missing",
            format!("the model left {} out; no answer of this call is taken", spec.name),
        ));
    };
    let value = told.get("value").ok_or_else(|| wrong(spec, told, "an object with value, reason and lines"))?;
    let value = read(spec, value, talk)?;
    let reason = told.get("reason").and_then(Json::as_str).map(str::trim).unwrap_or_default();
    let reason: String = reason.chars().take(REASON).collect();
    let reason = if reason.is_empty() { "the model gave no reason".to_owned() } else { reason };
    Ok(Answer::new(&spec.name, value, reason).because_of(lines(spec, told.get("lines"), talk)))
}

/// The lines that the call has, in order, each once.
fn lines(spec: &VariableSpec, told: Option<&Json>, talk: &Talk) -> Vec<u32> {
    let told = told.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let exists = |line: &u32| (*line as usize) < talk.transcript.len();
    let mut lines: Vec<u32> =
        told.iter().filter_map(Json::as_u64).filter_map(|line| u32::try_from(line).ok()).filter(exists).collect();
    if lines.len() < told.len() {
        log::warn(&format!(
            "for {} the model named {} lines that the call does not have",
            spec.name,
            told.len() - lines.len()
        ));
    }
    lines.sort_unstable();
    lines.dedup();
    lines
}

fn read(spec: &VariableSpec, told: &Json, talk: &Talk) -> Result<Value, PluginError> {
    if told.is_null() {
        return Ok(Value::Undetermined);
    }
    let (value, must) = match spec.kind {
        ValueType::Boolean => (told.as_bool().map(Value::from), "true, false or null"),
        ValueType::Number => (told.as_f64().map(Value::from), "a number or null"),
        ValueType::Text => (told.as_str().map(Value::from), "a text or null"),
        ValueType::Choice => {
            let Some(text) = told.as_str() else { return Err(wrong(spec, told, "one of its choices or null")) };
            let Some(choice) = spec.choices.iter().find(|choice| *choice == text) else {
                let message = format!(
                    "the model's answer to {} is {text:?}, which is none of its choices ({}); no answer of this call is taken",
                    spec.name,
                    spec.choices.join(", ")
                );
                return Err(PluginError::new("answer_not_a_choice", message));
            };
            (Some(choice.as_str().into()), "")
        }
        ValueType::DateTime => {
            let at = told.as_str().and_then(|text| instant(text, &talk.zone));
            (at.map(Value::DateTime), "a local date and time like \"2026-03-05T15:00\" or null")
        }
        _ => (None, "null, because this evaluator does not know its type"),
    };
    value.ok_or_else(|| wrong(spec, told, must))
}

/// The instant of a local date and time, of one with an offset, or of the beginning of a date.
fn instant(text: &str, zone: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(at) = dates::rfc3339(text) {
        return Some(at);
    }
    let whole = if text.len() == 10 { format!("{text}T00:00") } else { text.to_owned() };
    // Read as if it were UTC, only to have the digits checked; what its clock shows is then asked of the zone's.
    let shown = dates::rfc3339(&format!("{whole}Z"))?;
    let civil: Civil = calendar::local(shown, "UTC").ok()?;
    calendar::instant(civil, zone).ok()
}
