//! What `evaluate` may answer: a map from the names that were asked for to values.
//!
//! `#{ booked: true }` or, with the reason and the lines that the tenant reads, `#{ booked: told(true, "agreed", found) }`.
//! What is left out is undetermined. A name that nobody asked for is left out too, because an evaluator before this one
//! may have answered it; one that is nearly a name that was asked for is a slip, and an error.

use campanile_plugin_sdk::evaluator::{Answer, Evaluation};
use campanile_plugin_sdk::types::{Value, ValueType, VariableSpec};
use rhai::{Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, Map};

use super::found::{Found, Line};
use super::value;
use crate::diagnosis::{Diagnosis, trouble};
use crate::suggest;

/// A value with its reasons.
#[derive(Clone, Debug)]
pub struct Told {
    value: Dynamic,
    reason: String,
    evidence: Vec<u32>,
    confidence: Option<f32>,
}

impl Told {
    fn plain(value: Dynamic) -> Self {
        Self { value, reason: String::new(), evidence: Vec::new(), confidence: None }
    }
}

fn wanted(spec: &VariableSpec) -> String {
    match spec.kind {
        ValueType::Boolean => "true or false".to_owned(),
        ValueType::Number => "a number".to_owned(),
        ValueType::Text => "a text".to_owned(),
        ValueType::DateTime => "a point in time".to_owned(),
        ValueType::Choice => format!("one of {}", spec.choices.join(", ")),
        ValueType::Other => "a value".to_owned(),
    }
}

fn suits(spec: &VariableSpec, value: &Value) -> bool {
    match (spec.kind, value) {
        (_, Value::Undetermined)
        | (ValueType::Boolean, Value::Boolean(_))
        | (ValueType::Number, Value::Number(_))
        | (ValueType::Text, Value::Text(_))
        | (ValueType::DateTime, Value::DateTime(_))
        | (ValueType::Other, _) => true,
        (ValueType::Choice, Value::Text(text)) => spec.choices.contains(text),
        _ => false,
    }
}

/// What a script's `evaluate` returned.
pub fn read(answer: Dynamic, asked: &[VariableSpec]) -> Result<Evaluation, Diagnosis> {
    let given = answer.type_name();
    let Some(mut map) = answer.try_cast::<Map>() else {
        return Err(Diagnosis::of_script(format!("`evaluate` answered {given}"))
            .with_hint("answer with a map from names to values: #{ booked: told(true, \"agreed\", found) }"));
    };
    let mut answers = Vec::with_capacity(asked.len());
    for spec in asked {
        let told = match map.remove(spec.name.as_str()) {
            None => Told { reason: "the script does not answer it".to_owned(), ..Told::plain(Dynamic::UNIT) },
            Some(given) => given.clone().try_cast::<Told>().unwrap_or_else(|| Told::plain(given)),
        };
        let value = if told.value.is_unit() {
            Value::Undetermined
        } else {
            value::read_one(&spec.name, told.value).map_err(Diagnosis::from)?
        };
        if !suits(spec, &value) {
            let message = format!("`{}` must be {}", spec.name, wanted(spec));
            return Err(Diagnosis::of_script(message).with_hint("answer undetermined() where the call does not tell"));
        }
        let Told { reason, evidence, confidence, .. } = told;
        answers.push(Answer { name: spec.name.clone(), value, reason, evidence, confidence });
    }
    for name in map.keys() {
        if let Some(near) = suggest::nearest(name, asked.iter().map(|spec| spec.name.as_str())) {
            return Err(
                Diagnosis::of_script(format!("nobody asked for `{name}`")).with_hint(format!("did you mean `{near}`?"))
            );
        }
    }
    Ok(Evaluation::of(answers))
}

fn told(value: Dynamic, reason: &str, evidence: Vec<u32>) -> Told {
    Told { value, reason: reason.to_owned(), evidence, confidence: None }
}

fn sure(mut told: Told, confidence: FLOAT) -> Result<Told, Box<EvalAltResult>> {
    if !(0.0..=1.0).contains(&confidence) {
        return trouble(format!("a confidence lies between 0 and 1, not at {confidence}"), None);
    }
    told.confidence = Some(confidence as f32);
    Ok(told)
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Told>("an answer");
    engine.register_fn("told", |value: Dynamic, reason: &str| told(value, reason, Vec::new()));
    engine.register_fn("told", |value: Dynamic, reason: &str, found: Found| told(value, reason, found.lines()));
    engine.register_fn("told", |value: Dynamic, reason: &str, line: Line| told(value, reason, vec![line.position()]));
    engine.register_fn("undetermined", || Told::plain(Dynamic::UNIT));
    engine.register_fn("undetermined", |reason: ImmutableString| told(Dynamic::UNIT, &reason, Vec::new()));
    engine.register_fn("sure", |answer: &mut Told, confidence: FLOAT| sure(answer.clone(), confidence));
    engine.register_fn("sure", |answer: &mut Told, confidence: INT| sure(answer.clone(), confidence as FLOAT));
}
