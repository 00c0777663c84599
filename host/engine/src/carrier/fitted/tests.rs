//! What a fit must keep of the calls it was made of.

use campanile_domain::phone::Phone;
use campanile_domain::time::{HOUR_MS, SECOND_MS, Timestamp};
use campanile_domain::variable::{Effects, ValueKind};

use super::*;
use crate::carrier::{Meeting, Said, fate};

/// A Monday, 08:00 UTC.
const MONDAY: Timestamp = Timestamp(1_772_438_400_000);

fn phone(n: u64) -> Phone {
    format!("+4930{:07}", n).parse().unwrap()
}

fn call(n: u64, hour: i64, outcome: Outcome) -> PastCall {
    PastCall {
        phone: phone(n),
        at: MONDAY + hour * HOUR_MS,
        outcome,
        failure: if outcome == Outcome::Failed { Failure::Other } else { Failure::None },
        talk_ms: if outcome == Outcome::Answered { 40 * SECOND_MS } else { 0 },
        goal: None,
        roles: Effects::default(),
    }
}

fn spec(name: &str, role: Role) -> VariableSpec {
    let kind = if role == Role::CallbackAt { ValueKind::DateTime } else { ValueKind::Boolean };
    VariableSpec { name: name.into(), kind, choices: Vec::new(), description: String::new(), required: false, role }
}

/// What a scenario plays at an hour: how many of `phones` phones end so.
fn played(scenario: &Scenario, phones: u64, hour: i64, ends: impl Fn((Outcome, Failure, Said)) -> bool) -> f64 {
    let at = MONDAY + hour * HOUR_MS;
    let met = (0..phones).filter(|n| {
        let fate = fate(7, Meeting { phone: phone(*n), number: 1, again: 0 }, at, scenario);
        ends((fate.outcome, fate.failure, fate.said()))
    });
    met.count() as f64 / phones as f64
}

#[test]
fn people_answer_and_say_as_often_as_they_did() {
    let ends = [
        (30, Outcome::Answered),
        (20, Outcome::Voicemail),
        (10, Outcome::Busy),
        (35, Outcome::Unanswered),
        (5, Outcome::Failed),
    ];
    let of_ten = ends.iter().flat_map(|(count, outcome)| (0..10 * count).map(move |_| *outcome));
    let mut past: Vec<_> = (0..).zip(of_ten).map(|(n, outcome)| call(n, 1, outcome)).collect();
    for (n, call) in past.iter_mut().filter(|call| call.outcome == Outcome::Answered).enumerate() {
        match n % 10 {
            0..4 => call.goal = Some(true),
            4..6 => call.goal = Some(false),
            6 => call.roles.opt_out = true,
            7 => call.roles.callback_at = Some(call.at + 3 * HOUR_MS),
            8 => call.roles.wrong_person = true,
            _ => {}
        }
    }
    let asked = [spec("booked", Role::None), spec("stop", Role::OptOut), spec("later", Role::CallbackAt)];
    let scenario = Scenario::fitted(&past, &Zone::utc(), &asked, Some("booked")).checked().unwrap();
    let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 0.03, "{found} is not near {wanted}");
    for (count, outcome) in ends {
        close(played(&scenario, 5_000, 1, |(found, ..)| found == outcome), f64::from(count) / 100.0);
        close(played(&scenario, 5_000, 9, |(found, ..)| found == outcome), f64::from(count) / 100.0);
    }
    for (share, what) in
        [(0.4, Said::Goal), (0.2, Said::Declined), (0.1, Said::OptOut), (0.1, Said::Callback), (0.1, Said::WrongPerson)]
    {
        close(played(&scenario, 5_000, 1, |(.., said)| said == what), 0.3 * share);
    }
    assert_eq!(scenario.talk.talk_seconds, Span::Mean { mean: 40.0 });
    assert_eq!(scenario.talk.callback_seconds, Span::Mean { mean: 10_800.0 });
    assert_eq!(scenario.talk.opt_out_variable.as_deref(), Some("stop"));
    assert_eq!(scenario.talk.wrong_person_variable, None);
}

#[test]
fn dead_phones_are_counted_by_the_phone() {
    // Twenty phones of a hundred are dead and dialled once, the others five times.
    let mut past: Vec<_> = (0..20).map(|n| call(n, 1, Outcome::Failed)).collect();
    past.iter_mut().for_each(|call| call.failure = Failure::NumberInvalid);
    past.extend((0..400).map(|n| call(20 + n % 80, 1, Outcome::Unanswered)));
    let scenario = Scenario::fitted(&past, &Zone::utc(), &[], None).checked().unwrap();
    let dead = played(&scenario, 5_000, 1, |(_, failure, _)| failure == Failure::NumberInvalid);
    assert!((dead - 0.2).abs() < 0.02, "{dead}");
    let rings = played(&scenario, 5_000, 1, |(outcome, ..)| outcome == Outcome::Unanswered);
    assert!((rings - 0.8).abs() < 0.02, "{rings}");
}

#[test]
fn hours_differ_where_calls_show_it_and_lean_on_the_day_where_they_are_few() {
    let mut past: Vec<_> = (0..1_000).map(|n| call(n, 1, Outcome::Unanswered)).collect();
    past.extend((0..1_000).map(|n| call(n, 9, Outcome::Answered)));
    past.extend((0..3).map(|n| call(n, 4, Outcome::Busy)));
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let scenario = Scenario::fitted(&past, &zone, &[], None).checked().unwrap();
    let answers = |hour| played(&scenario, 4_000, hour, |(outcome, ..)| outcome == Outcome::Answered);
    assert!(answers(1) < 0.05 && answers(9) > 0.95, "{} {}", answers(1), answers(9));
    assert!((answers(4) - 0.47).abs() < 0.05, "three calls make no rule: {}", answers(4));
}

#[test]
fn any_calls_make_a_scenario_that_can_be_played() {
    let all = [Outcome::Answered, Outcome::Voicemail, Outcome::Busy, Outcome::Unanswered, Outcome::Failed];
    for outcome in all {
        let past = [call(1, 3, outcome)];
        let scenario = Scenario::fitted(&past, &Zone::utc(), &[], Some("goal")).checked().unwrap();
        let only = played(&scenario, 500, 3, |(found, ..)| found == outcome);
        assert!(only > 0.99, "{outcome:?}: {only}");
    }
    let mut gone = call(1, 3, Outcome::Failed);
    gone.failure = Failure::NumberInvalid;
    let nobody = Scenario::fitted(&[gone], &Zone::utc(), &[], None).checked().unwrap();
    assert!(played(&nobody, 500, 3, |(_, failure, _)| failure == Failure::NumberInvalid) > 0.99);
    let ordinary = Scenario { time_zone: Some(Zone::utc()), ..Scenario::default() };
    assert_eq!(Scenario::fitted(&[], &Zone::utc(), &[], None), ordinary);
}

#[test]
fn drawing_anew_keeps_the_number_and_depends_on_the_seed_alone() {
    let past: Vec<_> = (0..500).map(|n| call(n, 1, Outcome::Busy)).collect();
    let (one, same, other) = (resampled(&past, 1), resampled(&past, 1), resampled(&past, 2));
    assert!(one == same && one != other && one.len() == 500);
    let distinct: BTreeSet<_> = one.iter().map(|call| call.phone).collect();
    assert!((250..400).contains(&distinct.len()), "with replacement about 63 % are met: {}", distinct.len());
    assert!(resampled(&[], 1).is_empty());
}
