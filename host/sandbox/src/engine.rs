//! The engine that policies run in.
//!
//! One interruption mechanism, fuel, because it is deterministic and because two at once cost three times as much on
//! tight loops; canonical NaNs; nothing of WebAssembly that policies do not need. Instances come from a pool whose pages
//! are kept between calls where the kernel can say which were written. Where the address space is too small for the pool
//! (containers, `ulimit -v`) the engine falls back to allocation on demand and keeps the reason for `doctor`: everything
//! works, a fresh instance just costs a little more.

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Store, WasmFeatures,
};

use crate::capabilities::Lent;
use crate::contract::retry_policy::RetryPolicy;
use crate::limits::{HOSTCALL_BYTES, MAX_INSTANCES, MAX_MEMORIES, MAX_TABLES, PolicyLimits};

/// Calls under way at one time, over all tenants; more wait for their turn.
pub const CONCURRENT_CALLS: u32 = 64;
/// Instances that may exist: those of calls under way, and idle warm ones.
const POOLED: u32 = CONCURRENT_CALLS + crate::warm::MAX_IDLE as u32;
/// Bytes of an instance's memory and tables that stay mapped and clean between calls.
const KEEP_RESIDENT: usize = 1 << 20;
/// Bytes of a call's stack that are zeroed by writing zeroes rather than by giving the pages back.
const STACK_KEEP_RESIDENT: usize = 32 << 10;

/// How instances get their memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// From a pool of slots reserved once.
    Pooling {
        /// How many instances fit.
        slots: u32,
        /// Whether the kernel reports written pages, so that clean ones stay mapped between calls.
        keeps_pages: bool,
    },
    /// Mapped for each call and unmapped after it.
    OnDemand {
        /// Why there is no pool, for `doctor`.
        reason: String,
    },
}

/// Which allocation to try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllocationChoice {
    /// The pool, and on demand where it does not fit.
    #[default]
    PoolIfPossible,
    /// On demand, without trying: what tests and small machines want.
    OnDemand,
}

/// The sandbox cannot run on this machine.
#[derive(Debug, thiserror::Error)]
#[error(
    "the sandbox cannot start: {0}. Policies and scripts need it; run `campanile doctor` for what this machine lacks"
)]
pub struct EngineError(String);

impl From<wasmtime::Error> for EngineError {
    fn from(error: wasmtime::Error) -> Self {
        Self(format!("{error:#}"))
    }
}

/// The engine with everything that may be linked into a policy.
pub struct PolicyEngine {
    pub engine: Engine,
    pub linker: Linker<Lent>,
    pub limits: PolicyLimits,
    pub allocation: Allocation,
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

fn config(limits: &PolicyLimits) -> Config {
    let mut config = Config::new();
    config
        .wasm_features(refused_features(), false)
        .consume_fuel(true)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .concurrency_support(false)
        .max_wasm_stack(512 << 10)
        .async_stack_size(2 << 20)
        .async_stack_zeroing(true)
        .memory_reservation_for_growth(limits.memory_bytes as u64);
    config
}

fn pool(limits: &PolicyLimits, keep_pages: bool) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let core = POOLED * 8;
    pool.total_component_instances(POOLED)
        .total_core_instances(core)
        .total_memories(POOLED * 2)
        .total_tables(POOLED * 4)
        .total_stacks(POOLED)
        .max_core_instances_per_component(MAX_INSTANCES as u32)
        .max_memories_per_component(MAX_MEMORIES as u32)
        .max_tables_per_component(MAX_TABLES as u32)
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20)
        .table_elements(limits.table_elements)
        .max_memory_size(limits.memory_bytes)
        .async_stack_keep_resident(STACK_KEEP_RESIDENT)
        .pagemap_scan(if keep_pages { Enabled::Yes } else { Enabled::No });
    if keep_pages {
        pool.linear_memory_keep_resident(KEEP_RESIDENT).table_keep_resident(KEEP_RESIDENT);
    }
    pool
}

/// The best that this machine allows. Keeping pages pays only where the kernel reports the written ones (6.7 and later);
/// without that it costs more than it saves.
fn allocate(limits: &PolicyLimits) -> Result<(Engine, Allocation), EngineError> {
    let pooled = |keep_pages| {
        let mut config = config(limits);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits, keep_pages)));
        Engine::new(&config)
    };
    if let Ok(engine) = pooled(true) {
        return Ok((engine, Allocation::Pooling { slots: POOLED, keeps_pages: true }));
    }
    match pooled(false) {
        Ok(engine) => Ok((engine, Allocation::Pooling { slots: POOLED, keeps_pages: false })),
        Err(error) => {
            let reason = format!("the pool of {POOLED} instances could not be reserved: {error:#}");
            tracing::warn!(%reason, "policies run without the instance pool");
            Ok((Engine::new(&config(limits))?, Allocation::OnDemand { reason }))
        }
    }
}

impl PolicyEngine {
    pub fn new(limits: PolicyLimits, choice: AllocationChoice) -> Result<Self, EngineError> {
        let (engine, allocation) = match choice {
            AllocationChoice::OnDemand => {
                (Engine::new(&config(&limits))?, Allocation::OnDemand { reason: "chosen".to_owned() })
            }
            AllocationChoice::PoolIfPossible => allocate(&limits)?,
        };
        let mut linker = Linker::new(&engine);
        RetryPolicy::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
        Ok(Self { engine, linker, limits, allocation })
    }

    /// A store that holds one instance to the limits. Fuel is given per call; when to let others run is set once the
    /// instance is made, because making it needs no stack of its own.
    pub fn store(&self, lent: Lent) -> Store<Lent> {
        let mut store = Store::new(&self.engine, lent);
        store.limiter(|lent| &mut lent.meter);
        store.set_hostcall_fuel(HOSTCALL_BYTES);
        store.set_max_component_handles(1_000);
        store
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_pool_the_reason_is_kept() {
        let engine = PolicyEngine::new(PolicyLimits::default(), AllocationChoice::OnDemand).unwrap();
        assert_eq!(engine.allocation, Allocation::OnDemand { reason: "chosen".to_owned() });
    }

    #[test]
    fn what_is_refused_is_off_in_the_engine() {
        let engine = PolicyEngine::new(PolicyLimits::default(), AllocationChoice::OnDemand).unwrap();
        let shared = wat::parse_str("(component (core module (memory 1 1 shared)))").unwrap();
        assert!(wasmtime::component::Component::new(&engine.engine, shared).is_err());
    }
}
