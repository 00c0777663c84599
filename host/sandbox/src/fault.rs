//! Why a guest did not answer.
//!
//! Every way a guest can fail is one variant with a stable code, because `on_policy_failure`, the breaker, the tenant's
//! log and the tests all branch on the code. The text tells the plugin's author what happened and what to do.

use campanile_domain::ports::policy::PolicyFailure;

use crate::limits::HOSTCALL_BYTES;

/// Why a guest did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing of that name decides for this tenant.
    #[error("no active policy is called {name:?}; {hint}")]
    NotFound {
        /// What the campaign names.
        name: String,
        /// What there is.
        hint: String,
    },
    /// It ran longer than a decision may.
    #[error(
        "the decision took more than {limit} units of fuel (roughly instructions) and was stopped; a decision that \
         needs this much is usually a loop that does not end"
    )]
    OutOfFuel {
        /// The limit in force.
        limit: u64,
    },
    /// It asked for more memory than a decision may.
    #[error(
        "the decision asked for more than {} MiB of memory and was stopped; look for a text or a list that grows in a \
         loop", limit >> 20
    )]
    OutOfMemory {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// Its tables grew past the limit.
    #[error("the plugin asked for more than {limit} table elements and was stopped")]
    OutOfTable {
        /// The limit in force.
        limit: usize,
    },
    /// It called the host too often.
    #[error(
        "the decision called the host more than {limit} times (log, config, calendar) and was stopped; ask once and keep the answer"
    )]
    TooManyHostCalls {
        /// The limit in force.
        limit: u32,
    },
    /// It trapped.
    #[error("the plugin crashed: {what}")]
    Trapped {
        /// The panic with file and line where the SDK's hook told it, else the trap.
        what: String,
    },
    /// It answered something that is no decision.
    #[error("the answer is not a decision: {what}")]
    OutputInvalid {
        /// Which part, and the rule.
        what: String,
    },
    /// It answered with an error of its own.
    #[error("{code}: {message}")]
    Refused {
        /// The plugin's code.
        code: String,
        /// The plugin's sentence.
        message: String,
    },
    /// It could not be made ready to run; the host's fault, not the guest's.
    #[error("the policy could not be started: {what}")]
    NotReady {
        /// What went wrong.
        what: String,
    },
}

impl Fault {
    /// Stable, for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "policy_not_found",
            Self::OutOfFuel { .. } => "policy_out_of_fuel",
            Self::OutOfMemory { .. } | Self::OutOfTable { .. } => "policy_out_of_memory",
            Self::TooManyHostCalls { .. } => "policy_too_many_host_calls",
            Self::Trapped { .. } => "policy_trapped",
            Self::OutputInvalid { .. } => "policy_output_invalid",
            Self::Refused { .. } => "policy_error",
            Self::NotReady { .. } => "policy_not_ready",
        }
    }

    /// What wasmtime reported, sorted. `panic` is what the SDK's hook logged before the trap, if it did.
    pub(crate) fn from_wasmtime(error: &wasmtime::Error, fuel_limit: u64, panic: Option<String>) -> Self {
        if let Some(fault) = error.downcast_ref::<Self>() {
            return fault.clone();
        }
        match error.downcast_ref::<wasmtime::Trap>() {
            Some(wasmtime::Trap::OutOfFuel) => Self::OutOfFuel { limit: fuel_limit },
            Some(trap) => Self::Trapped { what: panic.unwrap_or_else(|| trap.to_string()) },
            None if format!("{error:#}").contains("fuel allocated for hostcalls") => {
                Self::OutputInvalid { what: format!("it hands over more than {} MiB at once", HOSTCALL_BYTES >> 20) }
            }
            None => Self::Trapped { what: panic.unwrap_or_else(|| format!("{error:#}")) },
        }
    }
}

impl From<Fault> for PolicyFailure {
    fn from(fault: Fault) -> Self {
        Self { code: fault.code().to_owned(), message: fault.to_string() }
    }
}
