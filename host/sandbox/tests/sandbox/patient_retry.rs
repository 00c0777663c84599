//! The Rust policy that ships, in the sandbox.

use campanile_domain::attempt::Outcome::{Answered, Busy, Unanswered, Voicemail};
use campanile_domain::policy::{Decision, Retry};
use campanile_domain::ports::policy::PolicyRunner;
use campanile_domain::time::{HOUR_MS, MINUTE_MS};
use futures::executor::block_on;
use serde_json::json;

use crate::support::{TENANT, after, ask, decide, monday, policies};

fn retry(decision: Decision) -> Retry {
    match decision {
        Decision::Retry(retry) => retry,
        other => panic!("{other:?}"),
    }
}

#[test]
fn waits_grow_with_every_round_up_to_the_longest() {
    for (rounds, hours) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
        let asked = retry(decide("patient-retry", json!({}), after(&vec![Unanswered; rounds])));
        assert_eq!(asked.not_before, monday() + hours * HOUR_MS, "round {rounds}");
    }
    let settings = json!({"longest_wait_hours": 3});
    assert_eq!(retry(decide("patient-retry", settings, after(&[Unanswered; 4]))).not_before, monday() + 3 * HOUR_MS);
}

#[test]
fn a_busy_line_is_called_back_soon_but_not_for_ever() {
    let soon = retry(decide("patient-retry", json!({}), after(&[Unanswered, Busy])));
    assert_eq!((soon.not_before, soon.contact), (monday() + 15 * MINUTE_MS, Some(0)));
    let as_any_other = retry(decide("patient-retry", json!({}), after(&[Busy; 4])));
    assert_eq!(as_any_other.not_before, monday() + 8 * HOUR_MS);
}

#[test]
fn two_voicemails_are_enough_even_in_an_earlier_round() {
    let first = retry(decide("patient-retry", json!({}), after(&[Voicemail])));
    assert!(first.reason.starts_with("voicemail 1 of 2"), "{}", first.reason);
    let second = decide("patient-retry", json!({}), after(&[Voicemail, Unanswered, Voicemail]));
    assert_eq!(second, Decision::Complete { reason: "2 voicemails left, 2 allowed".into() });
}

#[test]
fn attempts_of_an_earlier_era_do_not_count() {
    let mut input = after(&[Voicemail, Voicemail]);
    input.attempts[0].era = 0;
    assert!(matches!(decide("patient-retry", json!({}), input), Decision::Retry(_)));
}

#[test]
fn what_the_engine_knows_better_is_passed_on() {
    let mut input = after(&[Answered]);
    input.builtin = Decision::Complete { reason: "goal_reached".into() };
    assert_eq!(decide("patient-retry", json!({}), input.clone()), input.builtin);
}

#[test]
fn settings_that_break_the_schema_never_reach_the_plugin() {
    let failure = ask("patient-retry", json!({"busy_minutes": 3}), after(&[Busy])).decision.unwrap_err();
    assert_eq!(failure.code, "policy_error");
    assert!(failure.message.contains("settings.busy_minutes: must have a value from 10 to 1440"), "{failure}");
}

#[test]
fn the_answer_names_the_version_and_what_it_used() {
    let answer = ask("patient-retry@active", json!({}), after(&[Busy]));
    assert_eq!(answer.version, "patient-retry@0.1.0");
    assert!(answer.usage.fuel > 0 && answer.usage.fuel < 1_000_000, "{:?}", answer.usage);
    assert!(answer.usage.memory_bytes >= 1 << 16 && answer.usage.host_calls >= 1);
    let resolved = block_on(policies().resolve(TENANT, &"patient-retry".parse().unwrap()));
    assert_eq!(resolved.unwrap(), "patient-retry@0.1.0");
}

#[test]
fn a_name_that_is_not_there_says_what_is() {
    let failure = ask("patient-retri", json!({}), after(&[Busy])).decision.unwrap_err();
    assert_eq!(failure.code, "policy_not_found");
    assert!(failure.message.contains("patient-retry"), "{failure}");
}
