//! What one call of a retry policy may use, and the meter that holds it to the memory.
//!
//! Fuel is the verdict: it counts instructions, so the same input is stopped at the same place on every machine. Time is
//! the shell's business (it wraps every call in a wall-clock limit). The numbers are the design's; a tenant's own limits
//! may only be lower.

use wasmtime::ResourceLimiter;

use crate::fault::Fault;

/// What one call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyLimits {
    /// Instructions of one decision, roughly.
    pub fuel: u64,
    /// Instructions of reading a script once (engine, parser, settings), before its first decision.
    pub load_fuel: u64,
    /// Linear memory, in bytes.
    pub memory_bytes: usize,
    /// Elements of all tables.
    pub table_elements: usize,
    /// Bytes of strings and lists in an answer.
    pub output_bytes: usize,
    /// Calls of the host's functions.
    pub host_calls: u32,
    /// Bytes of a script's source.
    pub source_bytes: usize,
}

impl Default for PolicyLimits {
    fn default() -> Self {
        Self {
            fuel: 20_000_000,
            load_fuel: 400_000_000,
            memory_bytes: 32 << 20,
            table_elements: 20_000,
            output_bytes: 64 << 10,
            host_calls: 10_000,
            source_bytes: 64 << 10,
        }
    }
}

/// How many core instances, tables and memories a component may have. A Rust plugin has one of each and some glue.
pub const MAX_INSTANCES: usize = 32;
/// See [`MAX_INSTANCES`].
pub const MAX_TABLES: usize = 16;
/// See [`MAX_INSTANCES`].
pub const MAX_MEMORIES: usize = 4;
/// Bytes that one call of a host function may bring along; also bounds what an answer makes the host allocate.
pub const HOSTCALL_BYTES: usize = 1 << 20;
/// Fuel between two points at which a call lets others run (and a wall-clock limit can bite).
pub const YIELD_EVERY_FUEL: u64 = 1_000_000;

/// Counts the memory of one store and refuses the byte too many.
#[derive(Debug)]
pub struct Meter {
    limits: PolicyLimits,
    memory: usize,
    table_elements: usize,
}

impl Meter {
    pub fn new(limits: PolicyLimits) -> Self {
        Self { limits, memory: 0, table_elements: 0 }
    }

    /// Linear memory now, in bytes. It never shrinks, so it is the peak too.
    pub fn memory_bytes(&self) -> u64 {
        self.memory as u64
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
