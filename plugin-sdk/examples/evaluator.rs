//! An evaluator that uses everything its world lends: the host's tests run it in the real sandbox against a small server.
//!
//! That server answers `POST /judge`, given `{"at", "next_open", "tomorrow", "names", "lines"}`, with an object of answers
//! by name. What it does not answer, or answers in another type, is undetermined.

use campanile_plugin_sdk::evaluator::{Answer, CallEvaluator, Evaluation, Talk, Usage};
use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::types::{PluginError, Value, ValueType, VariableSpec};
use campanile_plugin_sdk::{calendar, dates, log};
use serde::Deserialize;
use serde_json::{Map, json};

struct Evaluator;

#[derive(Deserialize)]
struct Settings {
    base_url: String,
}

fn value(spec: &VariableSpec, told: Option<&serde_json::Value>) -> Value {
    let told = match (spec.kind, told) {
        (ValueType::Boolean, Some(told)) => told.as_bool().map(Value::Boolean),
        (ValueType::Number, Some(told)) => told.as_f64().map(Value::Number),
        (ValueType::Text, Some(told)) => told.as_str().map(Value::from),
        (ValueType::DateTime, Some(told)) => told.as_str().and_then(dates::rfc3339).map(Value::DateTime),
        (ValueType::Choice, Some(told)) => {
            told.as_str().filter(|told| spec.choices.iter().any(|choice| choice == told)).map(Value::from)
        }
        _ => None,
    };
    told.unwrap_or(Value::Undetermined)
}

impl CallEvaluator for Evaluator {
    type Settings = Settings;

    fn evaluate(talk: &Talk, wanted: &[VariableSpec], settings: &Settings) -> Result<Evaluation, PluginError> {
        if talk.transcript.is_empty() {
            return Ok(Evaluation::undetermined(wanted, "nobody said anything"));
        }
        let local = calendar::local(talk.started_at, &talk.zone)?;
        let question = json!({
            "at": format!("{:02}:{:02}", local.hour, local.minute),
            "next_open": calendar::next_open(talk.started_at),
            "tomorrow": calendar::instant(local.plus_days(1).at(9, 0), &talk.zone)?,
            "names": wanted.iter().map(|spec| &spec.name).collect::<Vec<_>>(),
            "lines": talk.transcript.iter().map(|line| &line.text).collect::<Vec<_>>(),
        });
        let request = Request::post(format!("{}/judge", settings.base_url)).json(&question)?.auth("judge");
        let told: Map<String, serde_json::Value> = request.send()?.ok()?.json()?;
        log::info(&format!("the judge answered {} of {} questions", told.len(), wanted.len()));
        let answers = wanted.iter().map(|spec| {
            Answer::new(&spec.name, value(spec, told.get(&spec.name)), "the judge said so").because_of([0])
        });
        let usage = Some(Usage { cost_micros: 1_500, currency: "USD".into() });
        Ok(Evaluation { usage, ..Evaluation::of(answers) })
    }
}

campanile_plugin_sdk::export!(call_evaluator: Evaluator);
