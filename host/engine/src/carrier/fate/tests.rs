//! What must hold of fates: the pinned values, the rates, the habits.

use std::collections::BTreeMap;

use super::*;
use crate::carrier::scenario::People;

const AT: Timestamp = Timestamp(1_772_440_000_000);

fn phone(number: u64) -> Phone {
    format!("+4930{number:07}").parse().unwrap()
}

fn meeting(number: u64, dial: u32) -> Meeting {
    Meeting { phone: phone(number), number: dial, again: 0 }
}

fn shares(fates: impl Iterator<Item = Fate>) -> BTreeMap<Outcome, f64> {
    let mut counts = BTreeMap::new();
    let mut all = 0.0;
    for fate in fates {
        *counts.entry(fate.outcome).or_insert(0.0) += 1.0;
        all += 1.0;
    }
    counts.into_iter().map(|(outcome, count): (_, f64)| (outcome, count / all)).collect()
}

#[test]
fn the_values_are_the_same_on_every_platform_and_in_every_release() {
    let scenario = Scenario::default();
    let told: Vec<_> = (1..=6)
        .map(|number| {
            let fate = fate(42, meeting(number, 1), AT, &scenario);
            format!(
                "{} {:?} {:?} {} {} {} {}",
                fate.outcome.as_str(),
                fate.failure,
                fate.said(),
                fate.setup_ms,
                fate.ring_ms,
                fate.talk_ms(),
                fate.words
            )
        })
        .collect();
    let pinned = [
        "answered None Declined 401 7751 121002 5580896277193481129",
        "answered None Declined 576 5527 10504 2675834838521845190",
        "failed CallerIdBlocked Nothing 847 12029 0 9041385581646071646",
        "answered None Goal 876 5776 59679 1177584804006466865",
        "unanswered None Nothing 874 11526 0 15043693256992749029",
        "busy None Nothing 1411 13741 0 9465802173602484897",
    ];
    assert_eq!(told, pinned);
}

#[test]
fn the_rates_come_out_at_every_dial_whatever_the_habits() {
    for habit in [0.0, 0.3, 1.0] {
        let scenario = Scenario { people: People { habit }, ..Scenario::default() };
        for dial in [1, 7] {
            let found = shares((0..10_000).map(|number| fate(1, meeting(number, dial), AT, &scenario)));
            let Rates { answer, busy, unanswered, voicemail, failed } = scenario.rates;
            let wanted = [
                (Outcome::Answered, answer),
                (Outcome::Busy, busy),
                (Outcome::Unanswered, unanswered),
                (Outcome::Voicemail, voicemail),
                (Outcome::Failed, failed),
            ];
            for (outcome, rate) in wanted {
                assert!((found[&outcome] - rate).abs() < 0.02, "habit {habit} dial {dial} {outcome:?}: {found:?}");
            }
        }
    }
}

#[test]
fn goals_and_failure_classes_come_out_by_their_shares() {
    let text = "[talk]\ngoal_rate = 0.4\nopt_out_rate = 0.1\n[rates]\nanswer = 0.5\nfailed = 0.5";
    let scenario: Scenario = text.parse().unwrap();
    let fates: Vec<_> = (0..10_000).map(|number| fate(3, meeting(number, 1), AT, &scenario)).collect();
    let share = |held: &dyn Fn(&Fate) -> bool| fates.iter().filter(|fate| held(fate)).count() as f64 / 10_000.0;
    assert!((share(&|fate| fate.said() == Said::Goal) - 0.2).abs() < 0.02);
    assert!((share(&|fate| fate.said() == Said::OptOut) - 0.05).abs() < 0.01);
    assert!((share(&|fate| fate.failure == Failure::NumberInvalid) - 0.25).abs() < 0.02);
    assert!((share(&|fate| fate.failure == Failure::CalleeRejected) - 0.1).abs() < 0.02);
    assert!((share(&|fate| fate.failure == Failure::Other) - 0.05).abs() < 0.01);
}

#[test]
fn a_dead_number_is_dead_in_every_call_and_a_living_one_never() {
    let scenario: Scenario = "[rates]\nanswer = 0.6\nfailed = 0.4".parse().unwrap();
    let dead = |number, dial| fate(1, meeting(number, dial), AT, &scenario).failure == Failure::NumberInvalid;
    for number in 0..500 {
        assert!((2..10).all(|dial| dead(number, dial) == dead(number, 1)), "{number}");
    }
}

#[test]
fn people_of_habit_repeat_themselves_and_others_do_not() {
    let alike = |habit| {
        let scenario = Scenario { people: People { habit }, ..Scenario::default() };
        let end = |number, dial| fate(1, meeting(number, dial), AT, &scenario).outcome;
        (0..2_000).filter(|number| end(*number, 1) == end(*number, 2)).count()
    };
    assert_eq!(alike(1.0), 2_000);
    assert!(alike(0.0) < 700 && alike(0.3) > alike(0.0), "{} {}", alike(0.0), alike(0.3));
}

#[test]
fn another_hour_has_other_rates_and_the_same_people() {
    let text = "[[hours]]\nfrom = \"08:00\"\nto = \"09:00\"\nrates = { answer = 1.0 }";
    let scenario: Scenario = text.parse().unwrap();
    let (eight, ten) = ("2026-03-02T08:30:00Z".parse().unwrap(), "2026-03-02T10:30:00Z".parse().unwrap());
    for number in 0..300 {
        let (early, late) =
            (fate(1, meeting(number, 1), eight, &scenario), fate(1, meeting(number, 1), ten, &scenario));
        assert!(early.outcome == Outcome::Answered || early.failure == Failure::NumberInvalid);
        assert_eq!((early.ring_ms, early.words, early.would_say), (late.ring_ms, late.words, late.would_say));
    }
}

#[test]
fn faults_never_change_a_fate() {
    let calm = Scenario::default();
    let text =
        "[faults]\nrefuse = 0.1\nlost_answer = 0.3\nlate_event = 1\nreorder = 1\nno_analysis = 1\nblind_find = 1";
    let stormy: Scenario = text.parse().unwrap();
    for number in 0..300 {
        assert_eq!(fate(9, meeting(number, 1), AT, &calm), fate(9, meeting(number, 1), AT, &stormy));
    }
}

#[test]
fn a_script_overrides_what_it_names_and_nothing_else() {
    let drawn = fate(1, meeting(1, 1), AT, &Scenario::default());
    let turn = Turn { outcome: Some(ScriptedOutcome::OptOut), talk_seconds: Some(2.5), ..Turn::default() };
    let fate = drawn.clone().scripted(&turn);
    assert_eq!((fate.said(), fate.talk_ms(), fate.answered_by()), (Said::OptOut, 2_500, AnsweredBy::Human));
    assert_eq!((fate.ring_ms, fate.words), (drawn.ring_ms, drawn.words));
    assert_eq!(drawn.clone().scripted(&Turn::default()), drawn);
}
