//! The states of a lead against a table written by hand.
//!
//! The table lists every way there is from one state to another and which verb takes it; whatever is not in it must be
//! refused. All pairs of states are tried, so a transition that somebody adds to the code without adding it here fails,
//! and the walk at the end says what the table is for: nothing dials but a claim, and nothing reopens but a hand.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use campanile_domain::lead::{Completion, LeadState, Phase};
use proptest::prelude::*;

const PHASES: [Phase; 6] = [
    Phase::Dialling,
    Phase::Evaluating,
    Phase::Deciding,
    Phase::Deferred,
    Phase::AwaitingEvaluation,
    Phase::PolicyFailed,
];

const DELETED: LeadState = LeadState::Completed(Completion::Deleted);

/// `status`, or `processing:phase`; of the reasons of an end only `deleted` matters to the machine.
fn word(state: LeadState) -> String {
    match state {
        DELETED => "deleted".to_owned(),
        LeadState::Processing(_) => format!("processing:{}", state.reason().unwrap()),
        _ => state.status().to_owned(),
    }
}

/// From, verb, to. A word before a colon stands for all of its phases.
const TABLE: &[(&str, &str, &[&str])] = &[
    ("created", "stage", &["scheduled"]),
    ("created", "unstage", &["created"]),
    ("scheduled", "unstage", &["created"]),
    ("rescheduled", "unstage", &["rescheduled"]),
    ("processing", "unstage", &["(itself)"]),
    ("completed", "unstage", &["(itself)"]),
    ("max_retries", "unstage", &["(itself)"]),
    ("suppressed", "unstage", &["(itself)"]),
    ("created", "claim", &["processing:dialling"]),
    ("scheduled", "claim", &["processing:dialling"]),
    ("rescheduled", "claim", &["processing:dialling"]),
    ("processing:deferred", "claim", &["processing:dialling"]),
    ("processing:dialling", "enter", IN_PROCESS),
    ("processing:evaluating", "enter", IN_PROCESS),
    ("processing:deciding", "enter", IN_PROCESS),
    ("processing:awaiting_evaluation", "enter", IN_PROCESS),
    ("processing:policy_failed", "enter", IN_PROCESS),
    ("processing", "settle", &["created", "rescheduled", "completed", "max_retries", "suppressed"]),
    ("processing", "settle", IN_PROCESS),
    ("created", "settle", &["completed", "max_retries", "suppressed"]),
    ("scheduled", "settle", &["completed", "max_retries", "suppressed"]),
    ("rescheduled", "settle", &["rescheduled", "completed", "max_retries", "suppressed"]),
    ("created", "reopen", &["created"]),
    ("scheduled", "reopen", &["created"]),
    ("rescheduled", "reopen", &["created"]),
    ("completed", "reopen", &["created"]),
    ("max_retries", "reopen", &["created"]),
    ("suppressed", "reopen", &["created"]),
    ("processing:deferred", "reopen", &["created"]),
    ("processing:awaiting_evaluation", "reopen", &["created"]),
    ("processing:policy_failed", "reopen", &["created"]),
    ("deleted", "unstage", &["(itself)"]),
    ("created", "delete", &["deleted"]),
    ("scheduled", "delete", &["deleted"]),
    ("rescheduled", "delete", &["deleted"]),
    ("completed", "delete", &["deleted"]),
    ("max_retries", "delete", &["deleted"]),
    ("suppressed", "delete", &["deleted"]),
    ("processing:evaluating", "delete", &["deleted"]),
    ("processing:deciding", "delete", &["deleted"]),
    ("processing:deferred", "delete", &["deleted"]),
    ("processing:awaiting_evaluation", "delete", &["deleted"]),
    ("processing:policy_failed", "delete", &["deleted"]),
];

/// Every phase but the one that holds a slot.
const IN_PROCESS: &[&str] = &[
    "processing:evaluating",
    "processing:deciding",
    "processing:deferred",
    "processing:awaiting_evaluation",
    "processing:policy_failed",
];

fn in_table(from: LeadState, verb: &str, to: LeadState) -> bool {
    TABLE.iter().any(|(left, by, right)| {
        let leaves = *left == word(from) || (*left == from.status() && from != DELETED);
        *by == verb && leaves && (right.contains(&word(to).as_str()) || (right.contains(&"(itself)") && from == to))
    })
}

#[derive(Clone, Copy, Debug)]
enum Verb {
    Stage,
    Unstage,
    Claim,
    Delete,
    Reopen,
    Enter(Phase),
    Settle(LeadState),
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Unstage => "unstage",
            Self::Claim => "claim",
            Self::Delete => "delete",
            Self::Reopen => "reopen",
            Self::Enter(_) => "enter",
            Self::Settle(_) => "settle",
        }
    }

    fn apply(self, state: LeadState) -> Option<LeadState> {
        match self {
            Self::Stage => state.stage().ok(),
            Self::Unstage => Some(state.unstage()),
            Self::Claim => state.claim().ok(),
            Self::Delete => state.delete().ok(),
            Self::Reopen => state.reopen().ok(),
            Self::Enter(phase) => state.enter(phase).ok(),
            Self::Settle(next) => state.settle(next).ok(),
        }
    }
}

fn verbs() -> Vec<Verb> {
    let plain = [Verb::Stage, Verb::Unstage, Verb::Claim, Verb::Delete, Verb::Reopen];
    let settles = LeadState::ALL.into_iter().map(Verb::Settle);
    plain.into_iter().chain(PHASES.into_iter().map(Verb::Enter)).chain(settles).collect()
}

#[test]
fn every_transition_is_in_the_table_and_every_row_is_a_transition() {
    for from in LeadState::ALL {
        for verb in verbs() {
            let wanted = match verb {
                Verb::Enter(phase) => vec![LeadState::Processing(phase)],
                Verb::Settle(next) => vec![next],
                _ => LeadState::ALL.to_vec(),
            };
            let allowed: Vec<_> = wanted.into_iter().filter(|to| in_table(from, verb.name(), *to)).collect();
            assert_eq!(verb.apply(from).into_iter().collect::<Vec<_>>(), allowed, "{from:?} {verb:?}");
        }
    }
}

#[test]
fn a_refused_transition_names_both_ends() {
    let error = LeadState::Rescheduled.stage().unwrap_err();
    assert_eq!(error.to_string(), "a lead that is rescheduled cannot become scheduled");
}

proptest! {
    #[test]
    fn whatever_is_tried_only_a_claim_dials_and_only_a_hand_reopens(
        tried in proptest::collection::vec(proptest::sample::select(verbs()), 1..60),
    ) {
        let mut state = LeadState::Created;
        for verb in tried {
            let Some(next) = verb.apply(state) else { continue };
            let dialling = LeadState::Processing(Phase::Dialling);
            prop_assert!(next != dialling || state == dialling || matches!(verb, Verb::Claim));
            prop_assert!(!state.is_ended() || next == state || matches!(verb, Verb::Reopen | Verb::Delete));
            prop_assert!(state != DELETED || next == DELETED);
            prop_assert!(state != dialling || next == dialling || matches!(verb, Verb::Enter(_) | Verb::Settle(_)));
            state = next;
        }
    }
}
