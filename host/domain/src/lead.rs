//! A person to reach in one campaign, and where they stand.
//!
//! `created -> scheduled -> processing -> {completed | rescheduled -> processing | max_retries}`, and `suppressed`.
//! Every state that ends a lead carries why, because "every lead ends in a status with a reason" is a promise. The
//! transitions live here; who decides between them is [`crate::settle`]. Time waits are not states: a lead that may not
//! be called before an instant stays `created` or `rescheduled` with a due time and a [`Wait`] that says whose.

use serde::{Deserialize, Serialize};

/// Where a lead stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadState {
    /// Ready for its first call of the era. Entered by an import, the API or a hand; left by the stager, the claimer, or
    /// an end.
    Created,
    /// Staged: among the next to be called. Entered by the stager; left by the claimer, or back to `Created` by pause,
    /// stop and edits.
    Scheduled,
    /// Being worked on. Entered by the claimer; left by the decision.
    Processing(Phase),
    /// Waits for a retry. Entered by a decision; left by the claimer, or an end.
    Rescheduled,
    /// Done. Left by a hand (a new era), or by its source: one that was removed there came back, or it changed there and
    /// the source reopens what changes. A deleted one is never left.
    Completed(Completion),
    /// Not reached, and never again. Left only by a hand.
    MaxRetries(Exhaustion),
    /// On the do-not-call list. Left only by a hand, once the suppression is gone.
    Suppressed(SuppressedBy),
}

/// What is going on with a lead that is `processing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// An attempt is open. The only phase that may hold a slot.
    Dialling,
    /// Evaluators run.
    Evaluating,
    /// The policy runs.
    Deciding,
    /// The gateway refused for the moment; tried again by itself.
    Deferred,
    /// The call is over, its evaluation is not there yet.
    AwaitingEvaluation,
    /// The policy failed and the campaign says hold.
    PolicyFailed,
}

/// Why a lead is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// A person answered and the campaign has no goal rule.
    Contacted,
    /// The goal variable was true.
    GoalReached,
    /// A voicemail was enough.
    Voicemail,
    /// The policy said so.
    ByPolicy,
    /// A hand said so.
    ByHand,
    /// The campaign ended first.
    CampaignEnded,
    /// The system that it came from has it no more. Comes back by itself when it is there again, unless it was reached.
    RemovedAtSource,
    /// Its owner deleted it: it is in no list and no count, and never comes back. Its calls name it.
    Deleted,
}

/// Why a lead is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exhaustion {
    /// All rounds or all attempts are used.
    AttemptsUsed,
    /// The policy gave up.
    GaveUpByPolicy,
    /// Its own expiry passed.
    Expired,
    /// Never called, and no contact can be.
    Unreachable,
    /// Called before, and no contact can be any more.
    NoContactLeft,
}

/// Who put it on the do-not-call list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressedBy {
    /// No number is left that is neither dead nor on the list, and at least one is on it.
    List,
    /// The person asked for it in a call.
    OptOut,
    /// The policy.
    Policy,
}

/// Whose wait a due time is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// No wait.
    #[default]
    None,
    /// The owner's `not_before`.
    Owner,
    /// The retry rule's.
    Retry,
    /// The person asked to be called then.
    Callback,
    /// The gateway's refusal.
    Deferral,
}

impl LeadState {
    /// The word of the API.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Scheduled => "scheduled",
            Self::Processing(_) => "processing",
            Self::Rescheduled => "rescheduled",
            Self::Completed(_) => "completed",
            Self::MaxRetries(_) => "max_retries",
            Self::Suppressed(_) => "suppressed",
        }
    }

    /// The phase of `processing` and the reason of an end; `None` for the states that need none.
    pub const fn reason(self) -> Option<&'static str> {
        Some(match self {
            Self::Created | Self::Scheduled | Self::Rescheduled => return None,
            Self::Processing(Phase::Dialling) => "dialling",
            Self::Processing(Phase::Evaluating) => "evaluating",
            Self::Processing(Phase::Deciding) => "deciding",
            Self::Processing(Phase::Deferred) => "deferred",
            Self::Processing(Phase::AwaitingEvaluation) => "awaiting_evaluation",
            Self::Processing(Phase::PolicyFailed) => "policy_failed",
            Self::Completed(Completion::Contacted) => "contacted",
            Self::Completed(Completion::GoalReached) => "goal_reached",
            Self::Completed(Completion::Voicemail) => "voicemail",
            Self::Completed(Completion::ByPolicy) => "by_policy",
            Self::Completed(Completion::ByHand) => "by_hand",
            Self::Completed(Completion::CampaignEnded) => "campaign_ended",
            Self::Completed(Completion::RemovedAtSource) => "removed_at_source",
            Self::Completed(Completion::Deleted) => "deleted",
            Self::MaxRetries(Exhaustion::AttemptsUsed) => "attempts_used",
            Self::MaxRetries(Exhaustion::GaveUpByPolicy) => "gave_up_by_policy",
            Self::MaxRetries(Exhaustion::Expired) => "expired",
            Self::MaxRetries(Exhaustion::Unreachable) => "unreachable",
            Self::MaxRetries(Exhaustion::NoContactLeft) => "no_contact_left",
            Self::Suppressed(SuppressedBy::List) => "on_list",
            Self::Suppressed(SuppressedBy::OptOut) => "opt_out",
            Self::Suppressed(SuppressedBy::Policy) => "by_policy",
        })
    }

    /// Every state, in the order of their codes; for tables of counts and for tests.
    pub const ALL: [Self; 25] = [
        Self::Created,
        Self::Scheduled,
        Self::Rescheduled,
        Self::Processing(Phase::Deferred),
        Self::Processing(Phase::Dialling),
        Self::Processing(Phase::Evaluating),
        Self::Processing(Phase::Deciding),
        Self::Processing(Phase::AwaitingEvaluation),
        Self::Processing(Phase::PolicyFailed),
        Self::Completed(Completion::Contacted),
        Self::Completed(Completion::GoalReached),
        Self::Completed(Completion::Voicemail),
        Self::Completed(Completion::ByPolicy),
        Self::Completed(Completion::ByHand),
        Self::Completed(Completion::CampaignEnded),
        Self::Completed(Completion::RemovedAtSource),
        Self::Completed(Completion::Deleted),
        Self::MaxRetries(Exhaustion::AttemptsUsed),
        Self::MaxRetries(Exhaustion::GaveUpByPolicy),
        Self::MaxRetries(Exhaustion::Expired),
        Self::MaxRetries(Exhaustion::Unreachable),
        Self::MaxRetries(Exhaustion::NoContactLeft),
        Self::Suppressed(SuppressedBy::List),
        Self::Suppressed(SuppressedBy::OptOut),
        Self::Suppressed(SuppressedBy::Policy),
    ];

    /// The lead will not be worked on any more unless a hand, or its source, reopens it.
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Completed(_) | Self::MaxRetries(_) | Self::Suppressed(_))
    }

    /// The lead may be claimed once it is due.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Created | Self::Scheduled | Self::Rescheduled | Self::Processing(Phase::Deferred))
    }

    /// The lead's first call of this era is still to come.
    pub const fn is_fresh(self) -> bool {
        matches!(self, Self::Created | Self::Scheduled)
    }

    /// Takes the lead for an attempt.
    ///
    /// # Errors
    /// It is not waiting: somebody else has it, or it ended.
    pub fn claim(self) -> Result<Self, InvalidTransition> {
        if self.is_waiting() { Ok(Self::Processing(Phase::Dialling)) } else { Err(self.cannot("processing")) }
    }

    /// Stages a fresh lead.
    ///
    /// # Errors
    /// Only `created` is staged.
    pub fn stage(self) -> Result<Self, InvalidTransition> {
        if self == Self::Created { Ok(Self::Scheduled) } else { Err(self.cannot("scheduled")) }
    }

    /// Takes a staged lead back, for a pause, a stop or an edit. Others stay as they are.
    pub const fn unstage(self) -> Self {
        match self {
            Self::Scheduled => Self::Created,
            other => other,
        }
    }

    /// Moves to another phase of `processing`. Dialling is entered by [`Self::claim`] alone, and a deferred lead goes
    /// on through it too: no other way leads to a dial.
    ///
    /// # Errors
    /// The lead is not being processed, waits for the gateway, or would dial.
    pub fn enter(self, phase: Phase) -> Result<Self, InvalidTransition> {
        match (self, phase) {
            (Self::Processing(Phase::Deferred), _) | (_, Phase::Dialling) => Err(self.cannot("processing")),
            (Self::Processing(_), phase) => Ok(Self::Processing(phase)),
            _ => Err(self.cannot("processing")),
        }
    }

    /// Ends, reschedules or defers a lead that is being processed. One that waits is ended by a gate, a late result or
    /// the campaign's end, and a retry that waits may be put off again when its round turns out to be over.
    ///
    /// # Errors
    /// The lead has ended: only a hand reopens it. Or `next` is entered another way: staged, claimed, or deleted.
    pub fn settle(self, next: Self) -> Result<Self, InvalidTransition> {
        let allowed = match (self, next) {
            (_, Self::Scheduled | Self::Processing(Phase::Dialling) | Self::Completed(Completion::Deleted)) => false,
            (Self::Processing(_), _) | (Self::Rescheduled, Self::Rescheduled) => true,
            (Self::Created | Self::Scheduled | Self::Rescheduled, next) => next.is_ended(),
            (Self::Completed(_) | Self::MaxRetries(_) | Self::Suppressed(_), _) => false,
        };
        if allowed { Ok(next) } else { Err(self.cannot(next.status())) }
    }

    /// A hand says: call again; or a source: it is there again.
    ///
    /// # Errors
    /// While processing this takes effect when the attempt settles, so it is not a transition of its own. A deleted lead
    /// does not come back.
    pub fn reopen(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Processing(Phase::Dialling | Phase::Evaluating | Phase::Deciding)
            | Self::Completed(Completion::Deleted) => Err(self.cannot("created")),
            _ => Ok(Self::Created),
        }
    }

    /// Its owner deletes it.
    ///
    /// # Errors
    /// An attempt is open, or it is deleted already.
    pub const fn delete(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Processing(Phase::Dialling) | Self::Completed(Completion::Deleted) => Err(self.cannot("deleted")),
            _ => Ok(Self::Completed(Completion::Deleted)),
        }
    }

    const fn cannot(self, to: &'static str) -> InvalidTransition {
        InvalidTransition { from: self, to }
    }
}

/// A transition that the machine does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a lead that is {} cannot become {to}", from.status())]
pub struct InvalidTransition {
    /// Where it stood.
    pub from: LeadState,
    /// Where it was asked to go.
    pub to: &'static str,
}

/// How far a lead is in its era. Part of the hot row, so that a claim needs no history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Progress {
    /// From 1; a hand's "call again" begins the next one. Rounds and attempts count from zero in it.
    pub era: u32,
    /// The round that the next attempt belongs to, from 1.
    pub round: u32,
    /// Attempts used in this era.
    pub attempts: u32,
    /// The contact that the next attempt begins with, when something named one; `None` leaves it to the strategy.
    pub start: Option<u16>,
    /// Which contacts were tried in this round: bit n for position n.
    pub tried: u16,
    /// Provider faults in a row.
    pub faults: u32,
    /// Refusals "for this moment" in a row, for the deferral's doubling.
    pub deferrals: u32,
}

impl Progress {
    /// A new lead's.
    pub const FIRST: Self = Self { era: 1, round: 1, attempts: 0, start: None, tried: 0, faults: 0, deferrals: 0 };

    /// The next era.
    pub const fn next_era(self) -> Self {
        Self { era: self.era + 1, ..Self::FIRST }
    }

    /// The next round of the same era.
    pub const fn next_round(self, start: Option<u16>) -> Self {
        Self { round: self.round + 1, start, tried: 0, ..self }
    }

    /// Whether the contact was tried in this round.
    pub const fn has_tried(self, contact: u16) -> bool {
        self.tried & (1 << contact) != 0
    }

    /// With the contact marked as tried in this round.
    pub const fn trying(self, contact: u16) -> Self {
        Self { tried: self.tried | (1 << contact), ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_lists_every_state_once_and_names_are_unique() {
        let names: BTreeSet<_> = LeadState::ALL.iter().map(|state| (state.status(), state.reason())).collect();
        assert_eq!(names.len(), LeadState::ALL.len());
    }

    #[test]
    fn only_a_waiting_lead_is_claimed() {
        for state in LeadState::ALL {
            assert_eq!(state.claim().is_ok(), state.is_waiting(), "{state:?}");
            assert!(!(state.is_waiting() && state.is_ended()));
        }
    }

    #[test]
    fn an_ended_lead_is_reopened_by_hand_only() {
        for state in LeadState::ALL.into_iter().filter(|state| state.is_ended()) {
            assert!(state.settle(LeadState::Rescheduled).is_err());
            let deleted = state == LeadState::Completed(Completion::Deleted);
            assert_eq!(state.reopen().ok(), (!deleted).then_some(LeadState::Created));
        }
    }
}
