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

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{self, Answer, Host};
    use campanile_plugin_sdk::types::{AnsweredBy, Outcome, Role, Speaker, Utterance};

    use super::*;

    #[test]
    fn answers_of_another_type_are_undetermined() {
        let judged = json!({"booked": true, "mood": "furious", "at": "2026-06-02T07:30:00Z", "age": "forty"});
        fake::install(Host::default().zone("Europe/Zurich", 60).open(9, 17).answer(Answer::json(&judged)));
        let spec = |name: &str, kind: ValueType| VariableSpec {
            name: name.into(),
            kind,
            choices: vec!["calm".into()],
            description: String::new(),
            required: true,
            role: Role::None,
        };
        let wanted = [
            spec("booked", ValueType::Boolean),
            spec("mood", ValueType::Choice),
            spec("at", ValueType::DateTime),
            spec("age", ValueType::Number),
            spec("name", ValueType::Text),
        ];
        let mut talk = Talk {
            call_id: "call_1".into(),
            lead_id: "lead_1".into(),
            campaign_id: "camp_1".into(),
            started_at: fake::utc(2026, 3, 2, 8, 5),
            zone: "Europe/Zurich".into(),
            language: None,
            outcome: Outcome::Answered,
            answered_by: AnsweredBy::Human,
            talk_ms: 1_000,
            transcript: vec![Utterance { at_ms: 0, speaker: Speaker::Person, text: "Yes.".into() }],
            provided: Vec::new(),
            lead_variables: Vec::new(),
            extra: Vec::new(),
        };
        let settings = Settings { base_url: "https://judge.example".into() };
        let told = Evaluator::evaluate(&talk, &wanted, &settings).unwrap();
        let values: Vec<_> = told.answers.into_iter().map(|answer| answer.value).collect();
        let at = Value::DateTime(fake::utc(2026, 6, 2, 7, 30));
        let unknown = Value::Undetermined;
        assert_eq!(values, [Value::Boolean(true), unknown.clone(), at, unknown.clone(), unknown]);
        let asked = fake::take_sent()[0].json();
        assert_eq!(
            (asked["at"].as_str(), asked["next_open"].as_i64()),
            (Some("09:05"), Some(fake::utc(2026, 3, 2, 9, 0)))
        );
        assert_eq!(asked["tomorrow"].as_i64(), Some(fake::utc(2026, 3, 3, 8, 0)));
        talk.transcript.clear();
        assert_eq!(Evaluator::evaluate(&talk, &wanted, &settings).unwrap().answers.len(), 5);
    }
}
