//! The states of an attempt against a table written by hand, and against every order in which events can arrive.
//!
//! The machine keeps the promise that nobody is dialled twice for one attempt, so it may move on evidence only and never
//! out of an end. The table below is the drawing in `docs/states.md`; what it does not list must be refused or ignored.

use campanile_domain::attempt::{
    AnsweredBy, Applied, AttemptState, CallStatus, Dialled, LookUp, Outcome, RECONCILE_AFTER_MS, Reconciled,
};
use campanile_domain::time::Timestamp;
use proptest::prelude::*;

use AttemptState::{Ended, InProgress, Intent, NotDialled, Placed, Refused, Ringing, Unknown, Withdrawn};

const STATES: [AttemptState; 15] = [
    Intent,
    Placed,
    Ringing,
    InProgress,
    Unknown,
    Withdrawn,
    Refused,
    NotDialled,
    Ended(Outcome::Answered),
    Ended(Outcome::Voicemail),
    Ended(Outcome::Busy),
    Ended(Outcome::Unanswered),
    Ended(Outcome::Failed),
    Ended(Outcome::Unknown),
    Ended(Outcome::Cancelled),
];

const STATUSES: [CallStatus; 8] = [
    CallStatus::Initiated,
    CallStatus::Ringing,
    CallStatus::InProgress,
    CallStatus::Completed,
    CallStatus::Busy,
    CallStatus::Unanswered,
    CallStatus::Failed,
    CallStatus::Cancelled,
];

/// What each word of the provider makes of an attempt that it may still move.
fn told(status: CallStatus, answered_by: AnsweredBy) -> AttemptState {
    match (status, answered_by) {
        (CallStatus::Initiated, _) => Placed,
        (CallStatus::Ringing, _) => Ringing,
        (CallStatus::InProgress, _) => InProgress,
        (CallStatus::Completed, AnsweredBy::Machine) => Ended(Outcome::Voicemail),
        (CallStatus::Completed, _) => Ended(Outcome::Answered),
        (CallStatus::Busy, _) => Ended(Outcome::Busy),
        (CallStatus::Unanswered, _) => Ended(Outcome::Unanswered),
        (CallStatus::Failed, _) => Ended(Outcome::Failed),
        (CallStatus::Cancelled, _) => Ended(Outcome::Cancelled),
    }
}

/// The open states that a word may move, from the drawing: forward only, and out of `unknown` whatever it is.
fn moves(status: CallStatus) -> &'static [AttemptState] {
    match status {
        CallStatus::Initiated => &[Intent, Unknown],
        CallStatus::Ringing => &[Intent, Unknown, Placed],
        CallStatus::InProgress => &[Intent, Unknown, Placed, Ringing],
        _ => &[Intent, Unknown, Placed, Ringing, InProgress],
    }
}

#[test]
fn open_is_intent_placed_ringing_in_progress_and_unknown() {
    let open: Vec<_> = STATES.into_iter().filter(|state| state.is_open()).collect();
    assert_eq!(open, [Intent, Placed, Ringing, InProgress, Unknown]);
}

#[test]
fn events_move_forward_only_and_never_out_of_an_end() {
    for state in STATES {
        for status in STATUSES {
            for answered_by in [AnsweredBy::Human, AnsweredBy::Machine, AnsweredBy::Unknown] {
                let expected = if !state.is_open() {
                    Applied::Late
                } else if moves(status).contains(&state) {
                    Applied::Moved(told(status, answered_by))
                } else {
                    Applied::Ignored
                };
                assert_eq!(state.apply(status, answered_by), expected, "{state:?} {status:?} {answered_by:?}");
            }
        }
    }
}

#[test]
fn dialling_leaves_intent_only_losing_what_may_ring_and_reconciling_unknown_only() {
    let dialled = [
        (Dialled::Withdrawn, Withdrawn),
        (Dialled::Refused, Refused),
        (Dialled::Placed, Placed),
        (Dialled::Unknown, Unknown),
    ];
    for state in STATES {
        for (answer, next) in dialled {
            assert_eq!(state.dial(answer).ok(), (state == Intent).then_some(next), "{state:?} {answer:?}");
        }
        let may_be_lost = [Intent, Placed, Ringing, InProgress].contains(&state);
        assert_eq!(state.lose().ok(), may_be_lost.then_some(Unknown), "{state:?}");
        let closed = [(Reconciled::NotDialled, NotDialled), (Reconciled::GivenUp, Ended(Outcome::Unknown))];
        for (finding, next) in closed {
            assert_eq!(state.reconcile(finding).ok(), (state == Unknown).then_some(next), "{state:?} {finding:?}");
        }
    }
}

#[test]
fn the_public_words_are_the_descriptions_seven() {
    let words: std::collections::BTreeSet<_> = STATES.into_iter().map(AttemptState::public_status).collect();
    let seven = ["initiated", "ringing", "in_progress", "completed", "busy", "unanswered", "failed"];
    assert_eq!(words, seven.into_iter().collect());
}

#[test]
fn states_that_share_a_public_word_differ_by_their_reason() {
    let told: std::collections::BTreeSet<_> =
        STATES.into_iter().map(|state| (state.public_status(), state.reason())).collect();
    // One pair is alike on purpose: to its owner a call that was taken and one that is being asked for are initiated.
    assert_eq!(told.len(), STATES.len() - 1);
}

fn life() -> impl Strategy<Value = Vec<CallStatus>> {
    let end = proptest::sample::select(STATUSES[3..].to_vec());
    (1usize..=3, end).prop_map(|(steps, end)| {
        let mut told = STATUSES[..steps].to_vec();
        told.push(end);
        told
    })
}

proptest! {
    #[test]
    fn the_order_and_the_number_of_events_do_not_matter(
        (told_once, order) in life().prop_flat_map(|told| {
            let twice: Vec<_> = told.iter().chain(&told).copied().collect();
            (Just(told), Just(twice).prop_shuffle())
        }),
        from in proptest::sample::select(vec![Intent, Placed, Unknown]),
    ) {
        let mut state = from;
        let mut ends = 0;
        for status in order {
            if let Applied::Moved(next) = state.apply(status, AnsweredBy::Human) {
                prop_assert!(state.is_open());
                ends += u32::from(!next.is_open());
                state = next;
            }
        }
        prop_assert_eq!(ends, 1, "an attempt ends once");
        prop_assert_eq!(state, told(told_once[told_once.len() - 1], AnsweredBy::Human));
    }

    #[test]
    fn not_dialled_needs_a_gateway_that_finds_its_lag_and_a_call_nobody_spoke_of(
        (surely_not_dialled, finds_by_attempt, was_dialled) in any::<(bool, bool, bool)>(),
        find_lag_ms in 0i64..4_000_000,
        waited in 0i64..4_000_000,
        made in 1u32..8,
    ) {
        let since = Timestamp(1_000);
        let look =
            LookUp { surely_not_dialled, finds_by_attempt, find_lag_ms, was_dialled, since, made, now: since + waited };
        let last = made >= RECONCILE_AFTER_MS.len() as u32;
        let expected = match look.closes() {
            Some(Reconciled::NotDialled) => surely_not_dialled && finds_by_attempt && !was_dialled && waited >= find_lag_ms,
            Some(Reconciled::GivenUp) => last,
            None => !last,
        };
        prop_assert!(expected, "{look:?} closes as {:?}", look.closes());
        let sure = LookUp { surely_not_dialled: true, finds_by_attempt: true, was_dialled: false, find_lag_ms: waited, ..look };
        prop_assert_eq!(sure.closes(), Some(Reconciled::NotDialled));
    }
}
