//! The table, setting by setting, and every outcome with every count.

use campanile_plugin_sdk::fake::{self, Host, utc};
use campanile_plugin_sdk::policy::{Decision, Input, Retry, RetryPolicy, Strategy, Trigger, Whom};
use campanile_plugin_sdk::types::{AnsweredBy, Attempt, Contact, Failure, Outcome, PluginError, Value, Variable};
use serde_json::json;

use crate::{RetryTable, Settings};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// The rows, and what a call of each is.
const ROWS: [(&str, Outcome, Option<Value>); 6] = [
    ("busy", Outcome::Busy, None),
    ("unanswered", Outcome::Unanswered, None),
    ("voicemail", Outcome::Voicemail, None),
    ("answered_without_goal", Outcome::Answered, Some(Value::Boolean(false))),
    ("undetermined_goal", Outcome::Answered, Some(Value::Undetermined)),
    ("failed", Outcome::Failed, None),
];

/// Monday 2026-03-02, 12:00 UTC: when the last call ended.
fn noon() -> i64 {
    utc(2026, 3, 2, 12, 0)
}

fn attempt(era: u32, round: u32, contact: u32, outcome: Outcome) -> Attempt {
    Attempt {
        number: 1,
        era,
        round,
        contact,
        phone: "+14155550100".into(),
        outcome,
        failure: Failure::None,
        answered_by: AnsweredBy::Unknown,
        started_at: noon() - MINUTE,
        ended_at: Some(noon()),
        talk_ms: 0,
        variables: Vec::new(),
        extra: Vec::new(),
    }
}

/// A lead of one contact after these calls, each a round of its own; the built-in policy would wait an hour.
fn after(outcomes: &[Outcome]) -> Input {
    let attempts: Vec<_> = (1..).zip(outcomes).map(|(round, outcome)| attempt(1, round, 0, *outcome)).collect();
    Input {
        trigger: Trigger::Settled,
        now: noon() + 1_000,
        campaign_id: "cmp_1".into(),
        lead_id: "lead_1".into(),
        zone: "UTC".into(),
        era: 1,
        round: attempts.len() as u32,
        max_retries: 200,
        retry_interval_ms: HOUR as u64,
        retry_on_voicemail: false,
        retry_until_goal: false,
        goal: None,
        strategy: Strategy::Escalate,
        attempts_left: 10,
        campaign_ends_at: None,
        contacts: vec![contact(0)],
        attempts,
        lead_variables: Vec::new(),
        builtin: Decision::Retry(Retry::at(noon() + HOUR, "built in")),
        extra: Vec::new(),
    }
}

fn contact(position: u32) -> Contact {
    Contact {
        position,
        phone: format!("+1415555010{position}"),
        name: None,
        label: None,
        usable: true,
        zone: "UTC".into(),
        variables: Vec::new(),
    }
}

fn with(input: Input, change: impl FnOnce(&mut Input)) -> Input {
    let mut input = input;
    change(&mut input);
    input
}

fn decide(settings: serde_json::Value, input: &Input) -> Result<Decision, PluginError> {
    fake::install(Host::default());
    let settings: Settings = serde_json::from_value(settings).unwrap();
    RetryTable::decide(input, &settings)
}

fn retry(settings: serde_json::Value, input: &Input) -> Retry {
    match decide(settings.clone(), input) {
        Ok(Decision::Retry(retry)) => retry,
        other => panic!("{other:?} for {settings}"),
    }
}

/// The wait in minutes.
fn wait(settings: serde_json::Value, input: &Input) -> i64 {
    (retry(settings, input).not_before - noon()) / MINUTE
}

#[test]
fn nothing_set_is_the_built_in_answer_whatever_it_is() {
    let answers = [
        Decision::Complete("contacted".into()),
        Decision::GiveUp("attempts_used".into()),
        Decision::NextContact("busy".into()),
        Decision::Suppress((Whom::Person, "x".into())),
        Decision::Retry(Retry { priority: Some(7), not_after: Some(9), ..Retry::at(5, "unanswered").with_contact(3) }),
    ];
    let all = ROWS.iter().map(|(_, outcome, goal)| (*outcome, goal.clone())).chain([
        (Outcome::Answered, None),
        (Outcome::Answered, Some(Value::Boolean(true))),
        (Outcome::Unknown, None),
        (Outcome::Cancelled, None),
        (Outcome::Other, None),
    ]);
    for (outcome, goal) in all {
        for count in 0..12 {
            for builtin in &answers {
                let input = with(after(&vec![outcome; count]), |input| {
                    input.goal.clone_from(&goal);
                    input.builtin = builtin.clone();
                    input.max_retries = 3;
                });
                for settings in [json!({}), json!({"contact": "rotate", "taper": 3.0, "busy": {"then": "complete"}})] {
                    assert_eq!(decide(settings, &input).as_ref(), Ok(builtin), "{outcome:?} {count}");
                }
            }
        }
    }
}

/// Every row, with every count up to a hundred, against what the settings say in as many words.
#[test]
fn every_row_with_every_count_waits_as_it_is_written_and_then_ends() {
    let lists: [&[i64]; 4] = [&[10], &[10, 30, 120], &[600, 10], &[20_160]];
    for (name, outcome, goal) in &ROWS {
        for (list, repeat, at_most, count) in lists.iter().flat_map(|list| {
            [true, false].into_iter().flat_map(move |repeat| {
                [0, 1, 3, 7]
                    .into_iter()
                    .flat_map(move |most| [1, 2, 3, 4, 5, 8, 40, 100].map(|count| (list, repeat, most, count)))
            })
        }) {
            let row = json!({"delays_minutes": list, "repeat_last": repeat, "at_most": at_most, "then": "give_up"});
            let input = with(after(&vec![*outcome; count]), |input| input.goal.clone_from(goal));
            let settings = json!({(*name): row, "taper": 2.0, "longest_delay_minutes": 10_000});
            let told = decide(settings, &input).unwrap();
            let place = format!("{name} {list:?} {repeat} {at_most} {count}");
            let over = (at_most > 0 && count >= at_most) || (!repeat && count > list.len());
            match told {
                Decision::GiveUp(reason) => {
                    assert!(over && reason.starts_with(&format!("{name} row: ")), "{place}: {reason}");
                }
                Decision::Retry(retry) => {
                    let beyond = (count as i64 - list.len() as i64).clamp(0, 14) as u32;
                    let listed = list[(count - 1).min(list.len() - 1)];
                    let minutes = (listed * 2_i64.pow(beyond)).min(10_000);
                    assert!(!over, "{place}");
                    assert_eq!(retry.not_before, noon() + minutes * MINUTE, "{place}");
                    assert_eq!(retry.reason, format!("{name} row, delay {count}: {minutes} min"), "{place}");
                    let (goal_asked, one) = (goal.is_some(), Some(0));
                    assert_eq!(retry.contact, one.filter(|_| goal_asked), "{place}");
                }
                other => panic!("{place}: {other:?}"),
            }
            assert!(decide(json!({}), &input).as_ref() == Ok(&input.builtin));
        }
    }
}

#[test]
fn a_row_decides_for_its_own_outcome_and_for_no_other() {
    for (name, ..) in &ROWS {
        let settings = json!({(*name): {"delays_minutes": [25], "at_most": 3, "then": "complete"}});
        for (other, outcome, goal) in &ROWS {
            let input = with(after(&[*outcome]), |input| input.goal.clone_from(goal));
            let asked = wait(settings.clone(), &input);
            assert_eq!(asked, if name == other { 25 } else { 60 }, "{name} for {other}");
        }
    }
}

#[test]
fn what_comes_when_a_row_is_used_up() {
    let input = with(after(&[Outcome::Voicemail; 2]), |input| input.builtin = Decision::Complete("voicemail".into()));
    let ends = |then: &str| decide(json!({"voicemail": {"at_most": 2, "then": then}}), &input).unwrap();
    assert_eq!(ends("complete"), Decision::Complete("voicemail row: call 2, 2 allowed".into()));
    assert_eq!(ends("give_up"), Decision::GiveUp("voicemail row: call 2, 2 allowed".into()));
    assert_eq!(ends("builtin"), Decision::Complete("voicemail".into()));
    let used = json!({"voicemail": {"delays_minutes": [60], "repeat_last": false, "then": "complete"}});
    assert_eq!(decide(used, &input), Ok(Decision::Complete("voicemail row: its delays (1) are used".into())));
}

#[test]
fn only_the_current_era_counts_and_other_outcomes_between_do_not() {
    let mut input = after(&[Outcome::Busy, Outcome::Unanswered, Outcome::Busy]);
    let settings = json!({"busy": {"delays_minutes": [10, 20, 30, 40]}});
    assert_eq!(wait(settings.clone(), &input), 20);
    let earlier = (1..4).map(|round| attempt(1, round, 0, Outcome::Busy)).collect::<Vec<_>>();
    input.attempts.iter_mut().for_each(|attempt| attempt.era = 2);
    (input.attempts, input.era) = ([earlier, input.attempts].concat(), 2);
    assert_eq!(wait(settings, &input), 20);
}

#[test]
fn answered_calls_of_both_kinds_count_together() {
    let input = with(after(&[Outcome::Answered; 3]), |input| input.goal = Some(Value::Undetermined));
    let settings = json!({"undetermined_goal": {"delays_minutes": [10, 20, 30]}});
    assert_eq!(wait(settings, &input), 30);
}

#[test]
fn what_the_host_repeats_by_itself_does_not_count() {
    let mut input = after(&[]);
    input.attempts = [1, 1, 1, 2].map(|round| attempt(1, round, 0, Outcome::Failed)).to_vec();
    input.round = 2;
    let settings = json!({"failed": {"delays_minutes": [10, 20, 30], "at_most": 3}});
    assert_eq!(wait(settings, &input), 20);
}

/// Three contacts; the second was called last, in the first round, after the first.
fn of_three(outcome: Outcome) -> Input {
    with(after(&[]), |input| {
        input.contacts = (0..3).map(contact).collect();
        input.attempts = vec![attempt(1, 1, 0, outcome), attempt(1, 1, 1, outcome)];
        input.round = 1;
        input.builtin = Decision::NextContact("busy".into());
    })
}

#[test]
fn every_order_of_contacts() {
    let table = |order: &str| json!({"contact": order, "busy": {"delays_minutes": [15, 40]}});
    let busy = of_three(Outcome::Busy);
    let next = Ok(Decision::NextContact("busy row: the next contact first".into()));
    for (order, to) in [("same", 1), ("rotate", 2), ("primary", 0)] {
        let told = retry(table(order), &busy);
        assert_eq!((told.contact, told.not_before), (Some(to), noon() + 15 * MINUTE), "{order}");
    }
    assert_eq!(decide(table("as_campaign"), &busy), next);
    assert_eq!(decide(table("next_first"), &busy), next);

    let all_tried = with(busy.clone(), |input| input.builtin = Decision::Retry(Retry::at(noon() + HOUR, "busy")));
    for order in ["as_campaign", "next_first"] {
        let told = retry(table(order), &all_tried);
        assert_eq!((told.contact, told.not_before), (None, noon() + 15 * MINUTE), "one wait a round: {order}");
    }
    let rotating = with(all_tried, |input| input.strategy = Strategy::Rotate);
    assert_eq!(retry(table("as_campaign"), &rotating).contact, None);
    assert_eq!(decide(table("next_first"), &rotating), next, "the third one was not tried");
    let two = with(rotating, |input| input.contacts[2].usable = false);
    assert_eq!(retry(table("next_first"), &two).contact, None);
    assert_eq!(retry(table("rotate"), &two).contact, Some(0), "round the corner");
}

#[test]
fn a_row_may_have_an_order_of_its_own() {
    let settings = json!({"contact": "primary", "busy": {"delays_minutes": [15], "contact": "same"}});
    assert_eq!(retry(settings, &of_three(Outcome::Busy)).contact, Some(1));
}

#[test]
fn after_a_conversation_it_is_the_person_who_answered() {
    let input = with(of_three(Outcome::Answered), |input| input.goal = Some(Value::Boolean(false)));
    let told = retry(json!({"answered_without_goal": {"delays_minutes": [90]}}), &input);
    assert_eq!((told.contact, told.not_before), (Some(1), noon() + 90 * MINUTE));
    let next = json!({"answered_without_goal": {"delays_minutes": [90], "contact": "next_first"}});
    assert!(matches!(decide(next, &input), Ok(Decision::NextContact(_))));
}

#[test]
fn a_dead_contact_is_called_by_no_order() {
    let dead = with(of_three(Outcome::Failed), |input| input.attempts[1].failure = Failure::NumberInvalid);
    let table = |order: &str| json!({"failed": {"delays_minutes": [15], "contact": order, "then": "give_up"}});
    assert_eq!(retry(table("same"), &dead).contact, None);
    assert_eq!(retry(table("rotate"), &dead).contact, Some(2));
    let primary = with(dead, |input| input.contacts[0].usable = false);
    let told = decide(table("primary"), &primary);
    assert_eq!(told, Ok(Decision::GiveUp("failed row: the primary contact cannot be called".into())));
    let nobody = with(primary, |input| input.contacts.clear());
    assert_eq!(retry(table("rotate"), &nobody).contact, None);
}

#[test]
fn the_campaigns_rounds_hold_unless_the_table_may_go_beyond() {
    let input = with(after(&[Outcome::Unanswered; 4]), |input| {
        input.max_retries = 3;
        input.builtin = Decision::GiveUp("attempts_used".into());
    });
    let row = json!({"delays_minutes": [10]});
    assert_eq!(decide(json!({"unanswered": row}), &input).as_ref(), Ok(&input.builtin));
    assert_eq!(wait(json!({"unanswered": row, "beyond_campaign_rounds": true}), &input), 10);
}

#[test]
fn a_goal_a_callback_and_a_wrong_person_are_never_overruled() {
    let rows = ROWS.iter().map(|(name, ..)| ((*name).to_owned(), json!({"delays_minutes": [10]}))).collect();
    let mut settings = serde_json::Value::Object(rows);
    settings["times"] = json!(["03:00"]);
    settings["priority"] = json!(5);
    let answered = after(&[Outcome::Answered]);
    for (goal, builtin) in [
        (Some(Value::Boolean(true)), Decision::Complete("goal_reached".into())),
        (None, Decision::Complete("contacted".into())),
        (Some(Value::Boolean(false)), Decision::Retry(Retry::at(noon() + 7, "callback").with_contact(0))),
        (Some(Value::Undetermined), Decision::NextContact("wrong_person".into())),
    ] {
        let input = with(answered.clone(), |input| (input.goal, input.builtin) = (goal, builtin));
        assert_eq!(decide(settings.clone(), &input).as_ref(), Ok(&input.builtin));
    }
}

#[test]
fn times_weekdays_and_priority_hold_for_every_retry() {
    let settings = json!({"busy": {"delays_minutes": [30]}, "priority": -3, "skip_weekdays": ["tuesday"],
        "times": ["09:00-11:00", "17:00-19:00"]});
    let by_row = retry(settings.clone(), &after(&[Outcome::Busy]));
    assert_eq!((by_row.not_before, by_row.priority), (utc(2026, 3, 2, 17, 0), Some(-3)));
    assert_eq!(by_row.reason, "busy row, delay 1: 30 min; moved to monday 17:00");
    let late = with(after(&[Outcome::Unknown]), |input| {
        input.builtin = Decision::Retry(Retry::at(noon() + 8 * HOUR, "unknown"));
    });
    let built_in = retry(settings.clone(), &late);
    assert_eq!((built_in.not_before, built_in.priority), (utc(2026, 3, 4, 9, 0), Some(-3)));
    assert_eq!(built_in.reason, "unknown; moved to wednesday 09:00");
    let mut in_turn = settings;
    in_turn["times_in_turn"] = json!(true);
    assert_eq!(retry(in_turn.clone(), &after(&[Outcome::Busy])).not_before, utc(2026, 3, 4, 9, 0));
    assert_eq!(retry(in_turn, &after(&[Outcome::Busy; 2])).not_before, utc(2026, 3, 2, 17, 0));
}

#[test]
fn a_time_of_day_that_cannot_be_read_is_named() {
    let error = decide(json!({"times": ["half past nine"]}), &after(&[Outcome::Busy])).unwrap_err();
    assert!(error.code == "times_unreadable" && error.message.contains("half past nine"), "{error:?}");
}

#[test]
fn a_stop_variable_completes_wherever_it_is_true() {
    let settings = json!({"stop_variable": "not_interested", "busy": {"delays_minutes": [30]}});
    let stopped = Ok(Decision::Complete("stop variable not_interested is true".into()));
    let named = |value: Value| vec![Variable::new("other", true), Variable::new("not_interested", value)];
    for (value, stops) in [
        (Value::Boolean(true), true),
        (Value::Text(" TRUE".into()), true),
        (Value::Boolean(false), false),
        (Value::Text("yes".into()), false),
        (Value::Number(1.0), false),
        (Value::Undetermined, false),
    ] {
        let of_lead = with(after(&[Outcome::Busy]), |input| input.lead_variables = named(value.clone()));
        let of_call = with(after(&[Outcome::Busy; 2]), |input| input.attempts[0].variables = named(value.clone()));
        for input in [of_lead, of_call] {
            assert_eq!(decide(settings.clone(), &input) == stopped, stops, "{value:?}");
        }
    }
    let earlier = with(after(&[Outcome::Busy]), |input| {
        input.attempts[0].variables = named(true.into());
        input.attempts.push(attempt(2, 1, 0, Outcome::Busy));
        input.era = 2;
    });
    assert_eq!(wait(settings, &earlier), 30, "a call of an earlier era does not stop");
}

#[test]
fn a_mistyped_setting_is_named() {
    let error = serde_json::from_value::<Settings>(json!({"busy": {"delay_minutes": [5]}})).unwrap_err();
    assert!(error.to_string().contains("delay_minutes"), "{error}");
}
