//! Turns the voice provider's own analysis into the post-call variables of an assistant.
//!
//! Many providers answer questions about a call themselves, under their own names and in their own words. This evaluator
//! renames and retypes what they answered, and adds nothing: what does not fit is undetermined, with the reason and what to
//! change, and an evaluator behind it may still answer. No request leaves the host.

mod reading;
mod settings;

use campanile_plugin_sdk::evaluator::{Answer, CallEvaluator, Evaluation, Talk};
use campanile_plugin_sdk::types::{PluginError, Value, VariableSpec, find};

use reading::{Read, read, text};
use settings::Mapping;
pub use settings::Settings;

/// The evaluator.
pub struct ProvidedEvaluator;

impl CallEvaluator for ProvidedEvaluator {
    type Settings = Settings;

    fn evaluate(talk: &Talk, wanted: &[VariableSpec], settings: &Settings) -> Result<Evaluation, PluginError> {
        Ok(Evaluation::of(wanted.iter().map(|spec| answer(spec, talk, settings))))
    }
}

campanile_plugin_sdk::export!(call_evaluator: ProvidedEvaluator);

fn answer(spec: &VariableSpec, talk: &Talk, settings: &Settings) -> Answer {
    let usual = Mapping::default();
    let mapping = settings.variables.get(&spec.name).unwrap_or(&usual);
    let names = mapping.names(&spec.name);
    let told: Vec<(&str, &Value)> =
        names.iter().filter_map(|name| find(&talk.provided, name).map(|value| (*name, value))).collect();
    let mut misfit = None;
    for (name, value) in &told {
        match read(value, spec, mapping, settings, &talk.zone) {
            Read::Value(found) => {
                let reason = format!("the provider's analysis says {name} = \"{}\"", beginning(value));
                return Answer::new(&spec.name, found, reason);
            }
            Read::Misfit(why) => misfit = misfit.or(Some(format!("{name}: {why}"))),
            Read::Untold => {}
        }
    }
    let why = misfit.unwrap_or_else(|| untold(&told, &names, talk));
    Answer::new(&spec.name, Value::Undetermined, why)
}

fn beginning(value: &Value) -> String {
    text(value).chars().take(200).collect()
}

/// Why there is no value where none was wrong.
fn untold(told: &[(&str, &Value)], names: &[&str], talk: &Talk) -> String {
    let names = names.join(" or ");
    if !told.is_empty() {
        return format!("the provider's analysis has {names} and says that the call did not tell");
    }
    if talk.provided.is_empty() {
        return "the provider gave no analysis of this call".to_owned();
    }
    let there: Vec<&str> = talk.provided.iter().map(|variable| variable.name.as_str()).take(20).collect();
    format!("the provider's analysis has no {names}; it has {}", there.join(", "))
}

#[cfg(test)]
mod tests;
