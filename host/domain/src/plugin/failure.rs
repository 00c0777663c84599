//! Why an installed plugin did not answer.

use serde::{Deserialize, Serialize};

/// A call without an answer: the plugin's own error, or what the host found wrong with the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct PluginFailure {
    /// Stable. The plugin's own code, or the host's: `plugin_not_found`, `plugin_trapped`, `plugin_out_of_time`,
    /// `plugin_timed_out`, `plugin_out_of_memory`, `plugin_output_invalid`, `plugin_state_too_large`,
    /// `plugin_too_many_host_calls`, `plugin_not_ready`.
    pub code: String,
    /// What happened, why, what to do next.
    pub message: String,
    /// How long the other system asked to be left alone, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl PluginFailure {
    /// The plugin's code for credentials that the other system no longer takes. Asking again cannot help: a person must.
    pub const UNAUTHORISED: &'static str = "http_unauthorised";

    /// The plugin's code for a webhook whose signature does not hold.
    pub const FORGED: &'static str = "webhook_forged";

    /// A failure without a wait.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry_after_ms: None }
    }
}
