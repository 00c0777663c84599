//! What the roles of post-call variables do, before any policy and whatever it answers; and results that come late.

use campanile_domain::attempt::Outcome;
use campanile_domain::contact::Unusable;
use campanile_domain::lead::{Completion, Exhaustion, LeadState, Phase, SuppressedBy, Wait};
use campanile_domain::policy::{Decision, Retry};
use campanile_domain::settle::{Assessment, Clamp, Hand, late};
use campanile_domain::variable::{Effects, Value};

use crate::call::{Call, at, contacts, hours, next};

const OPT_OUT: Effects = Effects { opt_out: true, callback_at: None, wrong_person: false };

fn callback(at: campanile_domain::time::Timestamp) -> Effects {
    Effects { callback_at: Some(at), ..Effects::default() }
}

#[test]
fn an_opt_out_suppresses_the_phone_before_anybody_is_asked() {
    for outcome in [Outcome::Answered, Outcome::Voicemail, Outcome::Unknown] {
        let call = Call::ended(outcome).with(|call| (call.roles, call.hand) = (OPT_OUT, Some(Hand::CallAgain)));
        let Assessment::Settled(end) = call.assess() else { panic!("a policy is asked about an opt-out") };
        assert_eq!(end.state, LeadState::Suppressed(SuppressedBy::OptOut));
        assert_eq!(end.suppress, [call.contacts[0].phone]);
    }
}

#[test]
fn a_wrong_person_makes_the_contact_dead_and_the_next_one_follows() {
    let roles = Effects { wrong_person: true, ..Effects::default() };
    let call = Call::ended(Outcome::Answered).with(|call| call.roles = roles);
    for call in [call.clone(), call.clone().rotate()] {
        let disposal = call.settle();
        assert_eq!(disposal.unusable, Some((0, Unusable::WrongPerson)));
        assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (1, Some(1))));
    }
    let alone = call.clone().with(|call| call.contacts = contacts(1));
    assert_eq!(alone.settle().state, LeadState::MaxRetries(Exhaustion::NoContactLeft));
    let last = call.last_of_round();
    assert_eq!(next(&last.settle()), (2, None), "a wrong person does not begin the next round");
}

#[test]
fn a_wrong_persons_goal_and_callback_are_not_the_leads() {
    let call = Call::ended(Outcome::Answered).until_goal(Value::Boolean(true)).with(|call| {
        call.roles = Effects { wrong_person: true, ..callback(at("15:00")) };
    });
    let disposal = call.settle();
    assert_eq!((next(&disposal), disposal.not_before), ((1, Some(1)), at("10:00")));
}

#[test]
fn a_callback_becomes_the_due_time_with_the_contact_that_answered() {
    let call = Call::ended(Outcome::Answered).last_of_round().with(|call| call.roles = callback(at("15:00")));
    let disposal = call.settle();
    assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (2, Some(1))));
    assert_eq!((disposal.not_before, disposal.wait), (at("15:00"), Wait::Callback));
    assert!(disposal.clamps.is_empty());
}

#[test]
fn a_callback_outside_the_hours_is_expected_at_the_opening() {
    let call = Call::ended(Outcome::Answered).with(|call| call.roles = callback(at("20:00")));
    let disposal = call.settle();
    assert_eq!((disposal.not_before, disposal.expected), (at("20:00"), Some(at("09:00") + hours(24))));
    assert_eq!(disposal.clamps, [Clamp::CallingHours]);
}

#[test]
fn a_callback_in_three_minutes_is_held_to_ten() {
    let call = Call::ended(Outcome::Answered).with(|call| call.roles = callback(at("10:03")));
    let disposal = call.settle();
    assert_eq!(disposal.not_before, at("10:10"));
    assert_eq!(disposal.clamps, [Clamp::MinimumInterval]);
}

#[test]
fn a_callback_in_the_past_asks_for_nothing() {
    let call = Call::ended(Outcome::Answered).with(|call| call.roles = callback(at("09:59")));
    assert_eq!(call.settle().state, LeadState::Completed(Completion::Contacted));
}

#[test]
fn a_policy_cannot_call_before_the_callback() {
    let call = Call::ended(Outcome::Answered).policy().with(|call| call.roles = callback(at("15:00")));
    let decisions =
        [Decision::Retry(Retry::at(at("12:00"), "soon")), Decision::NextContact { reason: "somebody else".into() }];
    for decision in decisions {
        let disposal = call.decided(&decision);
        assert_eq!((disposal.not_before, disposal.wait), (at("15:00"), Wait::Callback), "{decision:?}");
        assert_eq!(disposal.clamps, [Clamp::Callback]);
    }
    let later = call.decided(&Decision::Retry(Retry::at(at("16:00"), "later")));
    assert_eq!((later.not_before, later.wait), (at("16:00"), Wait::Retry));
}

#[test]
fn a_late_goal_completes_a_lead_that_waits_for_a_retry() {
    let reached = Value::Boolean(true);
    for state in
        [LeadState::Rescheduled, LeadState::Processing(Phase::Deferred), LeadState::Processing(Phase::PolicyFailed)]
    {
        let end = late(state, Effects::default(), Some(&reached));
        assert_eq!(end, Some(LeadState::Completed(Completion::GoalReached)), "{state:?}");
        assert!(state.settle(end.unwrap()).is_ok());
        assert_eq!(late(state, Effects::default(), Some(&Value::Boolean(false))), None);
    }
}

#[test]
fn a_late_goal_does_not_undo_call_again() {
    let reached = Value::Boolean(true);
    for state in [LeadState::Created, LeadState::Scheduled] {
        assert_eq!(late(state, Effects::default(), Some(&reached)), None);
        assert_eq!(late(state, OPT_OUT, None), Some(LeadState::Suppressed(SuppressedBy::OptOut)));
    }
}

#[test]
fn a_late_result_annotates_what_is_being_dialled_or_over() {
    let reached = Value::Boolean(true);
    let others = LeadState::ALL.into_iter().filter(|state| {
        state.is_ended()
            || matches!(state, LeadState::Processing(phase) if !matches!(phase, Phase::Deferred | Phase::PolicyFailed))
    });
    for state in others {
        assert_eq!(late(state, OPT_OUT, Some(&reached)), None, "{state:?}");
    }
}

#[test]
fn a_late_opt_out_outranks_a_late_goal() {
    let reached = Value::Boolean(true);
    let end = late(LeadState::Rescheduled, OPT_OUT, Some(&reached));
    assert_eq!(end, Some(LeadState::Suppressed(SuppressedBy::OptOut)));
}
