//! A policy that panics when the lead's zone is not what it likes: what the host makes of a panic is tested with it.

use campanile_plugin_sdk::NoSettings;
use campanile_plugin_sdk::policy::{Decision, Input, RetryPolicy};
use campanile_plugin_sdk::types::PluginError;

struct Panics;

impl RetryPolicy for Panics {
    type Settings = NoSettings;

    fn decide(input: &Input, _: &NoSettings) -> Result<Decision, PluginError> {
        assert_eq!(input.zone, "Europe/Paris", "this policy likes Paris only");
        Ok(input.builtin.clone())
    }
}

campanile_plugin_sdk::export!(retry_policy: Panics);
