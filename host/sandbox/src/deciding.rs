//! Decisions: the port that the engine asks, answered by a component or by a script in its runner.
//!
//! The version in force is found, what it needs is compiled before the call takes a turn, and the call runs on the crew. A
//! failure is an answer with a code; what is done with the lead then is the campaign's choice.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::policy::Decision;
use campanile_domain::ports::policy::{PolicyAnswer, PolicyCall, PolicyFailure, PolicyRunner, Usage};

use crate::digest::Digest;
use crate::fault::Fault;
use crate::guest::Called;
use crate::ready::Ready;
use crate::sandbox::{Inner, Sandbox};
use crate::schema;
use crate::shelf::{Body, Version};
use crate::warm::Holder;

#[async_trait]
impl PolicyRunner for Sandbox {
    async fn decide(&self, call: &PolicyCall) -> PolicyAnswer {
        let inner = self.inner();
        let version = match inner.find(call.tenant, &call.policy) {
            Ok(version) => version,
            Err(fault) => {
                let decision = Err(fault.into());
                let version = call.policy.to_string();
                return PolicyAnswer { version, decision, usage: Usage::default(), log: Vec::new() };
            }
        };
        let called = inner.decided(&version, call).await;
        inner.note(call.tenant, &version, "", "decide", &called);
        PolicyAnswer {
            version: version.reference.clone(),
            decision: called.answer.map_err(PolicyFailure::from),
            usage: called.usage,
            log: called.log,
        }
    }

    async fn resolve(&self, tenant: TenantKey, policy: &PluginRef) -> Result<String, PolicyFailure> {
        let version = self.inner().find(tenant, policy)?;
        if version.kind() == Kind::RetryPolicy {
            return Ok(version.reference.clone());
        }
        let hint = format!("{} is a {} and decides nothing", version.reference, version.kind());
        Err(Fault::NotFound { name: policy.to_string(), hint }.into())
    }
}

impl Inner {
    async fn decide_component(&self, ready: &Ready, call: PolicyCall) -> Called<Decision> {
        let Ready::Policy(policy) = ready else {
            let what = format!("a {} does not decide", ready.guest().kind);
            return Called::not_run(Fault::NotReady { what });
        };
        let limits = self.limits(call.tenant, &policy.guest);
        policy.decide(&self.engines, limits, call.settings.to_string().into(), &call.input, call.calendar).await
    }

    async fn decide_script(&self, source: &str, digest: Digest, call: PolicyCall) -> Called<Decision> {
        let script = match self.runner().await {
            Ok(script) => script,
            Err(fault) => return Called::not_run(fault),
        };
        let settings = call.settings.to_string();
        let holder = Holder { tenant: call.tenant, script: Digest::of_parts(&[&digest.0, settings.as_bytes()]) };
        let limits = self.limits(call.tenant, script.guest());
        // One that was made under other limits is dropped.
        let mut runner = match self.warm.take(holder).filter(|runner| *runner.limits() == limits) {
            Some(runner) => runner,
            None => match script.runner(&self.engines, limits, source, &call.settings).await {
                Ok(runner) => runner,
                Err(fault) => return Called::not_run(fault),
            },
        };
        let called = runner.decide(&call.input, call.calendar).await;
        if called.answer.is_ok() {
            self.warm.put_back(holder, runner);
        }
        called
    }

    async fn decided(self: &Arc<Self>, version: &Arc<Version>, call: &PolicyCall) -> Called<Decision> {
        let inner = Arc::clone(self);
        let (tenant, call) = (call.tenant, call.clone());
        let ran = match &version.body {
            Body::Component { settings, .. } => {
                let problems = schema::check(&call.settings, settings.as_ref());
                if !problems.is_empty() {
                    return Called::not_run(Fault::settings(&problems));
                }
                match self.ready(version).await {
                    Err(fault) => return Called::not_run(fault),
                    Ok(ready) => {
                        self.crew
                            .run(tenant, Kind::RetryPolicy, async move { inner.decide_component(&ready, call).await })
                            .await
                    }
                }
            }
            Body::Script(_) => {
                // The interpreter is compiled before the call takes a turn.
                if let Err(fault) = self.runner().await {
                    return Called::not_run(fault);
                }
                let version = Arc::clone(version);
                let decide = async move {
                    let Body::Script(source) = &version.body else {
                        return Called::not_run(Fault::NotReady { what: "it is no script".to_owned() });
                    };
                    inner.decide_script(source, version.digest, call).await
                };
                self.crew.run(tenant, Kind::RetryPolicy, decide).await
            }
        };
        ran.unwrap_or_else(Called::not_run)
    }
}
