//! The floor: the policy that ships, asked again and again in the instance that it has, by wasmtime and nothing of ours.
//!
//! The engine is set up as the sandbox sets up its own for policies, the tank is filled before each call, and the question
//! and the answer go through the contract's generated types. What a decision of the sandbox costs above this is the price of
//! a fresh instance, of the lookup by tenant and name, and of the domain's own types.

use campanile_sandbox::{BundledBody, bundled};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, OptLevel, Store};

use crate::support::monday;

mod contract {
    wasmtime::component::bindgen!({ path: "../../plugin-sdk/wit/v0.1", world: "campanile:plugin/retry-policy" });
}

use contract::RetryPolicy;
use contract::campanile::plugin::types::{AnsweredBy, Attempt, Contact, Failure, Outcome};
use contract::exports::campanile::plugin::policy::{Decision, Input, Retry, Strategy, Trigger};

const HOUR_MS: i64 = 3_600_000;
const FUEL: u64 = 20_000_000;

/// A live instance of `patient-retry`.
pub struct Floor {
    store: Store<()>,
    policy: RetryPolicy,
    input: Input,
}

impl Floor {
    pub fn new() -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true).cranelift_nan_canonicalization(true).cranelift_opt_level(OptLevel::Speed);
        let engine = Engine::new(&config)?;
        let shipped = bundled().iter().find(|one| one.name == "patient-retry").expect("it ships");
        let BundledBody::Component(wasm) = shipped.body else { unreachable!("patient-retry is a component") };
        let component = Component::new(&engine, wasm)?;
        let mut linker = Linker::new(&engine);
        linker.instance("campanile:plugin/config@0.1.0")?.func_wrap("get", |_, (): ()| Ok(("{}".to_owned(),)))?;
        linker.define_unknown_imports_as_traps(&component)?;
        let mut store = Store::new(&engine, ());
        store.set_fuel(FUEL)?;
        let policy = RetryPolicy::instantiate(&mut store, &component, &linker)?;
        Ok(Self { store, policy, input: input() })
    }

    pub fn decide(&mut self) -> wasmtime::Result<()> {
        self.store.set_fuel(FUEL)?;
        let answered = self.policy.campanile_plugin_policy().call_decide(&mut self.store, &self.input)?;
        match answered {
            Ok(Decision::Retry(retry)) if retry.contact == Some(0) => Ok(()),
            other => Err(wasmtime::Error::msg(format!("another answer: {other:?}"))),
        }
    }
}

/// The same as [`crate::support::after`] of no answer and a busy line.
fn input() -> Input {
    let now = monday().millis() + 60_000;
    let attempt = |number: u32, outcome| {
        let ended = monday().millis() - (2 - i64::from(number)) * HOUR_MS;
        Attempt {
            number,
            era: 1,
            round: number,
            contact: 0,
            phone: "+14155550100".to_owned(),
            outcome,
            failure: Failure::None,
            answered_by: AnsweredBy::Unknown,
            started_at: ended - 60_000,
            ended_at: Some(ended),
            talk_ms: 0,
            variables: Vec::new(),
            extra: Vec::new(),
        }
    };
    let contact = |position: u32| Contact {
        position,
        phone: format!("+1415555010{position}"),
        name: None,
        label: None,
        usable: true,
        zone: "Europe/Berlin".to_owned(),
        variables: Vec::new(),
    };
    Input {
        trigger: Trigger::Settled,
        now,
        campaign_id: "cmp_7".to_owned(),
        lead_id: "lead_9".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        era: 1,
        round: 2,
        max_retries: 5,
        retry_interval_ms: HOUR_MS.unsigned_abs(),
        retry_on_voicemail: false,
        retry_until_goal: true,
        goal: None,
        strategy: Strategy::Escalate,
        attempts_left: 10,
        campaign_ends_at: None,
        contacts: vec![contact(0), contact(1)],
        attempts: vec![attempt(1, Outcome::Unanswered), attempt(2, Outcome::Busy)],
        lead_variables: Vec::new(),
        builtin: Decision::Retry(Retry {
            not_before: monday().millis() + HOUR_MS,
            not_after: None,
            contact: None,
            priority: None,
            variables: Vec::new(),
            reason: "not reached".to_owned(),
        }),
        extra: Vec::new(),
    }
}
