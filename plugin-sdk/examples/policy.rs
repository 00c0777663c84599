//! A policy that works towards a goal: a person who said no is asked again the next morning, on the phone they answered, but
//! not for ever. Everything else is the campaign's own rule.
//!
//! It uses all that a policy is lent: settings, the calendar, the log. There is no clock and no chance in it, so the same
//! question always has the same answer and a recorded decision can be made again.

use campanile_plugin_sdk::policy::{Decision, Input, Retry, RetryPolicy};
use campanile_plugin_sdk::types::{Outcome, PluginError, Timestamp, Value};
use campanile_plugin_sdk::{calendar, log};

/// What a campaign may set; the same names and defaults as in policy.toml.
#[derive(serde::Deserialize)]
#[serde(default)]
struct Settings {
    conversations: usize,
    hour: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self { conversations: 2, hour: 9 }
    }
}

struct AskAgain;

impl RetryPolicy for AskAgain {
    type Settings = Settings;

    fn decide(input: &Input, settings: &Settings) -> Result<Decision, PluginError> {
        // The built-in answer comes with the question. Whatever a policy has no opinion about, it passes on.
        let builtin = Ok(input.builtin.clone());
        let Some(last) = input.last().filter(|last| last.outcome == Outcome::Answered) else { return builtin };

        // Three answers, not two: undetermined means that the call did not tell, which is neither yes nor no. None: the
        // campaign has no goal.
        match &input.goal {
            Some(Value::Boolean(false)) => {}
            Some(Value::Undetermined) => {
                log::info("the call did not tell whether the goal was reached; the campaign's own rule decides");
                return builtin;
            }
            _ => return builtin,
        }

        // Counts are those of the current era: a lead that a person set back to created begins anew.
        let asked = input.count(Outcome::Answered);
        if asked >= settings.conversations {
            return Ok(Decision::Complete(format!("said no in {asked} conversations")));
        }
        if input.rounds_left() == 0 {
            return Ok(Decision::GiveUp("said no, and no round is left".into()));
        }

        // A proposal: the engine keeps the calling hours, the gaps and the calls that are left, whatever is asked for.
        let Some(at) = next_morning(input, settings.hour)? else {
            return Ok(Decision::GiveUp("the calling hours never open again".into()));
        };
        Ok(Decision::Retry(Retry::at(at, format!("said no, conversation {asked}")).with_contact(last.contact)))
    }
}

campanile_plugin_sdk::export!(retry_policy: AskAgain);

/// Local time is asked of the host, which has the zone database; `input.zone` is the lead's. Not a fixed number of hours
/// later: that would be wrong twice a year.
fn next_morning(input: &Input, hour: u8) -> Result<Option<Timestamp>, PluginError> {
    let morning = calendar::local(input.now, &input.zone)?.plus_days(1).at(hour, 0);
    Ok(calendar::next_open(calendar::instant(morning, &input.zone)?))
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{self, Host};
    use campanile_plugin_sdk::policy::{Strategy, Trigger};
    use campanile_plugin_sdk::types::{AnsweredBy, Attempt, Failure};

    use super::*;

    /// After so many conversations, the last of which left the goal like this.
    fn after(conversations: u32, goal: Option<Value>) -> Input {
        let attempt = |round| Attempt {
            number: round,
            era: 1,
            round,
            contact: 1,
            phone: "+14155550101".into(),
            outcome: Outcome::Answered,
            failure: Failure::None,
            answered_by: AnsweredBy::Human,
            started_at: 0,
            ended_at: None,
            talk_ms: 60_000,
            variables: Vec::new(),
            extra: Vec::new(),
        };
        Input {
            trigger: Trigger::Settled,
            now: fake::utc(2026, 3, 2, 23, 30),
            campaign_id: "camp_1".into(),
            lead_id: "lead_1".into(),
            zone: "Europe/Zurich".into(),
            era: 1,
            round: conversations,
            max_retries: 2,
            retry_interval_ms: 0,
            retry_on_voicemail: false,
            retry_until_goal: false,
            goal,
            strategy: Strategy::Escalate,
            attempts_left: 5,
            campaign_ends_at: None,
            contacts: Vec::new(),
            attempts: (1..=conversations).map(attempt).collect(),
            lead_variables: Vec::new(),
            builtin: Decision::Complete("contacted".into()),
            extra: Vec::new(),
        }
    }

    fn decide(conversations: u32, goal: Option<Value>) -> Decision {
        fake::install(Host::default().zone("Europe/Zurich", 60).open(9, 17));
        AskAgain::decide(&after(conversations, goal), &Settings { conversations: 3, ..Settings::default() }).unwrap()
    }

    #[test]
    fn a_no_is_asked_again_the_next_morning_but_not_for_ever() {
        // It is 00:30 of the third in Zurich; nine there is eight in UTC, and the calling hours open at nine UTC.
        let Decision::Retry(retry) = decide(1, Some(false.into())) else { panic!("no retry") };
        assert_eq!((retry.not_before, retry.contact), (fake::utc(2026, 3, 4, 9, 0), Some(1)));
        assert_eq!(decide(3, Some(false.into())), Decision::Complete("said no in 3 conversations".into()));
    }

    #[test]
    fn without_a_no_the_campaigns_own_rule_decides() {
        for goal in [None, Some(true.into()), Some(Value::Undetermined)] {
            assert_eq!(decide(1, goal), Decision::Complete("contacted".into()));
        }
        assert_eq!(decide(0, Some(false.into())), Decision::Complete("contacted".into()));
    }
}
