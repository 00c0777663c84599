//! The built-in decision table.
//!
//! It is the default policy, the input of every other policy ("what would the built-in one say?") and the fallback that
//! `on_policy_failure: built_in` names. One row of the table in `docs/states.md` is one arm here and one test.

use crate::attempt::Outcome;
use crate::campaign::OnGoalUndetermined;
use crate::policy::{ContactStrategy, Decision, Retry};
use crate::settle::facts::{self, Facts};
use crate::variable::Value;

/// The reason that tells a voicemail's end from a conversation's.
pub const VOICEMAIL: &str = "voicemail";

/// The table.
pub fn decide(facts: &Facts<'_>) -> Decision {
    match facts.outcome {
        Outcome::Answered => answered(facts),
        Outcome::Busy | Outcome::Unanswered | Outcome::Voicemail | Outcome::Failed => {
            if has_next_contact(facts) {
                Decision::NextContact { reason: facts.outcome.as_str().into() }
            } else {
                round_over(facts)
            }
        }
        Outcome::Unknown | Outcome::Cancelled => retry(facts, None, facts.outcome.as_str()),
    }
}

fn answered(facts: &Facts<'_>) -> Decision {
    if facts.roles.wrong_person {
        return if has_next_contact(facts) {
            Decision::NextContact { reason: "wrong_person".into() }
        } else {
            retry(facts, None, "wrong_person")
        };
    }
    if facts.goal_reached() {
        return Decision::Complete { reason: "goal_reached".into() };
    }
    if facts.callback().is_some() {
        return retry(facts, Some(facts.contact), "callback");
    }
    if !facts.config.retry_until_goal {
        return Decision::Complete { reason: "contacted".into() };
    }
    match facts.goal {
        Some(Value::Boolean(false)) => retry(facts, Some(facts.contact), "goal_not_reached"),
        _ => match facts.config.on_goal_undetermined {
            OnGoalUndetermined::Retry => retry(facts, Some(facts.contact), "goal_undetermined"),
            OnGoalUndetermined::Complete => Decision::Complete { reason: "goal_undetermined".into() },
        },
    }
}

/// `escalate` goes on to the next contact in the same round; `rotate` only when the one it took turned out dead, which
/// is no turn.
fn has_next_contact(facts: &Facts<'_>) -> bool {
    (facts.config.contact_strategy == ContactStrategy::Escalate || facts::dead_contact(facts).is_some())
        && facts::next_in_round(facts).is_some()
}

/// The round has no contact left: retry, or the end. The last call of the round decides about voicemail; whoever
/// answered it is the first of the next round.
pub fn round_over(facts: &Facts<'_>) -> Decision {
    if facts.outcome == Outcome::Voicemail && !facts.config.retry_on_voicemail && !facts.config.retry_until_goal {
        return Decision::Complete { reason: VOICEMAIL.into() };
    }
    let answered = facts.outcome == Outcome::Answered && !facts.roles.wrong_person;
    retry(facts, answered.then_some(facts.contact), facts.outcome.as_str())
}

fn retry(facts: &Facts<'_>, contact: Option<u16>, reason: &str) -> Decision {
    if facts.progress.round >= facts.config.rounds() {
        return Decision::GiveUp { reason: "attempts_used".into() };
    }
    let at = facts.callback().unwrap_or(facts.ended_at + facts.config.retry_interval_ms());
    Decision::Retry(Retry { contact, ..Retry::at(at, reason) })
}
