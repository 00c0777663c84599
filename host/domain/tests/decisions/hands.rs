//! What a hand asked for while the lead was being processed: it takes effect when the attempt settles, before any policy.

use campanile_domain::attempt::{Failure, Outcome};
use campanile_domain::contact::Unusable;
use campanile_domain::lead::{Completion, LeadState, Progress, Wait};
use campanile_domain::settle::{self, Assessment, Disposal, Evaluation, Hand};
use campanile_domain::variable::Value;

use crate::call::{Call, at};

fn settled(call: &Call) -> Disposal {
    match call.assess() {
        Assessment::Settled(disposal) => disposal,
        other => panic!("a hand's word was not the last: {other:?}"),
    }
}

const OUTCOMES: [Outcome; 7] = [
    Outcome::Answered,
    Outcome::Voicemail,
    Outcome::Busy,
    Outcome::Unanswered,
    Outcome::Failed,
    Outcome::Unknown,
    Outcome::Cancelled,
];

#[test]
fn stop_completes_by_hand_however_the_call_ended() {
    for outcome in OUTCOMES {
        let call = Call::ended(outcome).with(|call| call.hand = Some(Hand::Stop));
        assert_eq!(settled(&call).state, LeadState::Completed(Completion::ByHand), "{outcome:?}");
    }
}

#[test]
fn call_again_begins_a_new_era_however_the_call_ended() {
    for outcome in OUTCOMES {
        let call = Call::ended(outcome).last_of_round().round(3).with(|call| call.hand = Some(Hand::CallAgain));
        let disposal = settled(&call);
        assert_eq!(disposal.state, LeadState::Created, "{outcome:?}");
        assert_eq!(disposal.progress, Progress { era: 2, ..Progress::FIRST });
    }
}

#[test]
fn call_again_is_due_at_once_unless_the_last_call_may_have_rung_unseen() {
    let again = |outcome| settled(&Call::ended(outcome).with(|call| call.hand = Some(Hand::CallAgain)));
    assert_eq!((again(Outcome::Busy).not_before, again(Outcome::Busy).wait), (at("10:00"), Wait::None));
    let unknown = again(Outcome::Unknown);
    assert_eq!((unknown.not_before, unknown.wait), (at("11:00"), Wait::Retry));
}

#[test]
fn a_hand_does_not_wait_for_an_evaluation_or_ask_a_policy() {
    let call = Call::ended(Outcome::Answered).until_goal(Value::Undetermined).policy();
    let call = call.with(|call| (call.evaluation, call.hand) = (Evaluation::Pending, Some(Hand::Stop)));
    assert_eq!(settled(&call).state, LeadState::Completed(Completion::ByHand));
}

#[test]
fn a_dead_number_is_noted_whatever_the_hand_said() {
    let call = Call::failed(Failure::NumberInvalid).with(|call| call.hand = Some(Hand::CallAgain));
    assert_eq!(settled(&call).unusable, Some((0, Unusable::NumberInvalid)));
}

#[test]
fn a_hand_also_outranks_attempts_that_were_not_dialled() {
    for (hand, state) in [(Hand::Stop, LeadState::Completed(Completion::ByHand)), (Hand::CallAgain, LeadState::Created)]
    {
        let call = Call::ended(Outcome::Failed).with(|call| call.hand = Some(hand));
        let facts = call.facts();
        assert_eq!(settle::withdrawn(&facts).state, state);
        assert_eq!(settle::deferred(&facts, None).state, state);
        assert_eq!(settle::not_dialled(&facts).state, state);
    }
}
