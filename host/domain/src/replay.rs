//! Putting recorded questions to a policy again: what counts as the same answer, and what the engine would make of another.
//!
//! A replay proves or compares. The version that decided, with the settings it decided with, must give the recorded bytes
//! again: anything else is a fact about the plugin. Another version or other settings may differ, and then only the **first**
//! difference of a lead is a fact: every later question was asked because the recorded answer was followed, and would not have
//! been asked like that. So a lead that diverged is counted and not judged any further. A shadow is held to the same rule.
//! What another answer would have led to beyond its own moment is an estimate, and no business of this module.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::attempt::{AnsweredBy, Failure, Outcome};
use crate::campaign::CampaignConfig;
use crate::hours::CallingHours;
use crate::ids::{CallId, LeadId, LeadKey};
use crate::lead::{LeadState, Progress};
use crate::policy::{Decision, PolicyInput};
use crate::ports::policy::PolicyFailure;
use crate::settle::{self, Clamp, Disposal, Evaluation, Facts};
use crate::time::{MINUTE_MS, Timestamp};
use crate::variable::Effects;

/// Leads that a report shows in full.
pub const MOST_LEADS: usize = 200;

/// What the rules look at beyond the question that a policy is asked: kept with the question, so that what the engine would
/// make of another answer can be computed from the record alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// With the call counted.
    pub progress: Progress,
    /// Bit n set: the phone of position n was on the do-not-call list.
    pub suppressed: u16,
    /// Position of the contact that was dialled.
    pub contact: u16,
    /// How the call ended.
    pub outcome: Outcome,
    /// Why it failed.
    pub failure: Failure,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// When it was over.
    pub ended_at: Timestamp,
    /// What roles said.
    pub roles: Effects,
    /// Another caller id might have been tried.
    pub caller_id_left: bool,
    /// The lead's own expiry.
    pub expires_at: Option<Timestamp>,
}

impl Standing {
    /// Of the facts of a call.
    pub fn of(facts: &Facts<'_>) -> Self {
        Self {
            progress: facts.progress,
            suppressed: facts.suppressed,
            contact: facts.contact,
            outcome: facts.outcome,
            failure: facts.failure,
            answered_by: facts.answered_by,
            ended_at: facts.ended_at,
            roles: facts.roles,
            caller_id_left: facts.caller_id_left,
            expires_at: facts.expires_at,
        }
    }

    /// What the engine makes of an answer to this question: the same function that binds live answers, on the recorded
    /// facts. A hand that moved the lead between question and answer is not in it.
    pub fn dispose(&self, input: &PolicyInput, hours: &CallingHours, decision: &Decision) -> Disposal {
        let config = CampaignConfig {
            calling_hours: hours.clone(),
            max_retries: input.max_retries,
            retry_interval_minutes: u32::try_from(input.retry_interval_ms / MINUTE_MS).unwrap_or(u32::MAX),
            retry_on_voicemail: input.retry_on_voicemail,
            retry_until_goal: input.retry_until_goal,
            contact_strategy: input.strategy,
            ends_at: input.campaign_ends_at,
            max_attempts_per_lead: Some(self.progress.attempts.saturating_add(input.attempts_left)),
            ..CampaignConfig::named("")
        };
        let facts = Facts {
            config: &config,
            zone: &input.zone,
            progress: self.progress,
            contacts: &input.contacts,
            suppressed: self.suppressed,
            contact: self.contact,
            outcome: self.outcome,
            failure: self.failure,
            answered_by: self.answered_by,
            ended_at: self.ended_at,
            roles: self.roles,
            evaluation: Evaluation::NotNeeded,
            goal: input.goal.as_ref(),
            caller_id_left: self.caller_id_left,
            expires_at: self.expires_at,
            hand: None,
            now: input.now,
        };
        settle::dispose(&facts, decision, *decision != input.builtin)
    }
}

/// What became of a lead by a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// `rescheduled`, `completed` ...
    pub status: String,
    /// The finer reason of the status.
    pub reason: Option<String>,
    /// Due again then, when it waits; not moved into the calling hours.
    pub due: Option<Timestamp>,
    /// The instant that the policy asked for.
    pub asked_for: Option<Timestamp>,
    /// The first instant inside the calling hours as they were.
    pub expected: Option<Timestamp>,
    /// The rules that changed what was asked for.
    pub clamped_by: Vec<Clamp>,
}

impl Made {
    /// In the words of files and records.
    pub fn new(state: LeadState, due: Option<Timestamp>, clamped_by: Vec<Clamp>) -> Self {
        let reason = state.reason().map(str::to_owned);
        Self { status: state.status().to_owned(), reason, due, asked_for: None, expected: None, clamped_by }
    }

    /// Of a disposal.
    pub fn of(disposal: &Disposal) -> Self {
        let due = disposal.state.is_waiting().then_some(disposal.not_before);
        let made = Self::new(disposal.state, due, disposal.clamps.clone());
        Self { asked_for: disposal.asked_for, expected: disposal.expected, ..made }
    }
}

/// Two answers to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// In every byte.
    Same,
    /// But for the reason, which is for people and moves nobody.
    Reworded,
    /// The lead goes another way.
    Different,
}

/// Compares them.
pub fn compare(recorded: &Decision, answered: &Decision) -> Comparison {
    if recorded == answered {
        Comparison::Same
    } else if without_reason(recorded) == without_reason(answered) {
        Comparison::Reworded
    } else {
        Comparison::Different
    }
}

fn without_reason(decision: &Decision) -> Decision {
    let mut bare = decision.clone();
    match &mut bare {
        Decision::Complete { reason }
        | Decision::NextContact { reason }
        | Decision::GiveUp { reason }
        | Decision::Suppress { reason, .. } => reason.clear(),
        Decision::Retry(retry) => retry.reason.clear(),
    }
    bare
}

/// What an answer is counted under: the decision's word, or `failed: CODE`.
pub fn word(answer: &Result<Decision, PolicyFailure>) -> String {
    match answer {
        Ok(decision) => decision.word().to_owned(),
        Err(failure) => format!("failed: {}", failure.code),
    }
}

/// From which decision to which, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The recorded answer.
    pub from: String,
    /// The other one.
    pub to: String,
    /// For so many leads.
    pub leads: u64,
}

/// A lead to look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Which lead.
    pub lead: LeadId,
    /// After which call, where the record says.
    pub call: Option<CallId>,
    /// When it was decided.
    pub at: Timestamp,
    /// Who decided then.
    pub by: String,
    /// What was decided then.
    pub recorded: serde_json::Value,
    /// What the other one answers: a decision, or a failure with its code.
    pub answered: serde_json::Value,
    /// What the engine made of the recorded answer.
    pub made: Option<serde_json::Value>,
    /// What it would make of the other one; nothing for a failure, or where the record does not tell enough.
    pub would_make: Option<Made>,
}

/// What a replay found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Decisions looked at.
    pub decisions: u64,
    /// By the same bytes with the same settings: the answer was the recorded one in every byte.
    pub reproduced: u64,
    /// By the same bytes with the same settings: the answer was another one. The plugin is not deterministic.
    pub not_reproducible: u64,
    /// By other bytes or settings: the same answer.
    pub same: u64,
    /// The same but for the reason.
    pub reworded: u64,
    /// Leads that diverged; each once.
    pub diverged: u64,
    /// Later decisions of leads that diverged: not judged, because they would not have been asked like that.
    pub after_divergence: u64,
    /// Answers that were failures, by code.
    pub failed: BTreeMap<String, u64>,
    /// Recorded decisions that were not put to anybody, by reason.
    pub not_replayed: BTreeMap<String, u64>,
    /// Decisions past the limit, which nobody looked at.
    pub left_out: u64,
    /// The divergences, from what to what.
    pub changes: Vec<Change>,
    /// Leads that diverged, at most [`MOST_LEADS`].
    pub leads: Vec<Difference>,
    /// Answers that could not be reproduced, at most [`MOST_LEADS`].
    pub not_reproduced: Vec<Difference>,
    #[serde(skip)]
    lost: BTreeSet<LeadKey>,
}

impl Tally {
    /// A recorded decision cannot be replayed.
    pub fn not_replayed(&mut self, why: impl Into<String>) {
        self.decisions += 1;
        *self.not_replayed.entry(why.into()).or_default() += 1;
    }

    /// Whether a lead has diverged.
    pub fn has_diverged(&self, lead: LeadKey) -> bool {
        self.lost.contains(&lead)
    }

    /// A later decision of a lead that diverged.
    pub fn after_divergence(&mut self) {
        self.decisions += 1;
        self.after_divergence += 1;
    }

    fn count_failure(&mut self, answered: &Result<Decision, PolicyFailure>) {
        if let Err(failure) = answered {
            *self.failed.entry(failure.code.clone()).or_default() += 1;
        }
    }

    /// The bytes and settings that decided were asked again. `reproduced`: the answer was the recorded one in every byte.
    pub fn proved(
        &mut self,
        answered: &Result<Decision, PolicyFailure>,
        reproduced: bool,
        difference: impl FnOnce() -> Difference,
    ) {
        self.decisions += 1;
        self.count_failure(answered);
        if reproduced {
            self.reproduced += 1;
            return;
        }
        self.not_reproducible += 1;
        if self.not_reproduced.len() < MOST_LEADS {
            self.not_reproduced.push(difference());
        }
    }

    /// Other bytes or settings were asked about a lead that has not diverged yet.
    pub fn compared(
        &mut self,
        lead: LeadKey,
        recorded: &Decision,
        answered: &Result<Decision, PolicyFailure>,
        difference: impl FnOnce() -> Difference,
    ) {
        self.decisions += 1;
        self.count_failure(answered);
        match answered.as_ref().map(|answered| compare(recorded, answered)) {
            Ok(Comparison::Same) => self.same += 1,
            Ok(Comparison::Reworded) => self.reworded += 1,
            Ok(Comparison::Different) | Err(_) => {
                self.diverged += 1;
                self.lost.insert(lead);
                let (from, to) = (recorded.word().to_owned(), word(answered));
                match self.changes.iter_mut().find(|change| change.from == from && change.to == to) {
                    Some(change) => change.leads += 1,
                    None => self.changes.push(Change { from, to, leads: 1 }),
                }
                if self.leads.len() < MOST_LEADS {
                    self.leads.push(difference());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Retry;

    fn retry(at: i64, reason: &str) -> Decision {
        Decision::Retry(Retry::at(Timestamp(at), reason))
    }

    fn difference() -> Difference {
        let nothing = serde_json::Value::Null;
        Difference {
            lead: LeadId(1),
            call: None,
            at: Timestamp(0),
            by: "mine@1".into(),
            recorded: nothing.clone(),
            answered: nothing,
            made: None,
            would_make: None,
        }
    }

    #[test]
    fn another_reason_moves_nobody_and_another_instant_does() {
        assert_eq!(compare(&retry(5, "busy"), &retry(5, "busy")), Comparison::Same);
        assert_eq!(compare(&retry(5, "busy"), &retry(5, "engaged")), Comparison::Reworded);
        assert_eq!(compare(&retry(5, "busy"), &retry(6, "busy")), Comparison::Different);
        let end = Decision::GiveUp { reason: "busy".into() };
        assert_eq!(compare(&Decision::Complete { reason: "busy".into() }, &end), Comparison::Different);
    }

    #[test]
    fn only_the_first_divergence_of_a_lead_is_told() {
        let mut tally = Tally::default();
        let failure = Err(PolicyFailure { code: "policy_trapped".into(), message: "it trapped".into() });
        for lead in [1, 1, 2, 1, 3] {
            let lead = LeadKey(lead);
            if tally.has_diverged(lead) {
                tally.after_divergence();
                continue;
            }
            let answered = match lead.0 {
                1 => Ok(retry(6, "later")),
                2 => Ok(retry(5, "the same")),
                _ => failure.clone(),
            };
            tally.compared(lead, &retry(5, "then"), &answered, difference);
        }
        let Tally { decisions, reworded, diverged, after_divergence, .. } = tally;
        assert_eq!((decisions, reworded, diverged, after_divergence), (5, 1, 2, 2));
        let change = |to: &str| Change { from: "retry".into(), to: to.into(), leads: 1 };
        assert_eq!(tally.changes, [change("retry"), change("failed: policy_trapped")]);
        assert_eq!((tally.leads.len(), tally.failed["policy_trapped"]), (2, 1));
    }

    #[test]
    fn an_answer_that_is_not_reproduced_is_never_hidden() {
        let mut tally = Tally::default();
        for reproduced in [true, false, true] {
            tally.proved(&Ok(retry(5, "then")), reproduced, difference);
        }
        assert_eq!((tally.reproduced, tally.not_reproducible, tally.not_reproduced.len()), (2, 1, 1));
        assert_eq!((tally.diverged, tally.decisions), (0, 3));
    }
}
