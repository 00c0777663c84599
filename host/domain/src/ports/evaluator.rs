//! Who reads a finished call.
//!
//! [`Evaluator`] is one with everything it needs; [`Evaluators`] finds it by the name that a campaign gives it.

use async_trait::async_trait;

use super::policy::Calendar;
use crate::evaluation::{Evaluation, EvaluationInput, EvaluatorUse};
use crate::ids::TenantKey;
use crate::plugin::PluginRef;
use crate::plugin::failure::PluginFailure;
use crate::plugin::instance::PluginAnswer;

/// One evaluator with its settings and what its tenant granted.
#[async_trait]
pub trait Evaluator: Send + Sync {
    /// Evaluates. An answer is whole: exactly the wanted names, each of its type or undetermined; anything else is the
    /// failure `plugin_output_invalid`, naming the variable.
    async fn evaluate(&self, input: &EvaluationInput, calendar: Calendar) -> PluginAnswer<Evaluation>;
}

/// Finds evaluators and asks them.
#[async_trait]
pub trait Evaluators: Send + Sync {
    /// Asks the evaluator that is meant now, with the secrets and grants that its tenant gave.
    async fn evaluate(
        &self,
        tenant: TenantKey,
        used: &EvaluatorUse,
        input: &EvaluationInput,
        calendar: Calendar,
    ) -> PluginAnswer<Evaluation>;

    /// `name@version` of what a reference means now.
    ///
    /// # Errors
    /// It means nothing that evaluates calls, or what it needs was not given.
    async fn resolve(&self, tenant: TenantKey, plugin: &PluginRef) -> Result<String, PluginFailure>;
}
