//! What the built-in table answers to the calls of a case: a script that passes a decision on is tried with the one it would
//! really pass on.

use campanile_domain::builtin;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::lead::Progress;
use campanile_domain::policy::{Decision, PolicyInput};
use campanile_domain::settle::{Evaluation, Facts};
use campanile_domain::variable::Effects;

/// The table's answer to the last call; `None` where there was none. Nothing is known here of roles: what they make of a call
/// they do before any policy is asked.
pub fn decision(config: &CampaignConfig, input: &PolicyInput) -> Option<Decision> {
    let last = input.attempts.last()?;
    let era = input.attempts.iter().filter(|attempt| attempt.era == input.era);
    let mut progress = Progress { era: input.era, round: input.round, ..Progress::FIRST };
    for attempt in era {
        progress.attempts += 1;
        if attempt.round == input.round {
            progress = progress.trying(attempt.contact);
        }
    }
    Some(builtin::decide(&Facts {
        config,
        zone: &input.zone,
        progress,
        contacts: &input.contacts,
        suppressed: 0,
        contact: last.contact,
        outcome: last.outcome,
        failure: last.failure,
        answered_by: last.answered_by,
        ended_at: last.ended_at,
        roles: Effects::default(),
        evaluation: Evaluation::Done,
        goal: input.goal.as_ref(),
        caller_id_left: true,
        expires_at: None,
        hand: None,
        now: input.now,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::asking;
    use super::super::cases::Case;

    fn read(mut case: Value) -> Case {
        case["name"] = "usual".into();
        case["expect"] = json!({});
        serde_json::from_value(case).unwrap()
    }

    /// What a script that passes the decision on would pass on.
    fn usual(case: Value) -> (&'static str, String) {
        let case = read(case);
        let input = asking::decision(&case, case.calls.as_deref().unwrap()).unwrap();
        (input.builtin.word(), input.builtin.reason().to_owned())
    }

    #[test]
    fn the_campaigns_own_rule_answers_to_the_calls_of_the_case() {
        for (case, decision, reason) in [
            (json!({"calls": ["busy"]}), "retry", "busy"),
            (json!({"calls": ["busy"], "strategy": "escalate"}), "next_contact", "busy"),
            (json!({"calls": ["busy"], "strategy": "escalate", "contacts": 1}), "retry", "busy"),
            (json!({"calls": ["busy", "answered"]}), "complete", "contacted"),
            (json!({"calls": ["answered"], "goal": true}), "complete", "goal_reached"),
            (json!({"calls": ["answered"], "goal": false}), "retry", "goal_not_reached"),
            (json!({"calls": ["answered"], "goal": null}), "retry", "goal_undetermined"),
            (json!({"calls": ["voicemail"]}), "complete", "voicemail"),
            (json!({"calls": ["voicemail"], "goal": null}), "retry", "voicemail"),
            (json!({"calls": ["busy", "busy"], "max_retries": 1}), "give_up", "attempts_used"),
            (
                json!({"calls": [{"outcome": "busy", "era": 1}, {"outcome": "busy", "era": 2}], "max_retries": 1}),
                "retry",
                "busy",
            ),
            (json!({"calls": ["busy"], "builtin": "give_up"}), "give_up", "the campaign's own rule"),
            (json!({"calls": []}), "retry", "the campaign's own rule"),
        ] {
            assert_eq!(usual(case.clone()), (decision, reason.to_owned()), "{case}");
        }
    }

    #[test]
    fn what_no_campaign_may_be_is_told_and_stops_nothing() {
        for (case, why) in [
            (json!({"calls": ["busy"], "contacts": 40}), "contacts: 40 is outside 1 to 11"),
            (json!({"calls": [{"outcome": "busy", "contact": 20}]}), "names contact 20 and the lead has 2"),
            (json!({"calls": ["busy"], "max_retries": u32::MAX}), "max_retries: 4294967295 is outside 0 to 5"),
            (json!({"calls": ["busy"], "interval_minutes": 5}), "interval_minutes: 5 is outside 10 to 4320"),
        ] {
            let case = read(case);
            let told = asking::decision(&case, case.calls.as_deref().unwrap()).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
        for number in [-1, i64::MAX] {
            let full = json!({"outcome": "busy", "talk_seconds": number});
            assert!(serde_json::from_value::<Case>(json!({"name": "x", "calls": [full], "expect": {}})).is_err());
        }
    }
}
