//! Has a language model answer the post-call variables, at any OpenAI-compatible address.
//!
//! One question per call, one answer, whole or an error. The model sees the questions and the transcript and nothing else
//! of the lead; what it may answer is fixed by a schema where the API takes one, and checked here in any case. Waiting and
//! repeating are the host's.

mod budget;
mod prompt;
mod reading;
mod settings;
mod wire;

use campanile_plugin_sdk::evaluator::{CallEvaluator, Evaluation, Talk, Usage};
use campanile_plugin_sdk::log;
use campanile_plugin_sdk::types::{PluginError, VariableSpec};

pub use settings::Settings;
use wire::{Tokens, Told};

/// The evaluator.
pub struct LlmEvaluator;

impl CallEvaluator for LlmEvaluator {
    type Settings = Settings;

    fn evaluate(talk: &Talk, wanted: &[VariableSpec], settings: &Settings) -> Result<Evaluation, PluginError> {
        if wanted.is_empty() || talk.transcript.iter().all(|line| line.text.trim().is_empty()) {
            return Ok(Evaluation::undetermined(wanted, "nothing was said, and no model was asked"));
        }
        let question = budget::question(talk, wanted, settings)?;
        let schema = |bounded| prompt::schema(wanted, bounded);
        let Told { content, tokens } = wire::ask(settings, &question, schema)?;
        let answers = reading::answers(&content, talk, wanted).map_err(|error| with_tokens(error, tokens))?;
        Ok(Evaluation { usage: tokens.and_then(|tokens| cost(settings, tokens)), ..Evaluation::of(answers) })
    }
}

campanile_plugin_sdk::export!(call_evaluator: LlmEvaluator);

/// What an answer that cannot be used took is told with the error, because there is no evaluation to tell it in.
fn with_tokens(mut error: PluginError, tokens: Option<Tokens>) -> PluginError {
    if let Some(Tokens { input, output }) = tokens {
        error.extra.push(("prompt_tokens".into(), input.to_string()));
        error.extra.push(("completion_tokens".into(), output.to_string()));
    }
    error
}

/// In micro-units: a price per million is the price of one in micro-units.
fn cost(settings: &Settings, tokens: Tokens) -> Option<Usage> {
    log::info(&format!("the answer took {} input and {} output tokens", tokens.input, tokens.output));
    if settings.price_input <= 0.0 && settings.price_output <= 0.0 {
        return None;
    }
    let micros = tokens.input as f64 * settings.price_input + tokens.output as f64 * settings.price_output;
    Some(Usage { cost_micros: micros.ceil() as i64, currency: settings.currency.to_uppercase() })
}

#[cfg(test)]
mod tests;
