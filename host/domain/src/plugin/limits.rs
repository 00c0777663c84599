//! What one call of a plugin may use, by kind. The numbers are the design's; a tenant's own limits may only be lower.

use serde::{Deserialize, Serialize};

use super::Kind;

/// How the processor's time of a call is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cpu {
    /// Units of fuel, about one per instruction: the same input stops at the same place on every machine.
    Fuel(u64),
    /// Milliseconds of running, host calls not counted.
    Millis(u32),
}

/// What one call may send over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpLimits {
    /// Requests in all.
    pub requests: u32,
    /// The longest that one may take, in milliseconds.
    pub request_ms: u32,
}

/// What one call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Linear memory, in bytes.
    pub memory_bytes: usize,
    /// Elements of all tables.
    pub table_elements: usize,
    /// Processor time.
    pub cpu: Cpu,
    /// From beginning to end with all host calls, in milliseconds.
    pub wall_ms: u32,
    /// Bytes of strings and lists in an answer.
    pub output_bytes: usize,
    /// Calls of the host's functions.
    pub host_calls: u32,
    /// Requests, for the kinds that reach out.
    pub http: Option<HttpLimits>,
}

/// Bytes of a component that may be uploaded.
pub const COMPONENT_BYTES: usize = 4 << 20;
/// Bytes of a component that carries an interpreter with its library (Python); policies may not.
pub const LARGE_COMPONENT_BYTES: usize = 48 << 20;
/// Linear memory that a large component may have, where its kind would have less.
const LARGE_MEMORY_BYTES: usize = 256 << 20;
/// Bytes of a script's source.
pub const SOURCE_BYTES: usize = 64 << 10;
/// Bytes that one instance may keep between calls.
pub const STATE_BYTES: usize = 64 << 10;

impl Limits {
    /// Those of a kind.
    pub const fn of(kind: Kind) -> Self {
        const fn http(requests: u32, request_ms: u32) -> Option<HttpLimits> {
            Some(HttpLimits { requests, request_ms })
        }
        let (memory_mib, cpu, wall_ms, output_bytes, http) = match kind {
            Kind::RetryPolicy | Kind::ScriptRunner => (32, Cpu::Fuel(20_000_000), 100, 64 << 10, None),
            Kind::CallEvaluator => (64, Cpu::Millis(2_000), 120_000, 64 << 10, http(8, 90_000)),
            Kind::LeadImporter => (256, Cpu::Millis(10_000), 60_000, 8 << 20, http(64, 30_000)),
            Kind::VoiceGateway => (64, Cpu::Millis(2_000), 30_000, 256 << 10, http(4, 30_000)),
            Kind::ResultSink => (64, Cpu::Millis(2_000), 60_000, 256 << 10, http(64, 30_000)),
        };
        Self {
            memory_bytes: memory_mib << 20,
            table_elements: 20_000,
            cpu,
            wall_ms,
            output_bytes,
            // Without requests a host call is a few microseconds of the host's own time, which fuel does not count.
            host_calls: if http.is_some() { 10_000 } else { 1_000 },
            http,
        }
    }

    /// Those of a component of this size and kind: one with an interpreter inside needs more memory.
    #[must_use]
    pub const fn of_component(kind: Kind, bytes: usize) -> Self {
        let limits = Self::of(kind);
        if bytes > COMPONENT_BYTES && limits.memory_bytes < LARGE_MEMORY_BYTES {
            return Self { memory_bytes: LARGE_MEMORY_BYTES, table_elements: 100_000, ..limits };
        }
        limits
    }

    /// The largest component of a kind, in bytes.
    pub const fn component_bytes(kind: Kind) -> usize {
        match kind {
            Kind::LeadImporter | Kind::CallEvaluator => LARGE_COMPONENT_BYTES,
            _ => COMPONENT_BYTES,
        }
    }
}
