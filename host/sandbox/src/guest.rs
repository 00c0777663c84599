//! A compiled component and one call of it.
//!
//! A plugin gets a fresh instance for every call, so that nothing one decision leaves behind reaches the next; making one
//! costs microseconds. Scripts keep theirs (see [`crate::warm`]) because what they would make anew is an interpreter.

use std::sync::Arc;

use campanile_domain::policy::{Decision, PolicyInput};
use campanile_domain::ports::policy::{Calendar, Usage};
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

use crate::capabilities::Lent;
use crate::contract::retry_policy::exports::campanile::plugin::policy::{Guest, GuestIndices};
use crate::convert::policy::{answer, question};
use crate::engine::PolicyEngine;
use crate::fault::Fault;
use crate::limits::YIELD_EVERY_FUEL;

/// A component ready to be instantiated as a retry policy.
pub struct PolicyGuest {
    pre: InstancePre<Lent>,
    policy: GuestIndices,
}

/// What one call came to.
pub struct Outcome {
    pub decision: Result<Decision, Fault>,
    pub usage: Usage,
    pub log: Vec<String>,
}

impl Outcome {
    /// Of a call that did not get as far as the guest.
    pub fn not_run(fault: Fault) -> Self {
        Self { decision: Err(fault), usage: Usage::default(), log: Vec::new() }
    }
}

impl PolicyGuest {
    /// Links a component against what is lent. A missing or wrong-typed export or import is an error that names it.
    pub fn link(engine: &PolicyEngine, component: &Component) -> wasmtime::Result<Self> {
        let pre = engine.linker.instantiate_pre(component)?;
        let policy = GuestIndices::new(&pre)?;
        Ok(Self { pre, policy })
    }

    /// A live instance in a store of its own; `settings` is what its `config.get` answers. Runs what the component runs at
    /// its start, on `fuel`.
    pub fn instantiate(&self, engine: &PolicyEngine, settings: Arc<str>, fuel: u64) -> Result<Live, Fault> {
        let lent = Lent::new(settings, &engine.limits);
        let mut store = engine.store(lent);
        match self.make(&mut store, fuel) {
            Ok((instance, policy)) => Ok(Live { store, instance, policy }),
            Err(error) => Err(Fault::from_wasmtime(&error, fuel, store.data().log.panic())),
        }
    }

    fn make(&self, store: &mut Store<Lent>, fuel: u64) -> wasmtime::Result<(Instance, Guest)> {
        store.set_fuel(fuel)?;
        let instance = self.pre.instantiate(&mut *store)?;
        let policy = self.policy.load(&mut *store, &instance)?;
        store.fuel_async_yield_interval(Some(YIELD_EVERY_FUEL))?;
        Ok((instance, policy))
    }

    /// One decision in a fresh instance. Start and decision share the fuel.
    pub async fn decide(
        &self,
        engine: &PolicyEngine,
        settings: Arc<str>,
        input: &PolicyInput,
        calendar: Calendar,
    ) -> Outcome {
        match self.instantiate(engine, settings, engine.limits.fuel) {
            Ok(mut live) => live.decide_with_fuel_left(engine, input, calendar).await,
            Err(fault) => Outcome::not_run(fault),
        }
    }
}

/// An instance that can be asked.
pub struct Live {
    pub store: Store<Lent>,
    pub instance: Instance,
    policy: Guest,
}

impl Live {
    /// One decision on a full tank: what a warm instance does again and again.
    pub async fn decide(&mut self, engine: &PolicyEngine, input: &PolicyInput, calendar: Calendar) -> Outcome {
        if let Err(error) = self.store.set_fuel(engine.limits.fuel) {
            return Outcome::not_run(Fault::NotReady { what: format!("{error:#}") });
        }
        self.decide_with_fuel_left(engine, input, calendar).await
    }

    async fn decide_with_fuel_left(
        &mut self,
        engine: &PolicyEngine,
        input: &PolicyInput,
        calendar: Calendar,
    ) -> Outcome {
        self.store.data_mut().begin(Some(calendar));
        let called = self.policy.call_decide(&mut self.store, &question(input)).await;
        let fuel = engine.limits.fuel;
        let decision = match called {
            Ok(Ok(decision)) => answer(decision, input, engine.limits.output_bytes),
            Ok(Err(error)) => Err(Fault::Refused { code: error.code, message: error.message }),
            Err(error) => Err(Fault::from_wasmtime(&error, fuel, self.store.data().log.panic())),
        };
        let fuel = fuel.saturating_sub(self.store.get_fuel().unwrap_or(0));
        let lent = self.store.data_mut();
        let usage = Usage { fuel, memory_bytes: lent.meter.memory_bytes(), host_calls: lent.host_calls() };
        Outcome { decision, usage, log: lent.log.take() }
    }
}
