//! An evaluator with its settings: the host's port on one side, a sandboxed component on the other.

use async_trait::async_trait;
use campanile_domain::evaluation::{Evaluation, EvaluationInput};
use campanile_domain::plugin::instance::PluginAnswer;
use campanile_domain::ports::evaluator::Evaluator;
use campanile_domain::ports::policy::Calendar;

use crate::convert::evaluator as convert;
use crate::installed::{Installation, ask_instance};
use crate::sandbox::Sandbox;

/// The evaluator of one installation. Cheap to make: whoever pins one with settings may make it for each call.
pub struct PluginEvaluator {
    sandbox: Sandbox,
    installed: Installation,
}

impl PluginEvaluator {
    /// Nothing is asked yet.
    pub const fn new(sandbox: Sandbox, installed: Installation) -> Self {
        Self { sandbox, installed }
    }
}

#[async_trait]
impl Evaluator for PluginEvaluator {
    async fn evaluate(&self, input: &EvaluationInput, calendar: Calendar) -> PluginAnswer<Evaluation> {
        let (talk, wanted) = convert::question(input);
        let (specs, lines) = (input.wanted.clone(), input.talk.transcript.len());
        ask_instance!(
            self, Evaluator, "evaluate", state: State::default(), calendar: Some(calendar),
            |live, face| face.call_evaluate(&mut live.store, &talk, &wanted),
            |answer, limits| {
                convert::evaluation(answer.map_err(Fault::of_plugin)?, &specs, lines, limits.output_bytes)
            }
        )
    }
}
