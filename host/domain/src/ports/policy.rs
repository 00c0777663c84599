//! Who decides after a call, when it is not the built-in table.
//!
//! The engine hands over the question and gets an answer or a failure with a code; it never learns whether a component
//! or a script was behind it. What the call cost and said is kept as a record either way.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::ids::TenantKey;
use crate::plugin::PluginRef;
use crate::policy::{Decision, PolicyInput};

pub use crate::calendar::{Calendar, Consulted};

/// One request for a decision.
#[derive(Clone, Debug)]
pub struct PolicyCall {
    /// Whose policy.
    pub tenant: TenantKey,
    /// Which one.
    pub policy: PluginRef,
    /// Its settings as the campaign pins them (JSON).
    pub settings: serde_json::Value,
    /// The question.
    pub input: PolicyInput,
    /// What `calendar` answers from.
    pub calendar: Calendar,
}

/// What came back, for the lead and for the record.
#[derive(Clone, Debug)]
pub struct PolicyAnswer {
    /// `name@version` that decided or failed; the version is the one in force at the call.
    pub version: String,
    /// SHA-256 of the bytes that decided, in hexadecimal: of a component, or of a script's source. `None`: nothing was there
    /// to decide.
    pub digest: Option<Arc<str>>,
    /// For a script, SHA-256 of the component that ran it.
    pub runner: Option<Arc<str>>,
    /// The decision, or why there is none.
    pub decision: Result<Decision, PolicyFailure>,
    /// What the call used.
    pub usage: Usage,
    /// Processor time of the call, in microseconds; 0 where no clock was at hand. No part of any rule: fuel is the measure.
    pub elapsed_us: u64,
    /// What it asked of the calendar.
    pub consulted: Consulted,
    /// The guest's log lines, cut to the limits.
    pub log: Vec<String>,
}

impl PolicyAnswer {
    /// An answer for which nothing was run.
    pub fn without_a_run(version: impl Into<String>, decision: Result<Decision, PolicyFailure>) -> Self {
        Self {
            version: version.into(),
            digest: None,
            runner: None,
            decision,
            usage: Usage::default(),
            elapsed_us: 0,
            consulted: Consulted::default(),
            log: Vec::new(),
        }
    }
}

/// What one guest call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Fuel, where fuel is the limit.
    pub fuel: u64,
    /// Milliseconds of running, where time is the limit.
    pub running_ms: u32,
    /// Peak linear memory, in bytes.
    pub memory_bytes: u64,
    /// Calls of the host's functions.
    pub host_calls: u32,
    /// Requests sent.
    pub http_requests: u32,
    /// Bytes of their bodies.
    pub bytes_out: u64,
    /// Bytes of the answers' bodies.
    pub bytes_in: u64,
}

/// Why a policy did not decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct PolicyFailure {
    /// Stable: `policy_not_found`, `policy_trapped`, `policy_out_of_fuel`, `policy_out_of_memory`, `policy_timed_out`,
    /// `policy_output_invalid`, `policy_error`.
    pub code: String,
    /// What happened, why, what to do next.
    pub message: String,
}

/// Runs policies.
#[async_trait]
pub trait PolicyRunner: Send + Sync {
    /// Decides. Never fails as a call: a failure is an answer. The future completes without a timer or a reactor, so
    /// that a rehearsal can poll it on its own thread.
    async fn decide(&self, call: &PolicyCall) -> PolicyAnswer;

    /// Puts a question to a policy whose answer moves no lead: replays and shadows. The same call within the same limits,
    /// but whoever waits for a decision goes first, and no use or failure is counted for it. `draft`: a script's source to
    /// ask instead of the version that the call names.
    async fn consider(&self, call: &PolicyCall, draft: Option<&str>) -> PolicyAnswer;

    /// Whether the reference names an active policy of the tenant; the version that would decide now.
    ///
    /// # Errors
    /// It names nothing that decides.
    async fn resolve(&self, tenant: TenantKey, policy: &PluginRef) -> Result<String, PolicyFailure>;
}
