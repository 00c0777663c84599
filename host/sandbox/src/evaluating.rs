//! Evaluations by scripts, and what a reference means when a call is to be read.
//!
//! A script reads a call in its runner, on fuel and without requests, in the same limits as a decision. An evaluator that is a
//! component is asked through its installation ([`crate::PluginEvaluator`]).

use std::sync::Arc;

use campanile_domain::evaluation::{Evaluation, EvaluationInput};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::instance::PluginAnswer;
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::ports::policy::Calendar;
use serde_json::Value;

use crate::crew::Rank;
use crate::digest::Digest;
use crate::fault::Fault;
use crate::guest::Called;
use crate::installed::not_asked;
use crate::sandbox::{Inner, Sandbox};
use crate::script::Role;
use crate::shelf::{Body, Version};
use crate::warm::Holder;

/// What a reference means where calls are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reads {
    /// A script that defines `evaluate`: `name@version`.
    Script(String),
    /// A call evaluator that its tenant uploaded: `name@version`.
    Component(String),
    /// One that ships with this host, which asks for nothing: `name@version`.
    Shipped(String),
}

impl Sandbox {
    /// What a reference means now.
    ///
    /// # Errors
    /// Nothing that reads calls.
    pub async fn reads(&self, tenant: TenantKey, plugin: &PluginRef) -> Result<Reads, Fault> {
        let inner = self.inner();
        let version = inner.find(tenant, plugin)?;
        let reference = version.reference.clone();
        let hint = match &version.body {
            Body::Component { kind: Kind::CallEvaluator, .. } if inner.has_uploaded(tenant, &plugin.name) => {
                return Ok(Reads::Component(reference));
            }
            Body::Component { kind: Kind::CallEvaluator, .. } => return Ok(Reads::Shipped(reference)),
            Body::Component { kind, .. } => format!("{reference} is a {kind} and evaluates no calls"),
            Body::Script(_) if inner.plays(tenant, &version, Role::CallEvaluator).await? => {
                return Ok(Reads::Script(reference));
            }
            Body::Script(_) => format!("{reference} does not define evaluate(talk)"),
        };
        Err(Fault::NotFound { name: plugin.to_string(), hint })
    }

    /// Has a call read by an installed script, or by a source that is tried in its place.
    pub async fn evaluate_script(
        &self,
        tenant: TenantKey,
        (plugin, draft): (&PluginRef, Option<&str>),
        settings: &Value,
        input: &EvaluationInput,
        calendar: Calendar,
    ) -> PluginAnswer<Evaluation> {
        let inner = self.inner();
        let version = match draft {
            Some(source) => Arc::new(Version::draft(&plugin.name, source)),
            None => match inner.find(tenant, plugin) {
                Ok(version) => version,
                Err(fault) => return not_asked(fault),
            },
        };
        // The interpreter is compiled before the call takes a turn.
        if let Err(fault) = inner.runner().await {
            return not_asked(fault);
        }
        let (settings, input) = (settings.clone(), input.clone());
        let (read_by, theirs) = (Arc::clone(inner), Arc::clone(&version));
        let call = async move { read_by.evaluate_script(&theirs, tenant, &settings, &input, calendar).await };
        let called = inner.crew.run_at(Rank::Live, tenant, Kind::ScriptRunner, call).await;
        let called = called.unwrap_or_else(Called::not_run);
        inner.note(tenant, &version, "", "evaluate", &called);
        let Called { answer, usage, log, .. } = called;
        let answer = answer.map_err(Into::into);
        PluginAnswer { version: version.reference.clone(), answer, kept: None, usage, log }
    }
}

impl Inner {
    async fn evaluate_script(
        &self,
        version: &Version,
        tenant: TenantKey,
        settings: &Value,
        input: &EvaluationInput,
        calendar: Calendar,
    ) -> Called<Evaluation> {
        let Body::Script(source) = &version.body else {
            return Called::not_run(Fault::NotReady { what: "it is no script".to_owned() });
        };
        let script = match self.runner().await {
            Ok(script) => script,
            Err(fault) => return Called::not_run(fault),
        };
        let script_and_settings = Digest::of_parts(&[&version.digest.0, settings.to_string().as_bytes()]);
        let holder = Holder { tenant, script: script_and_settings };
        let limits = self.limits(tenant, script.guest());
        let mut runner = match self.warm.take(holder).filter(|runner| *runner.limits() == limits) {
            Some(runner) => runner,
            None => match Box::pin(script.runner(&self.engines, limits, source, settings)).await {
                Ok(runner) => runner,
                Err(fault) => return Called::not_run(fault),
            },
        };
        let called = runner.evaluate(input, calendar).await;
        if called.answer.is_ok() {
            self.warm.put_back(holder, runner);
        }
        called
    }
}
