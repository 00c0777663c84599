//! What must hold of the line: nothing is lost that was not said to be, nothing is told before it happened, every call
//! rings for itself, and a call's fate does not depend on the calls around it.

use std::collections::{BTreeMap, BTreeSet};

use campanile_domain::attempt::{AnsweredBy, Applied, AttemptState, CallStatus};
use campanile_domain::time::{HOUR_MS, MINUTE_MS};
use proptest::prelude::*;

use super::*;
use crate::carrier::scenario::Faults;

const START: Timestamp = Timestamp(1_772_440_000_000);

fn dial(attempt: u128, phone: u64, number: u32) -> Dial {
    Dial {
        attempt: CallId(attempt),
        number,
        caller_id: "+493099999".parse().unwrap(),
        to: format!("+4930{phone:07}").parse().unwrap(),
        assistant_ref: None,
        callback_url: "http://127.0.0.1/hook".to_owned(),
        ring_timeout_ms: 30_000,
        max_call_ms: 600_000,
        variables: [("first_name".to_owned(), "Anna".into())].into_iter().collect(),
    }
}

fn scripted(outcomes: &str, rest: &str) -> Carrier {
    let text = format!("[[script]]\nphone = \"+49300000001\"\noutcomes = [{outcomes}]\n{rest}");
    Carrier::new(text.parse().unwrap(), 1)
}

fn placed(carrier: &mut Carrier, dial: &Dial, now: Timestamp) -> String {
    match carrier.place(dial, None, now).answer {
        PlaceAnswer::Placed { provider_call_id } => provider_call_id,
        other => panic!("{other:?}"),
    }
}

fn statuses(deliveries: &[Delivery]) -> Vec<CallStatus> {
    deliveries.iter().map(|delivery| delivery.event.status).collect()
}

#[test]
fn a_call_that_reaches_its_goal_goes_through_its_course() {
    let mut carrier = scripted(r#"{ outcome = "goal", ring_seconds = 5, talk_seconds = 61 }"#, "");
    let id = placed(&mut carrier, &dial(7, 1, 1), START);
    assert_eq!(carrier.look_up(&id, START).unwrap().status, CallStatus::Initiated);
    let told = carrier.take_due(START + HOUR_MS);
    assert_eq!(statuses(&told), [CallStatus::Ringing, CallStatus::InProgress, CallStatus::Completed]);
    let end = &told[2].event;
    assert_eq!((end.attempt, end.answered_by, end.talk_ms), (Some(CallId(7)), AnsweredBy::Human, Some(61_000)));
    assert_eq!(end.cost_micros.map(|cost| cost.0), Some(30_000));
    assert_eq!(end.analysis.as_ref().and_then(|answers| answers.get("goal_reached")), Some(&true.into()));
    assert!(end.transcript.as_ref().unwrap()[0].text.contains("Anna"));
    assert_eq!(carrier.look_up(&id, START + HOUR_MS).as_ref(), Some(end));
    assert_eq!((carrier.next_due(), carrier.look_up("sim_call_1_1", START)), (None, None));
}

#[test]
fn every_outcome_ends_as_it_should() {
    use CallStatus::{Busy, Completed, Failed, InProgress, Ringing, Unanswered};
    let cases: [(&str, &[CallStatus], &str); 5] = [
        ("busy", &[Busy], "sip_486"),
        ("unanswered", &[Ringing, Unanswered], "sip_480"),
        ("number_invalid", &[Failed], "sip_404"),
        ("provider_fault", &[Failed], "sip_503"),
        ("voicemail", &[Ringing, InProgress, Completed], "sip_200"),
    ];
    for (word, course, code) in cases {
        let mut carrier = scripted(&format!("{word:?}"), "");
        placed(&mut carrier, &dial(1, 1, 1), START);
        let told = carrier.take_due(START + HOUR_MS);
        assert_eq!((statuses(&told).as_slice(), told.last().unwrap().event.code.as_str()), (course, code));
    }
}

#[test]
fn the_limits_of_the_dial_hold() {
    let mut carrier = scripted(r#"{ outcome = "goal", ring_seconds = 300, talk_seconds = 9999 }"#, "");
    placed(&mut carrier, &dial(1, 1, 1), START);
    let told = carrier.take_due(START + HOUR_MS);
    assert!(told[1].event.at.since(told[0].event.at) < 30_000);
    assert_eq!(told[2].event.talk_ms, Some(600_000));
}

#[test]
fn two_dials_of_one_attempt_are_two_calls() {
    let mut carrier = scripted(r#""unanswered""#, "");
    let ids: BTreeSet<_> = (0..3).map(|n| placed(&mut carrier, &dial(1, 1, 1), START + n)).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(carrier.take_due(START + HOUR_MS).len(), 6);
}

#[test]
fn a_lost_answer_rings_and_a_lost_request_does_not() {
    let mut carrier = scripted(r#""lost_answer", "lost_request", "refused_number", "busy""#, "");
    let later = START + MINUTE_MS;
    let first = carrier.place(&dial(1, 1, 1), None, START);
    assert!(matches!(first.answer, PlaceAnswer::Unsure { .. }) && first.call.is_some());
    assert!(matches!(carrier.find(CallId(1), START, later), Finding::Found(_)));
    let second = carrier.place(&dial(2, 1, 2), None, START);
    assert!(matches!(second.answer, PlaceAnswer::Unsure { .. }) && second.call.is_none());
    assert_eq!(carrier.find(CallId(2), START, later), Finding::SurelyNotDialled);
    let third = carrier.place(&dial(3, 1, 3), None, START);
    assert!(matches!(third.answer, PlaceAnswer::Refused(refusal) if refusal.scope == RefusalScope::ThisNumber));
    for number in 4..6 {
        assert_eq!(carrier.place(&dial(4, 1, number), None, START).call.unwrap().outcome, Outcome::Busy);
    }
}

#[test]
fn a_call_is_found_only_after_its_lag_and_not_in_a_blind_spell() {
    let mut late = scripted(r#""busy""#, "[faults]\nfind_lag_seconds = 600");
    for attempt in 1..50 {
        placed(&mut late, &dial(attempt, 1, 1), START);
    }
    let found = |now| (1..50).filter(|n| matches!(late.find(CallId(*n), START, now), Finding::Found(_))).count();
    assert!(found(START) == 0 && (10..40).contains(&found(START + 300_000)) && found(START + 600_000) == 49);
    let mut blind = scripted(r#""busy""#, "[faults]\nblind_find = 1\nblind_seconds = 60\nfind_lag_seconds = 0");
    placed(&mut blind, &dial(1, 1, 1), START);
    assert_eq!(blind.find(CallId(1), START, START + 59_999), Finding::CannotTell);
    assert_eq!(blind.find(CallId(2), START, START + 59_999), Finding::CannotTell);
    assert!(matches!(blind.find(CallId(1), START, START + 60_000), Finding::Found(_)));
    assert_eq!(blind.find(CallId(2), START, START + 60_000), Finding::SurelyNotDialled);
}

#[test]
fn what_was_forgotten_is_not_denied() {
    let mut carrier = scripted(r#""busy""#, "");
    placed(&mut carrier, &dial(1, 1, 1), START);
    let now = START + REMEMBERED_MS + 1;
    placed(&mut carrier, &dial(2, 2, 1), now);
    assert_eq!(carrier.find(CallId(1), START, now), Finding::CannotTell);
    assert_eq!(carrier.find(CallId(3), now, now), Finding::SurelyNotDialled);
}

#[test]
fn hanging_up_ends_a_live_call_and_its_further_news() {
    let mut carrier = scripted(r#"{ outcome = "goal", ring_seconds = 5, talk_seconds = 60 }"#, "");
    let id = placed(&mut carrier, &dial(1, 1, 1), START);
    let now = START + 30_000;
    assert_eq!(carrier.take_due(now).len(), 2);
    assert_eq!(carrier.hang_up(&id, now), Some(true));
    assert_eq!(carrier.hang_up(&id, now + 1), Some(false));
    assert_eq!(carrier.hang_up("sim_nonsense", now), None);
    let told = carrier.take_due(START + HOUR_MS);
    assert_eq!(statuses(&told), [CallStatus::Cancelled]);
    assert!((20_000..26_000).contains(&told[0].event.talk_ms.unwrap()), "{:?}", told[0].event.talk_ms);
    assert_eq!(carrier.look_up(&id, now).unwrap().status, CallStatus::Cancelled);
}

#[test]
fn an_analysis_can_come_later_and_never() {
    let faults = "[faults]\nlate_analysis = 1\nlate_analysis_seconds = 60";
    let mut carrier = scripted(r#""goal""#, faults);
    placed(&mut carrier, &dial(1, 1, 1), START);
    let told = carrier.take_due(START + HOUR_MS);
    assert_eq!(told[2].event.status, told[3].event.status);
    assert!(told[2].event.analysis.is_none() && told[3].event.analysis.is_some());
    assert_eq!(told[3].due_at.since(told[2].due_at), 60_000);
    assert!(told[2].event.event_id != told[3].event.event_id);
    let mut carrier = scripted(r#""goal""#, "[faults]\nno_analysis = 1");
    placed(&mut carrier, &dial(1, 1, 1), START);
    let told = carrier.take_due(START + HOUR_MS);
    assert!(told[2].event.analysis.is_none() && told[2].event.transcript.is_some());
}

#[test]
fn a_failure_of_the_carrier_can_end_otherwise_when_repeated_under_the_same_number() {
    let text = "[rates]\nanswer = 0.5\nfailed = 0.5\n[failures]\nprovider_fault = 1";
    let mut carrier = Carrier::new(text.parse().unwrap(), 1);
    for phone in 0..50 {
        let ends = |attempt: u128, carrier: &mut Carrier| {
            carrier.place(&dial(attempt, phone, 1), None, START).call.unwrap().outcome
        };
        assert!((0..40).any(|n| ends(n, &mut carrier) == Outcome::Answered), "{phone}");
    }
}

#[test]
fn what_an_assistant_asks_is_what_is_answered() {
    let mut carrier = scripted(r#""goal""#, "");
    carrier.place(&dial(1, 1, 1), Some(Arc::from([])), START);
    let told = carrier.take_due(START + HOUR_MS);
    assert!(told[2].event.analysis.as_ref().unwrap().is_empty());
}

fn stormy() -> impl Strategy<Value = Faults> {
    (0.0..0.5, 0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..0.4).prop_map(
        |(lost_event, duplicate_event, late_event, reorder, late_analysis, lost_answer)| Faults {
            lost_event,
            duplicate_event,
            late_event,
            reorder,
            late_analysis,
            lost_answer,
            refuse: 0.1,
            ..Faults::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_same_calls_meet_the_same_fate_whatever_their_order(order in Just((0..40_u64).collect::<Vec<_>>()).prop_shuffle(), faults in stormy()) {
        let scenario = Scenario { faults, ..Scenario::default() };
        let run = |order: &[u64]| -> BTreeMap<String, Vec<(Timestamp, CallEvent)>> {
            let mut carrier = Carrier::new(scenario.clone(), 5);
            for n in order {
                carrier.place(&dial(u128::from(*n), n / 2, (n % 2) as u32 + 1), None, START);
            }
            let mut told = BTreeMap::new();
            for delivery in carrier.take_due(START + DAY_MS) {
                told.entry(delivery.event.provider_call_id.clone()).or_insert_with(Vec::new).push((delivery.due_at, delivery.event));
            }
            told
        };
        prop_assert_eq!(run(&order), run(&(0..40).collect::<Vec<_>>()));
    }

    #[test]
    fn faults_of_events_change_the_news_and_never_the_truth(faults in stormy(), phone in 0..5_000_u64) {
        let calm_faults = Faults { refuse: faults.refuse, lost_answer: faults.lost_answer, ..Faults::default() };
        let mut storm = Carrier::new(Scenario { faults: faults.clone(), ..Scenario::default() }, 5);
        let mut calm = Carrier::new(Scenario { faults: calm_faults, ..Scenario::default() }, 5);
        let (stormy, clear) = (storm.place(&dial(1, phone, 1), None, START), calm.place(&dial(1, phone, 1), None, START));
        prop_assert_eq!(&stormy, &clear);
        if let Some(call) = stormy.call {
            let end = START + DAY_MS;
            let (mut seen, mut plain) = (storm.look_up(&call.provider_call_id, end).unwrap(), calm.look_up(&call.provider_call_id, end).unwrap());
            (seen.event_id, plain.event_id) = (String::new(), String::new());
            prop_assert_eq!(seen, plain);
        }
    }

    #[test]
    fn all_news_arrives_but_what_is_lost_and_the_engine_ends_where_the_truth_is(mut faults in stormy(), phone in 0..5_000_u64) {
        faults.lost_event = 0.0;
        faults.refuse = 0.0;
        let mut carrier = Carrier::new(Scenario { faults, ..Scenario::default() }, 5);
        let call = carrier.place(&dial(1, phone, 1), None, START).call.unwrap();
        let told = carrier.take_due(START + DAY_MS);
        let truth = carrier.look_up(&call.provider_call_id, START + DAY_MS).unwrap();
        let mut state = AttemptState::Unknown;
        for delivery in &told {
            prop_assert!(delivery.due_at >= delivery.event.at, "told before it happened");
            if let Applied::Moved(next) = state.apply(delivery.event.status, delivery.event.answered_by) {
                state = next;
            }
        }
        let ids: BTreeSet<_> = told.iter().map(|delivery| &delivery.event.event_id).collect();
        let course = match call.outcome {
            Outcome::Answered | Outcome::Voicemail => 3,
            Outcome::Unanswered => 2,
            _ => 1,
        };
        prop_assert!(ids.len() == course || ids.len() == course + 1);
        prop_assert_eq!(state, AttemptState::Ended(call.outcome));
        prop_assert!(ids.contains(&truth.event_id));
    }
}

#[test]
fn a_reordered_event_is_told_after_the_next_one() {
    let mut carrier = scripted(r#""goal""#, "[faults]\nreorder = 1");
    placed(&mut carrier, &dial(1, 1, 1), START);
    let told = carrier.take_due(START + HOUR_MS);
    assert_eq!(statuses(&told), [CallStatus::Completed, CallStatus::InProgress, CallStatus::Ringing]);
}
