//! A policy's decisions, and every rule of the engine that may change them. Each clamp has its test; the last test
//! says that none is without one.

use campanile_domain::attempt::Outcome;
use campanile_domain::contact::Unusable;
use campanile_domain::hours::CallingHours;
use campanile_domain::lead::{Completion, Exhaustion, LeadState, SuppressedBy, Wait};
use campanile_domain::policy::{Decision, Retry, Whom};
use campanile_domain::settle::Clamp;
use campanile_domain::time::Timestamp;
use campanile_domain::variable::{Value, Variables};

use crate::call::{Call, at, contacts, day, next};

fn call() -> Call {
    Call::ended(Outcome::Unanswered).policy()
}

fn retry(not_before: Timestamp) -> Decision {
    Decision::Retry(Retry::at(not_before, "later"))
}

fn next_contact() -> Decision {
    Decision::NextContact { reason: "the office".into() }
}

#[test]
fn complete_is_by_policy_unless_the_goal_was_reached() {
    let complete = Decision::Complete { reason: "voicemail".into() };
    assert_eq!(call().decided(&complete).state, LeadState::Completed(Completion::ByPolicy));
    let reached = Call::ended(Outcome::Answered).until_goal(Value::Boolean(true)).policy();
    assert_eq!(reached.decided(&complete).state, LeadState::Completed(Completion::GoalReached));
}

#[test]
fn give_up_is_the_policys() {
    let end = call().decided(&Decision::GiveUp { reason: "hopeless".into() });
    assert_eq!(end.state, LeadState::MaxRetries(Exhaustion::GaveUpByPolicy));
}

#[test]
fn suppress_covers_the_number_or_the_person() {
    let phones: Vec<_> = contacts(2).iter().map(|contact| contact.phone).collect();
    for (whom, expected) in [(Whom::Number, &phones[..1]), (Whom::Person, &phones[..])] {
        let end = call().decided(&Decision::Suppress { whom, reason: "asked".into() });
        assert_eq!(end.state, LeadState::Suppressed(SuppressedBy::Policy));
        assert_eq!(end.suppress, expected);
    }
}

#[test]
fn a_retry_inside_every_rule_is_taken_as_it_is() {
    let mut variables = Variables::new();
    variables.set("tone", "brief");
    let wish = Retry {
        contact: Some(1),
        priority: Some(7),
        variables: variables.clone(),
        not_after: Some(at("17:00")),
        ..Retry::at(at("14:30"), "later")
    };
    let disposal = call().decided(&Decision::Retry(wish));
    assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (2, Some(1))));
    assert_eq!((disposal.not_before, disposal.expected), (at("14:30"), Some(at("14:30"))));
    assert_eq!((disposal.priority, disposal.variables), (Some(7), variables));
    assert_eq!((disposal.asked_for, disposal.wait), (Some(at("14:30")), Wait::Retry));
    assert!(disposal.clamps.is_empty());
}

#[test]
fn max_retries_and_the_interval_do_not_bind_a_policy() {
    let disposal = call().round(9).decided(&retry(at("10:10")));
    assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (10, None)));
    assert_eq!(disposal.not_before, at("10:10"));
    assert!(disposal.clamps.is_empty());
}

#[test]
fn clamp_calling_hours() {
    let disposal = call().decided(&retry(at("19:00")));
    assert_eq!((disposal.not_before, disposal.expected), (at("19:00"), Some(day("03", "09:00"))));
    assert_eq!(disposal.clamps, [Clamp::CallingHours]);
    let never = call().with(|call| call.config.calling_hours = CallingHours::empty()).decided(&retry(at("12:00")));
    assert_eq!((never.state, never.expected), (LeadState::Rescheduled, None));
    assert_eq!(never.clamps, [Clamp::CallingHours]);
}

#[test]
fn clamp_minimum_interval() {
    for wish in [Timestamp(0), at("10:00"), at("10:09")] {
        let disposal = call().decided(&retry(wish));
        assert_eq!((disposal.not_before, disposal.asked_for), (at("10:10"), Some(wish)));
        assert_eq!(disposal.clamps, [Clamp::MinimumInterval]);
    }
}

#[test]
fn after_an_unknown_call_the_retry_interval_binds_a_policy_too() {
    let call = Call::ended(Outcome::Unknown).policy();
    let disposal = call.decided(&retry(at("10:15")));
    assert_eq!((disposal.not_before, disposal.clamps), (at("11:00"), vec![Clamp::MinimumInterval]));
    let meanwhile = call.decided(&next_contact());
    assert_eq!((meanwhile.state, next(&meanwhile)), (LeadState::Rescheduled, (2, None)));
    assert_eq!((meanwhile.not_before, meanwhile.clamps), (at("11:00"), vec![Clamp::RoundOver]));
}

#[test]
fn clamp_callback() {
    let asked = call().with(|call| call.roles.callback_at = Some(at("16:00")));
    assert_eq!(asked.decided(&retry(at("12:00"))).clamps, [Clamp::Callback]);
}

#[test]
fn clamp_attempts_used() {
    let cap = call().with(|call| call.config.max_attempts_per_lead = Some(1));
    for decision in [retry(at("12:00")), next_contact()] {
        let end = cap.decided(&decision);
        assert_eq!(end.state, LeadState::MaxRetries(Exhaustion::AttemptsUsed), "{decision:?}");
        assert_eq!(end.clamps, [Clamp::AttemptsUsed]);
    }
    let default = call().with(|call| call.progress.attempts = 23);
    assert_eq!(default.decided(&retry(at("12:00"))).state, LeadState::Rescheduled);
    let default = call().with(|call| call.progress.attempts = 24);
    assert_eq!(default.decided(&retry(at("12:00"))).clamps, [Clamp::AttemptsUsed]);
}

#[test]
fn clamp_no_such_contact() {
    let with = |contact| Decision::Retry(Retry { contact: Some(contact), ..Retry::at(at("12:00"), "later") });
    let dead = call().with(|call| call.contacts[1].unusable = Some(Unusable::ByHand));
    let listed = call().with(|call| call.suppressed = 0b10);
    for (call, contact) in [(call(), 2), (call(), 400), (dead, 1), (listed, 1)] {
        let disposal = call.decided(&with(contact));
        assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (2, None)), "contact {contact}");
        assert_eq!(disposal.clamps, [Clamp::NoSuchContact]);
    }
}

#[test]
fn next_contact_stays_in_the_round_whatever_the_strategy() {
    for call in [call(), call().rotate()] {
        let disposal = call.with(|call| call.contacts = contacts(3)).decided(&next_contact());
        assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (1, Some(1))));
        assert_eq!((disposal.not_before, disposal.progress.tried), (at("10:00"), 0b001));
    }
}

#[test]
fn clamp_round_over() {
    let last = call().last_of_round();
    let disposal = last.decided(&next_contact());
    assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (2, None)));
    assert_eq!((disposal.not_before, disposal.clamps), (at("11:00"), vec![Clamp::RoundOver]));
    let end = last.clone().round(4).decided(&next_contact());
    assert_eq!(end.state, LeadState::MaxRetries(Exhaustion::AttemptsUsed));
    assert_eq!(end.clamps, [Clamp::RoundOver]);
    let voicemail = last.clone().with(|call| call.outcome = Outcome::Voicemail).decided(&next_contact());
    assert_eq!(voicemail.state, LeadState::Completed(Completion::Voicemail));
    let answered = last.with(|call| call.outcome = Outcome::Answered).decided(&next_contact());
    assert_eq!(next(&answered), (2, Some(1)), "an answered round is followed by whoever answered");
}

#[test]
fn clamp_not_after() {
    let wish = |not_after| Decision::Retry(Retry { not_after: Some(not_after), ..Retry::at(at("19:00"), "tonight") });
    let end = call().decided(&wish(at("20:00")));
    assert_eq!(end.state, LeadState::MaxRetries(Exhaustion::GaveUpByPolicy));
    assert_eq!(end.clamps, [Clamp::CallingHours, Clamp::NotAfter]);
    assert_eq!(call().decided(&wish(day("03", "09:00"))).state, LeadState::Rescheduled);
}

#[test]
fn clamp_expired() {
    for (expiry, state) in
        [(day("03", "09:00"), LeadState::MaxRetries(Exhaustion::Expired)), (day("03", "09:01"), LeadState::Rescheduled)]
    {
        let disposal = call().with(|call| call.expires_at = Some(expiry)).decided(&retry(at("19:00")));
        assert_eq!((disposal.state, disposal.clamps.contains(&Clamp::Expired)), (state, state.is_ended()));
    }
    let in_round = call().with(|call| call.expires_at = Some(at("10:00"))).decided(&next_contact());
    assert_eq!(in_round.state, LeadState::MaxRetries(Exhaustion::Expired));
}

#[test]
fn clamp_campaign_ends() {
    let ends = |clock| call().with(|call| call.config.ends_at = Some(clock)).decided(&retry(at("12:00")));
    assert_eq!(ends(at("12:00")).clamps, [Clamp::CampaignEnds]);
    assert_eq!(ends(at("12:00")).state, LeadState::Rescheduled, "the campaign ends it, not the decision");
    assert!(ends(at("12:01")).clamps.is_empty());
}

#[test]
fn clamp_no_contact_left() {
    let listed = call().with(|call| call.suppressed = 0b11);
    let dead = call().with(|call| call.contacts.iter_mut().for_each(|one| one.unusable = Some(Unusable::WrongPerson)));
    let expected =
        [(listed, LeadState::Suppressed(SuppressedBy::List)), (dead, LeadState::MaxRetries(Exhaustion::NoContactLeft))];
    for (call, state) in expected {
        let end = call.decided(&retry(at("12:00")));
        assert_eq!((end.state, end.clamps), (state, vec![Clamp::NoContactLeft]));
    }
}

#[test]
fn every_clamp_has_a_test_of_its_name() {
    let here = include_str!("clamps.rs");
    for clamp in [
        Clamp::CallingHours,
        Clamp::MinimumInterval,
        Clamp::Callback,
        Clamp::AttemptsUsed,
        Clamp::NoSuchContact,
        Clamp::RoundOver,
        Clamp::NotAfter,
        Clamp::Expired,
        Clamp::CampaignEnds,
        Clamp::NoContactLeft,
    ] {
        assert!(here.contains(&format!("fn clamp_{}()", clamp.as_str())), "{clamp:?}");
    }
}
