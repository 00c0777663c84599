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

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{self, Host};
    use campanile_plugin_sdk::policy::{Strategy, Trigger};

    use super::*;

    #[test]
    fn a_retry_is_moved_to_the_next_morning_and_nothing_else_is() {
        fake::install(Host::default().zone("Europe/Zurich", 60).open(9, 17));
        let mut input = Input {
            trigger: Trigger::Settled,
            now: fake::utc(2026, 3, 2, 23, 30),
            campaign_id: "camp_1".into(),
            lead_id: "lead_1".into(),
            zone: "Europe/Zurich".into(),
            era: 1,
            round: 1,
            max_retries: 2,
            retry_interval_ms: 0,
            retry_on_voicemail: false,
            retry_until_goal: false,
            goal: None,
            strategy: Strategy::Escalate,
            attempts_left: 5,
            campaign_ends_at: None,
            contacts: Vec::new(),
            attempts: Vec::new(),
            lead_variables: Vec::new(),
            builtin: Decision::Retry(Retry::at(0, "x")),
            extra: Vec::new(),
        };
        let morning = fake::utc(2026, 3, 4, 9, 0);
        assert!(
            matches!(NextMorning::decide(&input, &NoSettings), Ok(Decision::Retry(retry)) if retry.not_before == morning)
        );
        input.builtin = Decision::Complete("done".into());
        assert_eq!(NextMorning::decide(&input, &NoSettings), Ok(input.builtin.clone()));
    }
}
