//! Takes the provider's analysis and hears for itself when a person does not want to be called.

use campanile_plugin_sdk::evaluator::{Answer, CallEvaluator, Evaluation, Talk};
use campanile_plugin_sdk::types::{PluginError, Role, Speaker, Value, ValueType, VariableSpec, find};

/// What an assistant may set; the same names as in campanile.toml.
#[derive(serde::Deserialize)]
#[serde(default)]
struct Settings {
    stop_phrase: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { stop_phrase: "stop calling".into() }
    }
}

struct Plugin;

// One answer for every variable that is wanted; `Undetermined` where the call does not tell. Never a guess.
impl CallEvaluator for Plugin {
    type Settings = Settings;

    fn evaluate(talk: &Talk, wanted: &[VariableSpec], settings: &Settings) -> Result<Evaluation, PluginError> {
        Ok(Evaluation::of(wanted.iter().map(|spec| match (spec.role, spec.kind) {
            (Role::OptOut, ValueType::Boolean) => opt_out(&spec.name, talk, &settings.stop_phrase),
            _ => provided(spec, talk),
        })))
    }
}

campanile_plugin_sdk::export!(call_evaluator: Plugin);

fn opt_out(name: &str, talk: &Talk, phrase: &str) -> Answer {
    let said = |text: &str| text.to_lowercase().contains(&phrase.to_lowercase());
    let lines = talk.transcript.iter().zip(0_u32..);
    let evidence: Vec<u32> =
        lines.filter(|(line, _)| line.speaker == Speaker::Person && said(&line.text)).map(|(_, at)| at).collect();
    let who = if evidence.is_empty() { "nobody" } else { "the person" };
    Answer::new(name, Value::Boolean(!evidence.is_empty()), format!("{who} said {phrase:?}")).because_of(evidence)
}

// The provider's answer counts only if it is of the type that was asked for; a choice must be one of those offered.
fn provided(spec: &VariableSpec, talk: &Talk) -> Answer {
    let fits = |value: &&Value| match (spec.kind, value) {
        (ValueType::Boolean, Value::Boolean(_))
        | (ValueType::Number, Value::Number(_))
        | (ValueType::Text, Value::Text(_))
        | (ValueType::DateTime, Value::DateTime(_)) => true,
        (ValueType::Choice, Value::Text(text)) => spec.choices.contains(text),
        _ => false,
    };
    match find(&talk.provided, &spec.name).filter(fits) {
        Some(value) => Answer::new(&spec.name, value.clone(), "from the provider's analysis"),
        None => Answer::new(&spec.name, Value::Undetermined, "the call does not tell"),
    }
}
