//! Holds one store to its limits: the byte, the element and the millisecond too many are refused here.

use campanile_domain::plugin::limits::{Cpu, Limits};
use wasmtime::ResourceLimiter;

use crate::epoch::TICK_MS;
use crate::fault::Fault;

/// How many core instances, tables and memories a component may have. A Rust plugin has one of each and some glue; a Python
/// plugin brings its library in 38 instances.
pub const MAX_INSTANCES: usize = 64;
/// See [`MAX_INSTANCES`].
pub const MAX_TABLES: usize = 16;
/// See [`MAX_INSTANCES`].
pub const MAX_MEMORIES: usize = 4;
/// Bytes that one call of a host function may bring along, at least; also bounds what an answer makes the host allocate.
pub const HOSTCALL_BYTES: usize = 1 << 20;
/// Fuel between two points at which a call lets others run (and a wall-clock limit can bite).
pub const YIELD_EVERY_FUEL: u64 = 1_000_000;
/// Fuel for reading a script once (engine, parser, settings), before its first decision.
pub const LOAD_FUEL: u64 = 400_000_000;

/// Counts what one store uses.
#[derive(Debug)]
pub struct Meter {
    limits: Limits,
    memory: usize,
    table_elements: usize,
    ticks: u32,
}

impl Meter {
    pub fn new(limits: Limits) -> Self {
        Self { limits, memory: 0, table_elements: 0, ticks: 0 }
    }

    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Linear memory now, in bytes. It never shrinks, so it is the peak too.
    pub fn memory_bytes(&self) -> u64 {
        self.memory as u64
    }

    /// One tick of running passed. A guest that waited for the host is told of one tick, however long it waited.
    pub fn tick(&mut self) -> Result<(), Fault> {
        self.ticks += 1;
        match self.limits.cpu {
            Cpu::Millis(limit) if self.ticks.saturating_mul(TICK_MS) > limit => {
                Err(Fault::OutOfTime { limit_ms: limit })
            }
            _ => Ok(()),
        }
    }

    /// Milliseconds of running so far, to a tick.
    pub const fn running_ms(&self) -> u32 {
        self.ticks * TICK_MS
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory + desired.saturating_sub(current);
        if total > self.limits.memory_bytes {
            return Err(Fault::OutOfMemory { limit: self.limits.memory_bytes }.into());
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.table_elements + desired.saturating_sub(current);
        if total > self.limits.table_elements {
            return Err(Fault::OutOfTable { limit: self.limits.table_elements }.into());
        }
        self.table_elements = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}
