//! How long a question and its answer may be, so that one request costs no more than its budget.
//!
//! Tokens are estimated, rather too many than too few, and the answer's limit is what the API holds the model to: what is left of
//! the budget when the question is paid. A transcript that would leave nothing for an answer is shortened first.

use campanile_plugin_sdk::evaluator::Talk;
use campanile_plugin_sdk::types::{PluginError, VariableSpec};

use crate::prompt::{self, tokens};
use crate::settings::Settings;

/// The fewest tokens in which a variable can be answered.
const ANSWER: usize = 80;
/// The shortest transcript that is worth a question, in tokens.
const LEAST_TRANSCRIPT: usize = 200;

/// A question that may be asked.
#[derive(Debug)]
pub struct Question {
    /// What the model is told about itself.
    pub system: String,
    /// The questions and the call.
    pub user: String,
    /// Tokens of the longest answer.
    pub max_tokens: u32,
}

/// The question about a call, within the budget.
pub fn question(talk: &Talk, wanted: &[VariableSpec], settings: &Settings) -> Result<Question, PluginError> {
    let system = prompt::system(settings);
    let whole = prompt::user(talk, wanted, settings.transcript_tokens)?;
    if settings.budget <= 0.0 {
        return Ok(Question { system, user: whole, max_tokens: settings.max_tokens });
    }
    if settings.price_input <= 0.0 && settings.price_output <= 0.0 {
        let message = "a budget says nothing without prices; set price_input and price_output, or take the budget away";
        return Err(PluginError::new("budget_without_prices", message));
    }
    // A price per million is the price of one in millionths.
    let millionths = settings.budget * 1_000_000.0;
    let least_answer = (wanted.len() * ANSWER).min(settings.max_tokens as usize) as f64;
    let paid = |user: &str| (tokens(&system) + tokens(user)) as f64 * settings.price_input;
    let answers = |user: &str| match settings.price_output {
        free if free <= 0.0 => f64::from(settings.max_tokens),
        price => ((millionths - paid(user)) / price).min(f64::from(settings.max_tokens)).floor(),
    };
    let fits = |user: &str| paid(user) <= millionths && answers(user) >= least_answer;
    let said = |user: String| {
        let max_tokens = answers(&user) as u32;
        Question { system: system.clone(), user, max_tokens }
    };
    if fits(&whole) {
        return Ok(said(whole));
    }
    // Halved until it fits: the middle goes first, and the model is told so.
    let mut most = settings.transcript_tokens.min(tokens(&whole)) / 2;
    while most >= LEAST_TRANSCRIPT {
        let user = prompt::user(talk, wanted, most)?;
        if fits(&user) {
            return Ok(said(user));
        }
        most /= 2;
    }
    let needed =
        (paid(&prompt::user(talk, wanted, LEAST_TRANSCRIPT)?) + least_answer * settings.price_output) / 1_000_000.0;
    let message = format!(
        "a request about this call would cost some {needed:.6} {} at least and its budget is {}; raise the setting budget, or ask \
         fewer variables",
        settings.currency.to_uppercase(),
        settings.budget
    );
    Err(PluginError::new("budget_too_small", message))
}
