//! How instances get their memory: pools of slots reserved once, sized for the largest kind of each engine.

use wasmtime::{Enabled, PoolingAllocationConfig};

use super::{Metered, largest};
use crate::meter::{MAX_INSTANCES, MAX_MEMORIES, MAX_TABLES};

/// Script runners that are kept warm, in all.
pub const IDLE_RUNNERS: u32 = 64;
/// Script runners that are kept warm for replays and shadows, in all: never one that a live decision would miss.
pub const IDLE_RUNNERS_BEHIND: u32 = 4;
/// Calls of replays and shadows that may be under way at one time, over all tenants.
pub const CALLS_BEHIND: u32 = 4;
/// Calls of replays and shadows of one tenant that may be under way at one time.
pub const CALLS_BEHIND_PER_TENANT: u32 = 2;
/// Calls of one tenant that may be under way at one time in one engine; more wait for their turn.
pub const CALLS_PER_TENANT: u32 = 16;
/// Bytes of an instance's memory and tables that stay mapped and clean between calls.
const KEEP_RESIDENT: usize = 1 << 20;
/// Bytes of a call's stack that are zeroed by writing zeroes rather than by giving the pages back.
const STACK_KEEP_RESIDENT: usize = 32 << 10;
/// Table elements of an instance that carries an interpreter.
const LARGE_TABLE: usize = 100_000;

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
    /// On demand, without trying: what tests, the compiler and small machines want.
    OnDemand,
}

/// Calls under way at one time, over all tenants. Decisions are over in microseconds; whoever waits for the network may
/// take a minute, and many tenants must be able to wait beside each other.
pub const fn concurrent_calls(metered: Metered) -> u32 {
    match metered {
        Metered::ByFuel => 4 * CALLS_PER_TENANT,
        Metered::ByTime => 16 * CALLS_PER_TENANT,
    }
}

/// Instances that may exist: those of calls under way, and idle warm runners. Replays and shadows have slots of their own.
pub const fn slots(metered: Metered) -> u32 {
    match metered {
        Metered::ByFuel => concurrent_calls(metered) + IDLE_RUNNERS + CALLS_BEHIND + IDLE_RUNNERS_BEHIND,
        Metered::ByTime => concurrent_calls(metered),
    }
}

pub fn of(metered: Metered, keep_pages: bool) -> PoolingAllocationConfig {
    let slots = slots(metered);
    let limits = largest(metered);
    let table_elements = if metered == Metered::ByTime { LARGE_TABLE } else { limits.table_elements };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots * 8)
        .total_memories(slots * 2)
        .total_tables(slots * 4)
        .total_stacks(slots)
        .max_core_instances_per_component(MAX_INSTANCES as u32)
        .max_memories_per_component(MAX_MEMORIES as u32)
        .max_tables_per_component(MAX_TABLES as u32)
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20)
        .table_elements(table_elements)
        .max_memory_size(limits.memory_bytes)
        .async_stack_keep_resident(STACK_KEEP_RESIDENT)
        .pagemap_scan(if keep_pages { Enabled::Yes } else { Enabled::No });
    if keep_pages {
        pool.linear_memory_keep_resident(KEEP_RESIDENT).table_keep_resident(KEEP_RESIDENT);
    }
    pool
}
