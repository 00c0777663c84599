//! Why a guest did not answer.
//!
//! Every way a guest can fail is one variant with a stable code, because `on_policy_failure`, the breaker, the tenant's
//! log and the tests all branch on the code. The text tells the plugin's author what happened and what to do.

use campanile_domain::plugin::Kind;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::gateway::GatewayError;
use campanile_domain::ports::policy::PolicyFailure;

use crate::contract::campanile::plugin::types::PluginError;
use crate::schema::SettingProblem;

/// Why a guest did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing of that name answers for this tenant.
    #[error("no active plugin is called {name:?}; {hint}")]
    NotFound {
        /// What was named.
        name: String,
        /// What there is.
        hint: String,
    },
    /// It ran longer than a call may, in fuel.
    #[error(
        "the call took more than {limit} units of fuel (roughly instructions) and was stopped; a decision that needs \
         this much is usually a loop that does not end"
    )]
    OutOfFuel {
        /// The limit in force.
        limit: u64,
    },
    /// It ran longer than a call may, in time.
    #[error(
        "the call ran for more than {limit_ms} ms and was stopped; time spent waiting for the host does not count, so \
         this is usually a loop that does not end"
    )]
    OutOfTime {
        /// The limit in force, in milliseconds.
        limit_ms: u32,
    },
    /// It took too long with everything it waited for.
    #[error("the call took more than {limit_ms} ms from beginning to end and was given up")]
    TimedOut {
        /// The limit in force, in milliseconds.
        limit_ms: u32,
    },
    /// It asked for more memory than a call may.
    #[error(
        "the call asked for more than {} MiB of memory and was stopped; look for a text or a list that grows in a loop",
        limit >> 20
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
    #[error("the call asked the host more than {limit} times and was stopped; ask once and keep the answer")]
    TooManyHostCalls {
        /// The limit in force.
        limit: u32,
    },
    /// It wanted to keep more than an instance may.
    #[error("the plugin wanted to keep more than {limit} bytes of state; keep a cursor or a token, not the data")]
    StateTooLarge {
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// It trapped.
    #[error("the plugin crashed: {what}")]
    Trapped {
        /// The panic with file and line where the SDK's hook told it, else the trap.
        what: String,
    },
    /// It answered something that is no answer of its kind.
    #[error("the answer cannot be used: {what}")]
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
        /// How long the other system asked to be left alone, in milliseconds.
        retry_after_ms: Option<u64>,
    },
    /// A case of its kind failed before anybody depended on it.
    #[error("the case {what}")]
    NotConforming {
        /// The case and what was wrong.
        what: String,
    },
    /// It could not be made ready to run; the host's fault, not the guest's.
    #[error("the plugin could not be started: {what}")]
    NotReady {
        /// What went wrong.
        what: String,
    },
}

impl Fault {
    /// Whether the call was too much, so that it may answer when it is asked for less.
    pub const fn is_too_much(&self) -> bool {
        matches!(
            self,
            Self::OutOfFuel { .. }
                | Self::OutOfTime { .. }
                | Self::TimedOut { .. }
                | Self::OutOfMemory { .. }
                | Self::TooManyHostCalls { .. }
                | Self::OutputInvalid { .. }
        )
    }

    /// Stable, for machines; shown with the kind in front: `policy_trapped`, `plugin_trapped`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::OutOfFuel { .. } => "out_of_fuel",
            Self::OutOfTime { .. } => "out_of_time",
            Self::TimedOut { .. } => "timed_out",
            Self::OutOfMemory { .. } | Self::OutOfTable { .. } => "out_of_memory",
            Self::TooManyHostCalls { .. } => "too_many_host_calls",
            Self::StateTooLarge { .. } => "state_too_large",
            Self::Trapped { .. } => "trapped",
            Self::OutputInvalid { .. } => "output_invalid",
            Self::Refused { .. } => "error",
            Self::NotConforming { .. } => "not_conforming",
            Self::NotReady { .. } => "not_ready",
        }
    }

    /// The code as it is shown.
    pub fn code_for(&self, kind: Kind) -> String {
        let prefix = if kind == Kind::RetryPolicy { "policy" } else { "plugin" };
        format!("{prefix}_{}", self.code())
    }

    /// Settings that do not fit the schema.
    pub(crate) fn settings(problems: &[SettingProblem]) -> Self {
        let message = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Self::Refused { code: "settings_invalid".to_owned(), message, retry_after_ms: None }
    }

    /// The host could not start it: nothing is known to be wrong with the plugin.
    pub(crate) fn not_ready(error: &wasmtime::Error) -> Self {
        Self::NotReady { what: format!("{error:#}") }
    }

    /// The plugin's own error.
    pub(crate) fn of_plugin(error: PluginError) -> Self {
        let PluginError { code, message, retry_after_ms, .. } = error;
        Self::Refused { code, message, retry_after_ms }
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
                Self::OutputInvalid { what: "it hands over more at once than a call may".to_owned() }
            }
            None => Self::Trapped { what: panic.unwrap_or_else(|| format!("{error:#}")) },
        }
    }
}

impl From<Fault> for PolicyFailure {
    fn from(fault: Fault) -> Self {
        Self { code: fault.code_for(Kind::RetryPolicy), message: fault.to_string() }
    }
}

impl From<Fault> for GatewayError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused { code, message, .. } => Self { code, message },
            fault => Self { code: format!("plugin_{}", fault.code()), message: fault.to_string() },
        }
    }
}

impl From<Fault> for PluginFailure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused { code, message, retry_after_ms } => Self { code, message, retry_after_ms },
            fault => Self::new(format!("plugin_{}", fault.code()), fault.to_string()),
        }
    }
}
