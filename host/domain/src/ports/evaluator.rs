//! Who reads a finished call.

use async_trait::async_trait;

use super::policy::Calendar;
use crate::evaluation::{Evaluation, EvaluationInput};
use crate::plugin::instance::PluginAnswer;

/// One evaluator with its settings and what its tenant granted.
#[async_trait]
pub trait Evaluator: Send + Sync {
    /// Evaluates. An answer is whole: exactly the wanted names, each of its type or undetermined; anything else is the
    /// failure `plugin_output_invalid`, naming the variable.
    async fn evaluate(&self, input: &EvaluationInput, calendar: Calendar) -> PluginAnswer<Evaluation>;
}
