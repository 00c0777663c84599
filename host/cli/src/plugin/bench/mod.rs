//! Where cases are put to a component: the server's own sandbox, with its limits.
//!
//! A policy is asked as the engine asks it; the kinds that reach out are asked by name, with another system that answers as
//! the case says.

mod policy;
mod reaching;

use campanile_domain::plugin::Kind;
use campanile_domain::plugin::limits::{Cpu, Limits};
use campanile_domain::plugin::manifest::Manifest;
use serde_json::Value;

use super::fixtures::Case;
use crate::exit::Failure;

/// What a call came to.
pub struct Asked {
    /// The answer, or the error with its code.
    pub answer: Result<Value, Value>,
    /// Fuel, or milliseconds where time is the limit.
    pub used: u64,
    /// Peak linear memory, in bytes.
    pub memory_bytes: u64,
    /// What it wrote to the log.
    pub log: Vec<String>,
}

/// A component, ready to be asked.
pub enum Bench {
    /// A retry policy.
    Policy(policy::PolicyBench),
    /// Any other kind.
    Reaching(Box<reaching::ReachingBench>),
}

impl Bench {
    /// Admits and installs the component.
    pub async fn new(manifest: &Manifest, component: &[u8]) -> Result<Self, Failure> {
        match manifest.kind {
            Kind::RetryPolicy => policy::PolicyBench::new(manifest, component).map(Self::Policy),
            _ => Ok(Self::Reaching(Box::new(reaching::ReachingBench::new(manifest, component).await?))),
        }
    }

    /// Puts one case.
    pub async fn ask(&self, fixture: &Case) -> Result<Asked, Failure> {
        match self {
            Self::Policy(bench) => bench.ask(fixture).await,
            Self::Reaching(bench) => bench.ask(fixture).await,
        }
    }
}

/// How much of the limit that is, in per cent.
pub fn percent(limits: Limits, used: u64) -> u32 {
    let limit = match limits.cpu {
        Cpu::Fuel(fuel) => fuel,
        Cpu::Millis(milliseconds) => u64::from(milliseconds),
    };
    u32::try_from(used.saturating_mul(100).div_ceil(limit.max(1))).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_not_nothing() {
        let limits = Limits::of(Kind::RetryPolicy);
        assert_eq!((percent(limits, 0), percent(limits, 1), percent(limits, 20_000_000)), (0, 1, 100));
    }
}
