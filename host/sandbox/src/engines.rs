//! The two engines that guests run in, and what each kind of guest is lent.
//!
//! One way to interrupt each, because two at once cost three times as much on tight loops. Policies and scripts run on
//! **fuel**: deterministic, with canonical NaNs, so that the same input stops at the same place on every machine. Whoever
//! waits for the network (importers, evaluators, gateways, sinks) runs on **epochs**: processor time, host calls not
//! counted. Instances come from pools where the address space allows it; where it does not (containers, `ulimit -v`), an
//! engine falls back to allocation on demand and keeps the reason for `doctor`: everything works, a fresh instance just
//! costs a little more.

use campanile_domain::plugin::Kind;
use campanile_domain::plugin::limits::Limits;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, OptLevel, Store, WasmFeatures};

use crate::capabilities::{Lent, wasi};
use crate::contract::campanile::plugin as contract;
use crate::epoch::Ticker;
use crate::meter::HOSTCALL_BYTES;

mod pool;

pub use pool::{
    Allocation, AllocationChoice, CALLS_BEHIND, CALLS_BEHIND_PER_TENANT, IDLE_RUNNERS, IDLE_RUNNERS_BEHIND,
    concurrent_calls, slots,
};

/// The sandbox cannot run on this machine.
#[derive(Debug, thiserror::Error)]
#[error(
    "the sandbox cannot start: {0}. Policies and scripts need it; run `campanile doctor` for what this machine lacks"
)]
pub struct EngineError(String);

impl EngineError {
    pub(crate) fn new(error: &std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<wasmtime::Error> for EngineError {
    fn from(error: wasmtime::Error) -> Self {
        Self(format!("{error:#}"))
    }
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metered {
    /// Interrupted by fuel.
    ByFuel,
    /// Interrupted by time.
    ByTime,
}

impl Metered {
    /// The engine that a kind runs in.
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::RetryPolicy | Kind::ScriptRunner => Self::ByFuel,
            _ => Self::ByTime,
        }
    }
}

/// One engine and how its instances get their memory.
pub struct Room {
    pub engine: Engine,
    pub allocation: Allocation,
}

/// Both, with the ticker of the second.
pub struct Engines {
    by_fuel: Room,
    by_time: Room,
    pub ticker: Ticker,
}

/// The features of WebAssembly that uploads may not use; admission refuses them by the same list.
pub fn refused_features() -> WasmFeatures {
    WasmFeatures::THREADS
        | WasmFeatures::SHARED_EVERYTHING_THREADS
        | WasmFeatures::MEMORY64
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::GC
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::STACK_SWITCHING
        | WasmFeatures::CUSTOM_PAGE_SIZES
        | WasmFeatures::CM_ASYNC
}

/// The configuration that decides what compiled code looks like: the same here and in the compiler's own process, because
/// an artefact of another configuration is refused.
pub fn config(metered: Metered) -> Config {
    let mut config = Config::new();
    config
        .wasm_features(refused_features(), false)
        .consume_fuel(metered == Metered::ByFuel)
        .epoch_interruption(metered == Metered::ByTime)
        .cranelift_nan_canonicalization(metered == Metered::ByFuel)
        .cranelift_opt_level(OptLevel::Speed)
        .concurrency_support(false)
        .max_wasm_stack(512 << 10)
        .async_stack_size(2 << 20)
        .async_stack_zeroing(true)
        .memory_reservation_for_growth(32 << 20);
    config
}

impl Room {
    fn new(metered: Metered, choice: AllocationChoice) -> Result<Self, EngineError> {
        let on_demand = |reason: String| -> Result<Self, EngineError> {
            Ok(Self { engine: Engine::new(&config(metered))?, allocation: Allocation::OnDemand { reason } })
        };
        if choice == AllocationChoice::OnDemand {
            return on_demand("chosen".to_owned());
        }
        // Keeping pages pays only where the kernel reports the written ones (6.7 and later); without that it costs more
        // than it saves.
        let pooled = |keep_pages| {
            let mut config = config(metered);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool::of(metered, keep_pages)));
            Engine::new(&config)
        };
        let slots = pool::slots(metered);
        match pooled(true).map(|engine| (engine, true)).or_else(|_| pooled(false).map(|engine| (engine, false))) {
            Ok((engine, keeps_pages)) => Ok(Self { engine, allocation: Allocation::Pooling { slots, keeps_pages } }),
            Err(error) => {
                let reason = format!("the pool of {slots} instances could not be reserved: {error:#}");
                tracing::warn!(%reason, "plugins run without an instance pool");
                on_demand(reason)
            }
        }
    }

    /// A store that holds one instance to its limits. Fuel and deadlines are given per call.
    pub fn store(&self, lent: Lent) -> Store<Lent> {
        let mut store = Store::new(&self.engine, lent);
        store.limiter(|lent| &mut lent.meter);
        let hostcall_bytes = HOSTCALL_BYTES.max(2 * store.data().limits().output_bytes);
        store.set_hostcall_fuel(hostcall_bytes);
        store.set_max_component_handles(1_000);
        store
    }
}

impl Engines {
    pub fn new(choice: AllocationChoice) -> Result<Self, EngineError> {
        let by_fuel = Room::new(Metered::ByFuel, choice)?;
        let by_time = Room::new(Metered::ByTime, choice)?;
        let ticker = Ticker::start(by_time.engine.clone()).map_err(|error| EngineError::new(&error))?;
        Ok(Self { by_fuel, by_time, ticker })
    }

    /// The engine of a kind.
    pub const fn of(&self, kind: Kind) -> &Room {
        match Metered::of(kind) {
            Metered::ByFuel => &self.by_fuel,
            Metered::ByTime => &self.by_time,
        }
    }

    /// What a kind is lent, and nothing else: the imports of its world. `needs_wasi`: its compiler left imports of the
    /// WebAssembly System Interface in it, which are linked to a context that is closed off.
    pub fn linker(&self, kind: Kind, needs_wasi: bool) -> wasmtime::Result<Linker<Lent>> {
        let mut linker = Linker::new(&self.of(kind).engine);
        let lent = whole;
        contract::types::add_to_linker::<_, HasSelf<Lent>>(&mut linker, lent)?;
        contract::log::add_to_linker::<_, HasSelf<Lent>>(&mut linker, lent)?;
        contract::config::add_to_linker::<_, HasSelf<Lent>>(&mut linker, lent)?;
        let (calendar, clock, state, secret, http) = match kind {
            Kind::RetryPolicy | Kind::ScriptRunner => (true, false, false, false, false),
            Kind::CallEvaluator => (true, false, false, false, true),
            Kind::VoiceGateway => (false, true, false, true, true),
            Kind::LeadImporter | Kind::ResultSink => (false, true, true, true, true),
        };
        if calendar {
            contract::calendar::add_to_linker::<_, HasSelf<Lent>>(&mut linker, lent)?;
        }
        if clock {
            contract::clock::add_to_linker::<_, HasSelf<Lent>>(&mut linker, lent)?;
        }
        if state {
            contract::state::add_to_linker::<_, HasSelf<Lent>>(&mut linker, lent)?;
        }
        if secret {
            contract::secret::add_to_linker::<_, HasSelf<Lent>>(&mut linker, lent)?;
        }
        if http {
            contract::http::add_to_linker::<_, HasSelf<Lent>>(&mut linker, lent)?;
        }
        if needs_wasi {
            wasi::link(&mut linker)?;
        }
        Ok(linker)
    }
}

/// What host functions work on: all that the call was lent.
fn whole(lent: &mut Lent) -> &mut Lent {
    lent
}

/// The limits that the engine's pool is sized for: the largest of its kinds.
const fn largest(metered: Metered) -> Limits {
    match metered {
        Metered::ByFuel => Limits::of(Kind::RetryPolicy),
        Metered::ByTime => Limits::of(Kind::LeadImporter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_pool_the_reason_is_kept() {
        let engines = Engines::new(AllocationChoice::OnDemand).unwrap();
        let chosen = Allocation::OnDemand { reason: "chosen".to_owned() };
        assert_eq!(engines.of(Kind::RetryPolicy).allocation, chosen);
        assert_eq!(engines.of(Kind::VoiceGateway).allocation, chosen);
    }

    #[test]
    fn what_is_refused_is_off_in_both_engines() {
        let engines = Engines::new(AllocationChoice::OnDemand).unwrap();
        let shared = wat::parse_str("(component (core module (memory 1 1 shared)))").unwrap();
        for kind in Kind::UPLOADABLE {
            assert!(wasmtime::component::Component::new(&engines.of(kind).engine, &shared).is_err(), "{kind}");
        }
    }

    #[test]
    fn every_world_can_be_linked_with_and_without_wasi() {
        let engines = Engines::new(AllocationChoice::OnDemand).unwrap();
        for kind in Kind::UPLOADABLE {
            engines.linker(kind, false).unwrap();
            engines.linker(kind, true).unwrap();
        }
    }
}
