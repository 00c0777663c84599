//! Failed by class, refused by scope, withdrawn, and surely not dialled.

use campanile_domain::attempt::{Failure, Outcome};
use campanile_domain::contact::Unusable;
use campanile_domain::lead::{Exhaustion, LeadState, Phase, SuppressedBy, Wait};
use campanile_domain::settle::{self, MAX_PROVIDER_FAULTS, deferral_ms};

use crate::call::{Call, at, contacts, minutes, next};

#[test]
fn an_invalid_number_is_dead_and_the_next_contact_follows() {
    for call in [Call::failed(Failure::NumberInvalid), Call::failed(Failure::NumberInvalid).rotate()] {
        let disposal = call.settle();
        assert_eq!(disposal.unusable, Some((0, Unusable::NumberInvalid)));
        assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (1, Some(1))));
        assert_eq!(disposal.not_before, at("10:00"));
    }
}

#[test]
fn under_rotate_whoever_moves_up_takes_a_dead_contacts_turn() {
    let call = Call::failed(Failure::NumberInvalid).rotate().round(2).with(|call| {
        call.contacts = contacts(3);
        call.contact = 1;
    });
    assert_eq!(next(&call.settle()), (2, Some(2)));
}

#[test]
fn an_invalid_only_number_leaves_no_contact() {
    let call = Call::failed(Failure::NumberInvalid).with(|call| call.contacts = contacts(1));
    assert_eq!(call.settle().state, LeadState::MaxRetries(Exhaustion::NoContactLeft));
}

#[test]
fn a_number_refused_before_any_call_makes_the_lead_unreachable() {
    let call = Call::failed(Failure::NumberInvalid).with(|call| call.contacts = contacts(1));
    let mut facts = call.facts();
    facts.progress.attempts = 0;
    let disposal = settle::dispose(&facts, &campanile_domain::builtin::decide(&facts), false);
    assert_eq!(disposal.state, LeadState::MaxRetries(Exhaustion::Unreachable));
}

#[test]
fn the_last_rounds_end_tells_a_dead_number_from_used_attempts() {
    let dead = Call::failed(Failure::NumberInvalid).round(4).with(|call| call.contacts = contacts(1));
    let mut facts = dead.facts();
    facts.progress.attempts = 0;
    let disposal = settle::dispose(&facts, &campanile_domain::builtin::decide(&facts), false);
    assert_eq!(disposal.state, LeadState::MaxRetries(Exhaustion::Unreachable), "nothing was ever dialled");
    assert_eq!(dead.settle().state, LeadState::MaxRetries(Exhaustion::NoContactLeft));
    let alive = Call::ended(Outcome::Busy).round(4).with(|call| call.contacts = contacts(1));
    assert_eq!(alive.settle().state, LeadState::MaxRetries(Exhaustion::AttemptsUsed));
}

#[test]
fn contacts_that_are_dead_or_on_the_list_tell_different_ends() {
    let call = Call::failed(Failure::NumberInvalid).with(|call| call.suppressed = 0b10);
    assert_eq!(call.settle().state, LeadState::Suppressed(SuppressedBy::List));
    let dead_and_listed = call.with(|call| call.suppressed = 0b01).with(|call| {
        call.contacts[1].unusable = Some(Unusable::ByHand);
    });
    assert_eq!(dead_and_listed.settle().state, LeadState::MaxRetries(Exhaustion::NoContactLeft));
}

#[test]
fn a_callee_that_rejects_and_other_failures_are_as_busy() {
    for failure in [Failure::CalleeRejected, Failure::Other] {
        let call = Call::failed(failure);
        assert_eq!(next(&call.settle()), (1, Some(1)), "{failure:?}");
        assert_eq!(call.settle().unusable, None);
        assert_eq!(next(&call.clone().rotate().settle()), (2, None));
        assert_eq!(next(&call.clone().last_of_round().settle()), (2, None));
        let last = call.last_of_round().round(4);
        assert_eq!(last.settle().state, LeadState::MaxRetries(Exhaustion::AttemptsUsed));
    }
}

#[test]
fn a_blocked_caller_id_is_replaced_at_once_and_uses_no_attempt() {
    for call in [Call::failed(Failure::CallerIdBlocked), Call::failed(Failure::CallerIdBlocked).rotate()] {
        let disposal = call.settle();
        assert_eq!(disposal.state, LeadState::Processing(Phase::Deferred));
        assert_eq!((next(&disposal), disposal.progress.attempts), ((1, Some(0)), 0));
        assert_eq!(disposal.not_before, at("10:00"));
    }
}

#[test]
fn without_another_caller_id_the_call_counts() {
    let call = Call::failed(Failure::CallerIdBlocked).with(|call| call.caller_id_left = false);
    let disposal = call.settle();
    assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (1, Some(1))));
    assert_eq!(disposal.progress.attempts, 1);
}

#[test]
fn five_provider_faults_in_a_row_use_no_round_and_the_next_counts() {
    let mut call = Call::failed(Failure::ProviderFault).last_of_round();
    for fault in 1..=MAX_PROVIDER_FAULTS {
        let disposal = call.settle();
        assert_eq!(disposal.state, LeadState::Processing(Phase::Deferred), "fault {fault}");
        assert_eq!((next(&disposal), disposal.progress.attempts), ((1, Some(1)), 1), "no round, no attempt");
        assert_eq!(disposal.not_before, call.now + deferral_ms(fault - 1));
        call.progress = disposal.progress;
    }
    let disposal = call.settle();
    assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (2, None)));
    assert_eq!(disposal.progress.attempts, 2);
    call.progress = disposal.progress;
    let again = call.settle();
    assert_eq!(again.progress.attempts, 3, "the row goes on until a call is no fault");
}

#[test]
fn any_other_call_ends_the_row_of_provider_faults() {
    let call = Call::ended(Outcome::Busy).with(|call| call.progress.faults = 4);
    assert_eq!(call.settle().progress.faults, 0);
}

#[test]
fn refused_for_this_moment_waits_30_seconds_doubling_to_ten_minutes() {
    let mut call = Call::ended(Outcome::Failed);
    let mut waits = Vec::new();
    for refusal in 1..=7 {
        call.progress.deferrals = refusal;
        let mut facts = call.facts();
        facts.progress = call.progress;
        let disposal = settle::deferred(&facts, None);
        assert_eq!(disposal.state, LeadState::Processing(Phase::Deferred));
        assert_eq!((disposal.progress.start, disposal.wait), (Some(0), Wait::Deferral));
        assert_eq!(disposal.progress, campanile_domain::lead::Progress { start: Some(0), ..call.progress });
        waits.push(disposal.not_before.since(call.now) / 1_000);
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 600, 600]);
}

#[test]
fn a_gateway_that_asks_for_more_time_gets_it() {
    let call = Call::ended(Outcome::Failed).with(|call| call.progress.deferrals = 1);
    let mut facts = call.facts();
    facts.progress = call.progress;
    assert_eq!(settle::deferred(&facts, Some(minutes(20))).not_before, call.now + minutes(20));
    assert_eq!(settle::deferred(&facts, Some(1)).not_before, call.now + 30_000);
}

#[test]
fn withdrawn_puts_a_lead_back_where_it_stood() {
    let mut call = Call::ended(Outcome::Failed).with(|call| call.progress.deferrals = 2);
    let mut facts = call.facts();
    facts.progress = call.progress;
    let disposal = settle::withdrawn(&facts);
    assert_eq!((disposal.state, disposal.not_before), (LeadState::Created, call.now));
    assert_eq!((disposal.progress.attempts, disposal.progress.deferrals), (0, 2));
    call = call.last_of_round().with(|call| call.progress.faults = 3);
    facts = call.facts();
    facts.progress = call.progress;
    let disposal = settle::withdrawn(&facts);
    assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (1, Some(1))));
    assert_eq!((disposal.progress.tried, disposal.progress.faults), (0b01, 3), "no call, so no row is broken");
}

#[test]
fn surely_not_dialled_uses_no_round_and_waits_for_the_interval() {
    let call = Call::ended(Outcome::Unknown).last_of_round();
    let mut facts = call.facts();
    facts.progress = call.progress;
    let disposal = settle::not_dialled(&facts);
    assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (1, Some(1))));
    assert_eq!((disposal.not_before, disposal.wait), (at("11:00"), Wait::Retry));
    assert_eq!((disposal.progress.attempts, disposal.progress.tried), (1, 0b01));
}
