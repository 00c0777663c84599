//! Holds one store to its limits: the byte, the element and the millisecond too many are refused here.

use std::sync::Arc;

use campanile_domain::plugin::limits::{Cpu, Limits};
use wasmtime::ResourceLimiter;

use crate::fault::Fault;
use crate::processor::Stopwatch;

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
    watch: Arc<Stopwatch>,
}

impl Meter {
    pub fn new(limits: Limits) -> Self {
        Self { limits, memory: 0, table_elements: 0, watch: Arc::default() }
    }

    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Linear memory now, in bytes. It never shrinks, so it is the peak too.
    pub fn memory_bytes(&self) -> u64 {
        self.memory as u64
    }

    /// The watch that the call is to run by, for the kinds that are limited in time.
    pub fn watch(&self) -> Option<Arc<Stopwatch>> {
        matches!(self.limits.cpu, Cpu::Millis(_)).then(|| Arc::clone(&self.watch))
    }

    /// A tick came while the guest ran: stops it when it has used its time.
    pub fn tick(&self) -> Result<(), Fault> {
        match self.limits.cpu {
            Cpu::Millis(limit_ms) if self.watch.so_far() > u64::from(limit_ms) * 1_000 => {
                Err(Fault::OutOfTime { limit_ms })
            }
            _ => Ok(()),
        }
    }

    /// Milliseconds of running so far.
    pub fn running_ms(&self) -> u32 {
        u32::try_from(self.watch.spent() / 1_000).unwrap_or(u32::MAX)
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
