//! The built-in table: answered, busy, unanswered, voicemail and unknown.

use campanile_domain::attempt::Outcome;
use campanile_domain::campaign::OnGoalUndetermined;
use campanile_domain::lead::{Completion, Exhaustion, LeadState, Wait};
use campanile_domain::settle::{Assessment, Evaluation};
use campanile_domain::variable::Value;

use crate::call::{Call, at, contacts, hours, minutes, next};

const NOT_REACHED: [Outcome; 2] = [Outcome::Busy, Outcome::Unanswered];

#[test]
fn answered_without_a_goal_rule_is_contacted() {
    for call in [Call::ended(Outcome::Answered), Call::ended(Outcome::Answered).rotate()] {
        assert_eq!(call.settle().state, LeadState::Completed(Completion::Contacted));
    }
}

#[test]
fn answered_with_the_goal_true_is_goal_reached() {
    let call = Call::ended(Outcome::Answered).until_goal(Value::Boolean(true));
    assert_eq!(call.settle().state, LeadState::Completed(Completion::GoalReached));
    assert_eq!(call.rotate().settle().state, LeadState::Completed(Completion::GoalReached));
}

#[test]
fn answered_with_the_goal_false_retries_with_the_contact_that_answered() {
    let call = Call::ended(Outcome::Answered).until_goal(Value::Boolean(false)).last_of_round();
    for call in [call.clone(), call.rotate()] {
        let disposal = call.settle();
        assert_eq!(disposal.state, LeadState::Rescheduled);
        assert_eq!(next(&disposal), (2, Some(1)));
        assert_eq!(disposal.not_before, at("11:00"));
        assert_eq!(disposal.wait, Wait::Retry);
    }
}

#[test]
fn an_answer_ends_the_round_even_when_contacts_are_left() {
    let disposal = Call::ended(Outcome::Answered).until_goal(Value::Boolean(false)).settle();
    assert_eq!(next(&disposal), (2, Some(0)));
    assert_eq!(disposal.progress.tried, 0);
}

#[test]
fn answered_with_the_goal_undetermined_follows_the_campaign() {
    let call = Call::ended(Outcome::Answered).until_goal(Value::Undetermined);
    assert_eq!(next(&call.settle()), (2, Some(0)));
    let complete = call.with(|call| call.config.on_goal_undetermined = OnGoalUndetermined::Complete);
    assert_eq!(complete.settle().state, LeadState::Completed(Completion::Contacted));
}

#[test]
fn a_goal_is_only_insisted_on_within_max_retries() {
    let call = Call::ended(Outcome::Answered).until_goal(Value::Boolean(false)).round(4);
    assert_eq!(call.settle().state, LeadState::MaxRetries(Exhaustion::AttemptsUsed));
}

#[test]
fn answered_but_not_evaluated_waits_and_nobody_is_dialled() {
    let call = Call::ended(Outcome::Answered).until_goal(Value::Undetermined);
    let call = call.with(|call| (call.evaluation, call.goal) = (Evaluation::Pending, None));
    assert_eq!(call.assess(), Assessment::AwaitEvaluation);
}

#[test]
fn not_reached_goes_on_to_the_next_contact_at_once_under_escalate() {
    for outcome in [Outcome::Busy, Outcome::Unanswered, Outcome::Voicemail] {
        let disposal = Call::ended(outcome).settle();
        assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (1, Some(1))), "{outcome:?}");
        assert_eq!((disposal.not_before, disposal.wait), (at("10:00"), Wait::None));
        assert_eq!(disposal.expected, Some(at("10:00")));
        assert!(disposal.clamps.is_empty());
    }
}

#[test]
fn not_reached_ends_the_round_under_rotate() {
    for outcome in NOT_REACHED {
        let disposal = Call::ended(outcome).rotate().settle();
        assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (2, None)), "{outcome:?}");
        assert_eq!(disposal.not_before, at("11:00"));
    }
}

#[test]
fn the_last_contact_of_a_round_leads_to_the_next_round_after_the_interval() {
    for outcome in NOT_REACHED {
        let call = Call::ended(outcome).last_of_round().with(|call| call.config.retry_interval_minutes = 90);
        let disposal = call.settle();
        assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (2, None)), "{outcome:?}");
        assert_eq!(disposal.not_before, at("10:00") + minutes(90));
        assert_eq!(disposal.wait, Wait::Retry);
    }
}

#[test]
fn the_interval_runs_from_the_end_of_the_call_and_not_from_the_decision() {
    let call = Call::ended(Outcome::Busy).last_of_round().with(|call| call.now = at("10:40"));
    assert_eq!(call.settle().not_before, at("11:00"));
    assert_eq!(call.with(|call| call.now = at("12:00")).settle().not_before, at("12:00"));
}

#[test]
fn the_last_contact_of_the_last_round_is_max_retries() {
    for outcome in NOT_REACHED {
        let call = Call::ended(outcome).last_of_round();
        assert_eq!(call.clone().round(4).settle().state, LeadState::MaxRetries(Exhaustion::AttemptsUsed));
        let no_redial = call.with(|call| call.config.max_retries = 0);
        assert_eq!(no_redial.settle().state, LeadState::MaxRetries(Exhaustion::AttemptsUsed));
    }
}

#[test]
fn a_voicemail_that_ends_the_round_is_enough() {
    let call = Call::ended(Outcome::Voicemail);
    assert_eq!(call.clone().last_of_round().settle().state, LeadState::Completed(Completion::Voicemail));
    assert_eq!(call.rotate().settle().state, LeadState::Completed(Completion::Voicemail));
}

#[test]
fn a_voicemail_is_retried_when_the_campaign_wants_a_human_or_its_goal() {
    let call = Call::ended(Outcome::Voicemail).last_of_round();
    let human = call.clone().with(|call| call.config.retry_on_voicemail = true);
    let goal = call.with(|call| call.config.retry_until_goal = true);
    for call in [human.clone(), goal.clone(), human.rotate(), goal.rotate()] {
        let disposal = call.settle();
        assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (2, None)));
        assert_eq!(call.round(4).settle().state, LeadState::MaxRetries(Exhaustion::AttemptsUsed));
    }
}

#[test]
fn unknown_and_cancelled_end_the_round_and_count_as_an_attempt() {
    for outcome in [Outcome::Unknown, Outcome::Cancelled] {
        for call in [Call::ended(outcome), Call::ended(outcome).rotate()] {
            let disposal = call.settle();
            assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (2, None)), "{outcome:?}");
            assert_eq!((disposal.not_before, disposal.wait), (at("11:00"), Wait::Retry));
            assert_eq!(disposal.progress.attempts, 1);
            assert_eq!(call.round(4).settle().state, LeadState::MaxRetries(Exhaustion::AttemptsUsed));
        }
    }
}

#[test]
fn closing_time_in_the_middle_of_a_round_pauses_it() {
    let call = Call::ended(Outcome::Unanswered).with(|call| {
        call.contacts = contacts(3);
        (call.ended_at, call.now) = (at("18:05"), at("18:05"));
    });
    let disposal = call.settle();
    assert_eq!((disposal.state, next(&disposal)), (LeadState::Rescheduled, (1, Some(1))));
    assert_eq!(disposal.not_before, at("18:05"), "due times are kept unclamped");
    assert_eq!(disposal.expected, Some(at("09:00") + hours(24)));
    assert_eq!(disposal.progress.tried, 0b001);
}
