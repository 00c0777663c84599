//! What must hold of every estimate. That it is also near what a rehearsal comes to is tested where rehearsals are.

use proptest::prelude::*;
use serde_json::json;

use super::people::{EVERYBODY, Hour, Left};
use super::*;
use crate::hours::CallingHours;
use crate::policy::ContactStrategy;
use crate::time::{HOUR_MS, MINUTE_MS, SECOND_MS};

/// Monday, 09:00 in Berlin.
const START: Timestamp = Timestamp(1_772_438_400_000);

fn people() -> People {
    People {
        dead: 0.02,
        usual: Ends::of([0.35, 0.15, 0.1, 0.35, 0.05]),
        by_hour: [None; 24],
        habit: 0.3,
        provider_fault: 0.1,
        caller_id_blocked: 0.0,
        goal: 0.3,
        undetermined: 0.05,
        opt_out: 0.0,
        callback: 0.0,
        wrong_person: 0.0,
        callback_ms: HOUR_MS,
        setup_ms: SECOND_MS,
        ring_ms: vec![5_000, 15_000],
        talk_ms: vec![20_000, 60_000, 130_000],
        voicemail_ms: vec![10_000, 20_000],
    }
}

#[derive(Clone, Debug)]
struct Case {
    config: CampaignConfig,
    people: People,
    leads: u64,
    contacts: u32,
    slots: u32,
    rate: Option<f64>,
    per_day: Option<u32>,
}

impl Case {
    fn told(&self) -> Estimate {
        let groups = [Group { contacts: self.contacts, round: 1, due: START, leads: self.leads }];
        self.told_of(&groups)
    }

    fn told_of(&self, groups: &[Group]) -> Estimate {
        estimate(&Question {
            config: &self.config,
            zone: &Zone::parse("Europe/Berlin").unwrap(),
            start: START,
            slots: self.slots,
            calls_per_second: self.rate,
            max_calls_per_number_per_day: self.per_day,
            caller_ids: 1,
            ring_timeout_ms: 30_000,
            max_call_ms: 600_000,
            tariff: Some(Tariff::new(Micros(60_000), 60, 60).unwrap()),
            budget_left: self.config.budget_micros,
            people: &self.people,
            groups,
        })
    }
}

fn plain(leads: u64, slots: u32) -> Case {
    let config = CampaignConfig::named("x");
    Case { config, people: people(), leads, contacts: 1, slots, rate: None, per_day: None }
}

fn case() -> impl Strategy<Value = Case> {
    let hours = prop_oneof![
        Just(
            json!({"start": "09:00", "end": "18:00", "days": ["monday", "tuesday", "wednesday", "thursday", "friday"]})
        ),
        Just(json!({"start": "22:00", "end": "02:00", "days": ["saturday"]})),
        Just(json!({"start": "10:00", "end": "10:20", "days": ["monday", "thursday"]})),
        Just(
            json!({"start": "00:00", "end": "24:00", "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]})
        ),
    ];
    let config = (hours, 0..=5u32, 10..2_000u32, any::<[bool; 3]>()).prop_map(|(hours, retries, interval, flags)| {
        let [goal, voicemail, rotate] = flags;
        CampaignConfig {
            calling_hours: CallingHours::from_json(&hours).unwrap(),
            max_retries: retries,
            retry_interval_minutes: interval,
            retry_until_goal: goal,
            goal_variable: goal.then(|| "booked".to_owned()),
            retry_on_voicemail: voicemail,
            contact_strategy: if rotate { ContactStrategy::Rotate } else { ContactStrategy::Escalate },
            ..CampaignConfig::named("any")
        }
    });
    let ends = prop::array::uniform5(0.0..1.0f64);
    let limits =
        (prop_oneof![Just(None), (0.01..2.0f64).prop_map(Some)], prop_oneof![Just(None), (1..4u32).prop_map(Some)]);
    (config, ends, 0.0..0.3f64, 0.0..1.0f64, 1..3_000u64, 1..4u32, 1..60u32, limits).prop_map(
        |(config, ends, dead, habit, leads, contacts, slots, (rate, per_day))| Case {
            config,
            people: People { usual: Ends::of(ends), dead, habit, ..people() },
            leads,
            contacts,
            slots,
            rate,
            per_day,
        },
    )
}

/// A step at the most, and what is left of a call.
fn slack(duration_ms: i64) -> i64 {
    duration_ms / 50 + 6 * MINUTE_MS
}

/// Open time between two instants, in milliseconds.
fn open_ms(hours: &CallingHours, from: Timestamp, to: Timestamp) -> i64 {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let (mut at, mut open) = (from, 0);
    while let Some(opens) = hours.next_allowed(at, &zone)
        && opens < to
    {
        let closes = hours.open_until(opens, &zone).unwrap_or(to).min(to);
        open += closes.since(opens);
        at = closes;
    }
    open
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn more_leads_are_never_done_sooner_nor_for_less(case in case(), more in 1..2_000u64) {
        let (few, many) = (case.told(), Case { leads: case.leads + more, ..case.clone() }.told());
        prop_assert!(many.calls >= few.calls || many.unfinished.is_some());
        prop_assert!(many.cost_micros >= few.cost_micros || many.unfinished.is_some(), "{few:?} {many:?}");
        if few.unfinished.is_none() && many.unfinished.is_none() {
            // A gap of hours is never slack: an end behind one is behind it for more leads too.
            prop_assert!(many.duration_ms + slack(many.duration_ms) >= few.duration_ms, "{few:?} {many:?}");
        }
    }

    #[test]
    fn more_slots_are_never_slower(case in case(), more in 1..60u32) {
        // Under a daily cap faster rounds can put one more call before a midnight, and a thousandth of a lead then waits for
        // the next one.
        let case = Case { per_day: None, ..case };
        let (few, many) = (case.told(), Case { slots: case.slots + more, ..case.clone() }.told());
        if few.unfinished.is_none() && many.unfinished.is_none() {
            let open = |told: &Estimate| open_ms(&case.config.calling_hours, START, told.ends_at.unwrap_or(START));
            prop_assert!(open(&many) <= open(&few) + slack(few.duration_ms), "{few:?} {many:?}");
        }
    }

    #[test]
    fn the_work_fits_into_the_slots_of_the_open_hours(case in case()) {
        let told = case.told();
        let end = told.ends_at.unwrap_or(START);
        let open = open_ms(&case.config.calling_hours, START, end) as f64;
        // Slots were held for the talk at least, and a call may go on after closing time once an opening.
        let room = f64::from(case.slots) * (open + 130_000.0 * (1.0 + told.duration_ms as f64 / HOUR_MS as f64));
        prop_assert!(told.talk_ms as f64 <= room, "{told:?} in {open} ms");
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let longest = 200_000;
        prop_assert!(told.ends_at.is_none_or(|end| (0..=longest / 1_000).any(
            |seconds| case.config.calling_hours.allowed(end - seconds * 1_000, &zone))), "{told:?}");
        prop_assert!(told.answered <= told.calls && told.goals_reached <= told.answered);
        let most = case.leads * u64::from(case.contacts * case.config.rounds()) * 7 / 5 + 1;
        prop_assert!(told.calls <= most, "provider's faults are repeated, nothing else is: {told:?}");
    }
}

#[test]
fn nobody_is_called_in_no_time() {
    assert_eq!(plain(0, 3).told(), Estimate::default());
    let empty = CampaignConfig { calling_hours: CallingHours::empty(), ..CampaignConfig::named("x") };
    let told = Case { config: empty, ..plain(5, 3) }.told();
    assert_eq!((told.calls, told.unfinished), (0, Some(Unfinished::NeverOpen)));
}

#[test]
fn an_end_or_a_budget_that_comes_first_is_told() {
    let until = CampaignConfig { ends_at: Some(START + HOUR_MS), ..CampaignConfig::named("x") };
    let told = Case { config: until, ..plain(100_000, 3) }.told();
    assert_eq!(told.unfinished, Some(Unfinished::Ended));
    assert!((50 * MINUTE_MS..65 * MINUTE_MS).contains(&told.duration_ms), "{told:?}");
    let budget = CampaignConfig { budget_micros: Some(Micros(1_000_000)), ..CampaignConfig::named("x") };
    let told = Case { config: budget, ..plain(10_000, 3) }.told();
    assert_eq!(told.unfinished, Some(Unfinished::BudgetSpent));
    assert!((1_000_000..1_500_000).contains(&told.cost_micros.0), "{told:?}");
    assert_eq!(Case { ..plain(100_000_000, 1) }.told().unfinished, Some(Unfinished::Horizon));
}

#[test]
fn the_hours_are_waited_for_and_leads_that_went_through_rounds_need_fewer() {
    let saturday = CampaignConfig {
        calling_hours: CallingHours::from_json(&json!({"start": "10:00", "end": "12:00", "days": ["saturday"]}))
            .unwrap(),
        ..CampaignConfig::named("x")
    };
    let told = Case { config: saturday, ..plain(20, 20) }.told();
    let first = 5 * 24 * HOUR_MS + HOUR_MS;
    assert!((first..first + 2 * HOUR_MS + 5 * MINUTE_MS).contains(&(told.duration_ms - 7 * 24 * HOUR_MS)), "{told:?}");
    let group = |round| Group { contacts: 1, round, due: START, leads: 100 };
    let calls = |round| plain(100, 20).told_of(&[group(round)]).calls;
    assert!(calls(1) > calls(2) && calls(3) > calls(4) && calls(4) >= 100, "{} {}", calls(1), calls(4));
}

#[test]
fn whoever_did_not_answer_is_less_likely_to_answer_again() {
    let stays = [0.0, 0.0, 1.0, 1.0, 1.0];
    let answers = |people: &People| -> Vec<f64> {
        let usual = Hour::all(people).remove(24);
        Left::after(4, &usual, &stays).iter().map(|left| usual.ends_of(&left.habits())[0]).collect()
    };
    let habitual = answers(&people());
    assert!((habitual[0] - 0.35).abs() < 1e-9, "{habitual:?}");
    assert!(habitual.windows(2).all(|two| two[1] < two[0]), "{habitual:?}");
    let chance = answers(&People { habit: 0.0, ..people() });
    assert!(chance.iter().all(|share| (share - 0.35).abs() < 1e-9), "{chance:?}");
}

#[test]
fn who_is_never_reached_by_day_may_be_in_the_evening() {
    let mut by_hour = [None; 24];
    by_hour[10] = Some(Ends::of([0.1, 0.0, 0.0, 0.9, 0.0]));
    by_hour[18] = Some(Ends::of([0.7, 0.0, 0.0, 0.3, 0.0]));
    let people = People { habit: 1.0, by_hour, ..people() };
    let hours = Hour::all(&people);
    let mut left = Left::after(1, &hours[24], &[0.0, 0.0, 1.0, 1.0, 1.0]).remove(1);
    left.add(&hours[10].staying(&EVERYBODY, &[0.0, 0.0, 1.0, 1.0, 1.0]), 100.0);
    let habits = left.habits();
    assert!(hours[10].ends_of(&habits)[0] < 0.01, "by day nobody new answers");
    assert!((hours[18].ends_of(&habits)[0] - 0.6 / 0.9).abs() < 0.01, "in the evening those between do");
}
