//! Calls a busy line back soon; everything else is the campaign's own rule, which comes with the question.

use campanile_plugin_sdk::policy::{Decision, Input, Retry, RetryPolicy};
use campanile_plugin_sdk::types::{Outcome, PluginError};

/// What a campaign may set; the same names as in campanile.toml.
#[derive(serde::Deserialize)]
#[serde(default)]
struct Settings {
    busy_minutes: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { busy_minutes: 15 }
    }
}

struct Plugin;

// A policy is a function of its input: there is no clock and no network. `campanile_plugin_sdk::calendar` answers what the
// clock shows where the lead is.
impl RetryPolicy for Plugin {
    type Settings = Settings;

    fn decide(input: &Input, settings: &Settings) -> Result<Decision, PluginError> {
        let may_call_again = input.rounds_left() > 0 && input.attempts_left > 0;
        Ok(match input.last() {
            Some(last) if last.outcome == Outcome::Busy && may_call_again => {
                let minutes = settings.busy_minutes;
                let reason = format!("busy: again in {minutes} min");
                Decision::Retry(Retry::at(input.now + minutes * 60_000, reason).with_contact(last.contact))
            }
            _ => input.builtin.clone(),
        })
    }
}

campanile_plugin_sdk::export!(retry_policy: Plugin);
