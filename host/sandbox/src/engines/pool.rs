//! How instances get their memory: pools of slots reserved once, sized for the largest kind of each engine.

use campanile_domain::plugin::allowance::CONCURRENT_CALLS;
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
        Metered::ByFuel => 4 * CONCURRENT_CALLS,
        Metered::ByTime => 16 * CONCURRENT_CALLS,
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

#[cfg(test)]
mod tests {
    use wasmtime::{Config, Engine, InstanceAllocationStrategy, Linker, Module, Store};

    use super::*;
    use crate::engines::config;

    /// Fills all of its memory, its table and its global, or counts what is not as new.
    const MODULE: &str = r#"(module
        (memory (export "memory") 16 WIDEST)
        (table $table 1000 1000 funcref)
        (elem declare func $dirty)
        (global $global (mut i64) (i64.const 0))
        (func $dirty (export "dirty")
            (drop (memory.grow (i32.const GROWTH)))
            (memory.fill (i32.const 0) (i32.const 171) (i32.mul (memory.size) (i32.const 65536)))
            (table.fill $table (i32.const 0) (ref.func $dirty) (i32.const 1000))
            (global.set $global (i64.const -1)))
        (func (export "foreign") (result i32) (local $at i32) (local $found i32)
            (drop (memory.grow (i32.const GROWTH)))
            (loop $bytes
                (if (i64.ne (i64.load (local.get $at)) (i64.const 0))
                    (then (local.set $found (i32.add (local.get $found) (i32.const 1)))))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br_if $bytes (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
            (local.set $at (i32.const 0))
            (loop $entries
                (if (i32.eqz (ref.is_null (table.get $table (local.get $at))))
                    (then (local.set $found (i32.add (local.get $found) (i32.const 1)))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br_if $entries (i32.lt_u (local.get $at) (i32.const 1000))))
            (i32.add (local.get $found) (i32.wrap_i64 (global.get $global)))))"#;

    /// The pool of a metering with one slot, so that whoever comes next gets the slot that another one left.
    fn with_one_slot(metered: Metered, keep_pages: bool) -> Option<Engine> {
        let mut pool = of(metered, keep_pages);
        pool.total_component_instances(1).total_core_instances(1).total_memories(1).total_tables(1).total_stacks(1);
        let mut config: Config = config(metered);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        Engine::new(&config).ok()
    }

    fn run<T: wasmtime::WasmResults>(engine: &Engine, module: &Module, function: &str) -> T {
        let mut store = Store::new(engine, ());
        let _ = store.set_fuel(u64::MAX);
        store.set_epoch_deadline(u64::MAX);
        let instance = Linker::new(engine).instantiate(&mut store, module).unwrap();
        instance.get_typed_func::<(), T>(&mut store, function).unwrap().call(&mut store, ()).unwrap()
    }

    #[test]
    fn a_slot_that_another_tenant_left_reads_as_new() {
        let mut tried = 0;
        for metered in [Metered::ByFuel, Metered::ByTime] {
            let widest = largest(metered).memory_bytes >> 16;
            for keep_pages in [false, true] {
                // Kernels without the scan have no pool that keeps pages; the sandbox runs without it there too.
                let Some(engine) = with_one_slot(metered, keep_pages) else { continue };
                // Less than is kept mapped, more than that, and all that there may be.
                for pages in [16, 17, 100, widest] {
                    let text =
                        MODULE.replace("WIDEST", &widest.to_string()).replace("GROWTH", &(pages - 16).to_string());
                    // Two modules, as of two tenants: an image of the first must not be taken for the second's.
                    let module = |text: &str| Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
                    let one = module(&text);
                    let other = module(&text.replace("(module", "(module (func)"));
                    for round in 0..3 {
                        run::<()>(&engine, &one, "dirty");
                        let found: i32 = run(&engine, &other, "foreign");
                        assert_eq!(found, 0, "{metered:?}, pages kept: {keep_pages}, {pages} pages, round {round}");
                        run::<()>(&engine, &other, "dirty");
                        let found: i32 = run(&engine, &one, "foreign");
                        assert_eq!(found, 0, "{metered:?}, pages kept: {keep_pages}, {pages} pages, round {round}");
                    }
                    tried += 1;
                }
            }
        }
        assert!(tried >= 8, "{tried} of the ways were tried; without a pool there is nothing to share");
    }
}
