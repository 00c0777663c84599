//! Scripts: the runner component with a script as its settings.
//!
//! The host links no interpreter. To read a script or to decide with it is a call of the first-party `rhai-runner`, in the
//! same engine and under the same limits as any plugin; only reading the source has a tank of its own, so that a decision
//! has the same fuel whether its runner was warm or not.

use std::sync::Arc;

use campanile_domain::plugin::limits::Limits;
use serde_json::{Value, json};

use crate::capabilities::Loan;
use crate::contract::exports::campanile::plugin::{evaluator, script as contract};
use crate::diagnostic::{Diagnostic, diagnosed, not_loaded};
use crate::digest::Digest;
use crate::engines::Engines;
use crate::fault::Fault;
use crate::guest::{Called, Guest, Live};
use crate::meter::LOAD_FUEL;
use crate::policy::Policy;
use crate::warm::{Faces, Runner};

/// What a script can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It defines `decide(lead)`.
    RetryPolicy,
    /// It defines `evaluate(talk)`.
    CallEvaluator,
    /// It defines `map_row(row)`.
    RowMapping,
}

/// What a script is.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// At least one.
    pub roles: Vec<Role>,
    /// JSON Schema of what its `settings()` declares.
    pub settings_schema: Value,
}

/// The runner component, compiled and linked.
pub struct ScriptRunner {
    policy: Policy,
    evaluator: evaluator::GuestIndices,
    script: contract::GuestIndices,
    /// SHA-256 of the component, in hexadecimal.
    pub sha256: Arc<str>,
}

fn configured(source: &str, settings: &Value) -> Arc<str> {
    json!({ "source": source, "settings": settings }).to_string().into()
}

impl ScriptRunner {
    pub fn new(guest: Guest, digest: Digest) -> wasmtime::Result<Self> {
        let script = contract::GuestIndices::new(&guest.pre)?;
        let evaluator = evaluator::GuestIndices::new(&guest.pre)?;
        Ok(Self { policy: Policy::new(guest)?, evaluator, script, sha256: digest.to_string().into() })
    }

    /// The component.
    pub const fn guest(&self) -> &Guest {
        &self.policy.guest
    }

    async fn fresh(
        &self,
        engines: &Engines,
        limits: Limits,
        settings: Arc<str>,
    ) -> Result<(Live, contract::Guest), Fault> {
        let loan = Loan::of_settings(settings);
        let live = self.policy.guest.instantiate(engines, loan, limits, Some(LOAD_FUEL)).await;
        let mut live = live.map_err(|Called { answer, .. }| match answer {
            Err(fault) => fault,
            Ok(()) => Fault::NotReady { what: "the runner did not start".to_owned() },
        })?;
        let script = self.script.load(&mut live.store, &live.instance).map_err(|error| Fault::not_ready(&error))?;
        Ok((live, script))
    }

    /// Reads a source: what it is, or everything found wrong with it.
    pub async fn check(
        &self,
        engines: &Engines,
        limits: Limits,
        source: &str,
    ) -> Result<Result<Described, Vec<Diagnostic>>, Fault> {
        let (mut live, script) = self.fresh(engines, limits, "{}".into()).await?;
        let described = script.call_check(&mut live.store, source).await;
        match live.finish(described).answer? {
            Ok(described) => {
                let schema = serde_json::from_str(&described.settings_schema)
                    .map_err(|error| Fault::NotReady { what: format!("the runner's schema is not JSON: {error}") })?;
                let role = |kind: contract::Kind| match kind {
                    contract::Kind::RetryPolicy => Role::RetryPolicy,
                    contract::Kind::CallEvaluator => Role::CallEvaluator,
                    contract::Kind::RowMapping => Role::RowMapping,
                };
                let roles = described.kinds.into_iter().map(role).collect();
                Ok(Ok(Described { roles, settings_schema: schema }))
            }
            Err(found) => Ok(Err(diagnosed(found))),
        }
    }

    /// A runner that has read `source` and can be asked.
    pub async fn runner(
        &self,
        engines: &Engines,
        limits: Limits,
        source: &str,
        settings: &Value,
    ) -> Result<Box<Runner>, Fault> {
        let (mut live, script) = self.fresh(engines, limits, configured(source, settings)).await?;
        let loaded = script.call_load(&mut live.store).await;
        match live.finish(loaded).answer? {
            Ok(()) => {
                let policy = self.policy.face(&mut live)?;
                let evaluator = self.evaluator.load(&mut live.store, &live.instance);
                let evaluator = evaluator.map_err(|error| Fault::not_ready(&error))?;
                Ok(Box::new(Runner::new(live, Faces { policy, evaluator, script })))
            }
            Err(found) => Err(not_loaded(found)),
        }
    }
}
