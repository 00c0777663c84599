//! A policy that uses everything its world lends: again at nine on the morning after, as the lead's clock shows it, at the
//! first opening of the calling hours.

use campanile_plugin_sdk::policy::{Decision, Input, Retry, RetryPolicy};
use campanile_plugin_sdk::types::PluginError;
use campanile_plugin_sdk::{NoSettings, calendar, log};

struct NextMorning;

impl RetryPolicy for NextMorning {
    type Settings = NoSettings;

    fn decide(input: &Input, _: &NoSettings) -> Result<Decision, PluginError> {
        if !matches!(input.builtin, Decision::Retry(_)) {
            return Ok(input.builtin.clone());
        }
        let morning = calendar::local(input.now, &input.zone)?.plus_days(1).at(9, 0);
        let at = calendar::instant(morning, &input.zone)?;
        let Some(at) = calendar::next_open(at) else {
            return Ok(Decision::GiveUp("the calling hours never open again".into()));
        };
        log::debug(&format!("nine in {} is {at}", input.zone));
        Ok(Decision::Retry(Retry::at(at, "again the next morning")))
    }
}

campanile_plugin_sdk::export!(retry_policy: NextMorning);
