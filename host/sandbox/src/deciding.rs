//! Decisions: the port that the engine asks, answered by a component or by a script in its runner.
//!
//! The version in force is found, what it needs is compiled before the call takes a turn, and the call runs on the crew. A
//! failure is an answer with a code; what is done with the lead then is the campaign's choice. A question whose answer moves
//! nobody goes the same way at a lower rank, and nothing is counted for it.

use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::policy::Decision;
use campanile_domain::ports::policy::{PolicyAnswer, PolicyCall, PolicyFailure, PolicyRunner};

use crate::crew::Rank;
use crate::digest::Digest;
use crate::fault::Fault;
use crate::guest::Called;
use crate::processor::Stopwatch;
use crate::ready::Ready;
use crate::sandbox::{Inner, Sandbox};
use crate::schema;
use crate::script::Role;
use crate::shelf::{Body, Version};
use crate::warm::Holder;

#[async_trait]
impl PolicyRunner for Sandbox {
    async fn decide(&self, call: &PolicyCall) -> PolicyAnswer {
        let inner = self.inner();
        let version = match inner.find(call.tenant, &call.policy) {
            Ok(version) => version,
            Err(fault) => return nobody(call, fault),
        };
        let (called, elapsed_us) = inner.decided(&version, call, Rank::Live).await;
        inner.note(call.tenant, &version, "", "decide", &called);
        inner.answer(&version, called, elapsed_us)
    }

    async fn consider(&self, call: &PolicyCall, draft: Option<&str>) -> PolicyAnswer {
        let inner = self.inner();
        let version = match draft {
            Some(source) => Arc::new(Version::draft(&call.policy.name, source)),
            None => match inner.find(call.tenant, &call.policy) {
                Ok(version) => version,
                Err(fault) => return nobody(call, fault),
            },
        };
        let (called, elapsed_us) = inner.decided(&version, call, Rank::Behind).await;
        inner.answer(&version, called, elapsed_us)
    }

    async fn resolve(&self, tenant: TenantKey, policy: &PluginRef) -> Result<String, PolicyFailure> {
        let inner = self.inner();
        let version = inner.find(tenant, policy)?;
        let hint = match &version.body {
            Body::Component { kind: Kind::RetryPolicy, .. } => return Ok(version.reference.clone()),
            Body::Component { kind, .. } => format!("{} is a {kind} and decides nothing", version.reference),
            Body::Script(_) if inner.plays(tenant, &version, Role::RetryPolicy).await? => {
                return Ok(version.reference.clone());
            }
            Body::Script(_) => format!("{} does not define decide(lead)", version.reference),
        };
        Err(Fault::NotFound { name: policy.to_string(), hint }.into())
    }
}

/// The reference means nothing that decides.
fn nobody(call: &PolicyCall, fault: Fault) -> PolicyAnswer {
    PolicyAnswer::without_a_run(call.policy.to_string(), Err(fault.into()))
}

impl Inner {
    fn answer(&self, version: &Version, called: Called<Decision>, elapsed_us: u64) -> PolicyAnswer {
        let Called { answer, usage, log, consulted } = called;
        let runner = match &version.body {
            Body::Component { .. } => None,
            Body::Script(_) => self.known_runner(),
        };
        PolicyAnswer {
            version: version.reference.clone(),
            digest: Some(Arc::clone(&version.sha256)),
            runner,
            decision: answer.map_err(PolicyFailure::from),
            usage,
            elapsed_us,
            consulted,
            log,
        }
    }

    async fn decide_component(&self, ready: &Ready, call: PolicyCall) -> Called<Decision> {
        let Ready::Policy(policy) = ready else {
            let what = format!("a {} does not decide", ready.guest().kind);
            return Called::not_run(Fault::NotReady { what });
        };
        let limits = self.limits(call.tenant, &policy.guest);
        policy.decide(&self.engines, limits, call.settings.to_string().into(), &call.input, call.calendar).await
    }

    async fn decide_script(&self, version: &Version, source: &str, call: PolicyCall, rank: Rank) -> Called<Decision> {
        let script = match self.runner().await {
            Ok(script) => script,
            Err(fault) => return Called::not_run(fault),
        };
        let settings = call.settings.to_string();
        let holder =
            Holder { tenant: call.tenant, script: Digest::of_parts(&[&version.digest.0, settings.as_bytes()]) };
        let warm = match rank {
            Rank::Live => &self.warm,
            Rank::Behind => &self.warm_behind,
        };
        let limits = self.limits(call.tenant, script.guest());
        // One that was made under other limits is dropped.
        let mut runner = match warm.take(holder).filter(|runner| *runner.limits() == limits) {
            Some(runner) => runner,
            None => match Box::pin(script.runner(&self.engines, limits, source, &call.settings)).await {
                Ok(runner) => runner,
                Err(fault) => return Called::not_run(fault),
            },
        };
        let called = runner.decide(&call.input, call.calendar).await;
        if called.answer.is_ok() {
            warm.put_back(holder, runner);
        }
        called
    }

    /// The call, and its processor time in microseconds.
    ///
    /// What runs a guest is kilobytes of state that every layer above would copy, so it stays in one place from the start.
    async fn decided(
        self: &Arc<Self>,
        version: &Arc<Version>,
        call: &PolicyCall,
        rank: Rank,
    ) -> (Called<Decision>, u64) {
        let not_run = |fault| (Called::not_run(fault), 0);
        let (inner, watch) = (Arc::clone(self), Arc::new(Stopwatch::default()));
        let (tenant, call, timed) = (call.tenant, call.clone(), Arc::clone(&watch));
        let ran = match &version.body {
            Body::Component { settings, .. } => {
                let problems = schema::check(&call.settings, settings.as_ref());
                if !problems.is_empty() {
                    return not_run(Fault::settings(&problems));
                }
                match self.ready(version).await {
                    Err(fault) => return not_run(fault),
                    Ok(ready) => {
                        let decide = async move { timed.time(Box::pin(inner.decide_component(&ready, call))).await };
                        self.crew.run_at(rank, tenant, Kind::RetryPolicy, Box::pin(decide)).await
                    }
                }
            }
            Body::Script(_) => {
                // The interpreter is compiled before the call takes a turn.
                if let Err(fault) = self.runner().await {
                    return not_run(fault);
                }
                let version = Arc::clone(version);
                let decide = async move {
                    let Body::Script(source) = &version.body else {
                        return Called::not_run(Fault::NotReady { what: "it is no script".to_owned() });
                    };
                    timed.time(Box::pin(inner.decide_script(&version, source, call, rank))).await
                };
                self.crew.run_at(rank, tenant, Kind::RetryPolicy, Box::pin(decide)).await
            }
        };
        (ran.unwrap_or_else(Called::not_run), watch.spent())
    }
}
