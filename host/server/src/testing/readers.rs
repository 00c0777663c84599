//! Evaluators as tests of the API need them: `judge` reads calls, everybody else does not.

use async_trait::async_trait;
use campanile_domain::evaluation::{Answer, Evaluation, EvaluationInput, EvaluatorUse};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::PluginAnswer;
use campanile_domain::ports::evaluator::Evaluators;
use campanile_domain::ports::policy::{Calendar, Usage};

pub(super) struct Readers;

#[async_trait]
impl Evaluators for Readers {
    async fn evaluate(
        &self,
        _: TenantKey,
        _: &EvaluatorUse,
        input: &EvaluationInput,
        _: Calendar,
    ) -> PluginAnswer<Evaluation> {
        let yes = || Answer {
            value: true.into(),
            reason: "the person said yes".into(),
            evidence: Vec::new(),
            confidence: None,
        };
        let answers = input.wanted.iter().map(|spec| (spec.name.clone(), yes())).collect();
        let answer = Ok(Evaluation { answers, cost: None });
        PluginAnswer { version: "judge@1.0.0".into(), answer, kept: None, usage: Usage::default(), log: Vec::new() }
    }

    async fn resolve(&self, _: TenantKey, plugin: &PluginRef) -> Result<String, PluginFailure> {
        if plugin.name == "judge" {
            return Ok("judge@1.0.0".to_owned());
        }
        Err(PluginFailure::new("plugin_not_found", format!("no evaluator is called {plugin}")))
    }
}
