//! The judge is tried on logs that were tampered with, one crime each.

use super::oracle::{Violation, Waits, judge};
use super::records::{Attempt, Dial, Millis, dials};

const MINUTE: Millis = 60_000;
const WAITS: Waits = Waits { interval_ms: 60 * MINUTE, gap_ms: 10 * MINUTE, tolerance_ms: 1_000 };

fn dial(attempt: &str, to: &str, at: Millis, reception: &str, rang: Option<(&str, Millis)>) -> Dial {
    Dial {
        attempt: attempt.into(),
        to: to.into(),
        at,
        reception: reception.into(),
        rang: rang.map(|(outcome, ends_at)| (outcome.to_owned(), ends_at)),
    }
}

fn attempt(id: &str, lead: &str, phone: &str, outcome: &str, started_at: Millis, ended_at: Millis) -> Attempt {
    Attempt {
        id: id.into(),
        lead: lead.into(),
        phone: phone.into(),
        outcome: outcome.into(),
        started_at,
        ended_at: Some(ended_at),
    }
}

/// An honest story: nobody answers a, who is called again; b is refused, then answers; one attempt never left the house.
fn story() -> (Vec<Dial>, Vec<Attempt>) {
    let dials = vec![
        dial("a1", "+1", 0, "placed", Some(("unanswered", 30_000))),
        dial("b1", "+2", 5_000, "refused", None),
        dial("b2", "+2", 60_000, "lost_answer", Some(("answered", 2 * MINUTE))),
        dial("a2", "+1", 61 * MINUTE, "placed", Some(("busy", 61 * MINUTE + 2_000))),
    ];
    let attempts = vec![
        attempt("a1", "A", "+1", "unanswered", 0, 30_000),
        attempt("b1", "B", "+2", "refused", 5_000, 5_000),
        attempt("b2", "B", "+2", "answered", 60_000, 2 * MINUTE),
        attempt("a2", "A", "+1", "busy", 61 * MINUTE, 61 * MINUTE + 2_000),
        attempt("c1", "C", "+3", "not_dialled", 0, 10_000),
    ];
    (dials, attempts)
}

#[test]
fn an_honest_story_has_no_violation_and_adds_up() {
    let (dials, attempts) = story();
    let (figures, found) = judge(&dials, &attempts, WAITS);
    assert_eq!(found, []);
    assert_eq!((figures.dials, figures.attempts, figures.refused, figures.never_sent), (3, 5, 1, 1));
    assert!(figures.add_up(), "{figures}");
}

#[track_caller]
fn only(change: impl FnOnce(&mut Vec<Dial>, &mut Vec<Attempt>)) -> Violation {
    let (mut dials, mut attempts) = story();
    change(&mut dials, &mut attempts);
    let (_, mut found) = judge(&dials, &attempts, WAITS);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn a_second_dial_of_an_attempt_is_found() {
    let found = only(|dials, _| {
        let again = dials[1].clone();
        dials.push(again);
    });
    assert_eq!(found, Violation::DialledTwice { attempt: "b1".into() });
}

#[test]
fn a_dial_without_an_attempt_is_found() {
    let found = only(|dials, _| dials.push(dial("x1", "+9", 0, "placed", Some(("busy", 1_000)))));
    assert_eq!(found, Violation::NotInDatabase { attempt: "x1".into() });
}

#[test]
fn a_dial_before_its_intent_is_found() {
    let found = only(|_, attempts| attempts[3].started_at += 2_000);
    assert_eq!(found, Violation::BeforeIntent { attempt: "a2".into(), early_ms: 2_000 });
}

#[test]
fn two_calls_at_once_on_a_phone_are_found() {
    let found = only(|dials, attempts| {
        dials.push(dial("d1", "+2", 90_000, "placed", Some(("failed", 91_000))));
        attempts.push(attempt("d1", "D", "+2", "failed", 90_000, 91_000));
        // What interests here is the overlap; the least gap would be a second finding.
        dials[2].rang = Some(("failed".into(), 2 * MINUTE));
        attempts[2].outcome = "failed".into();
    });
    assert_eq!(found, Violation::Overlap { on: "+2".into(), attempts: ["b2".into(), "d1".into()] });
}

#[test]
fn two_calls_at_once_for_a_lead_are_found() {
    let found = only(|dials, attempts| {
        dials.push(dial("b3", "+8", 90_000, "placed", Some(("failed", 91_000))));
        attempts.push(attempt("b3", "B", "+8", "failed", 90_000, 91_000));
    });
    assert_eq!(found, Violation::Overlap { on: "B".into(), attempts: ["b2".into(), "b3".into()] });
}

#[test]
fn an_early_redial_of_somebody_who_did_not_answer_is_found() {
    let found = only(|dials, attempts| {
        dials[3].at = 59 * MINUTE;
        attempts[3].started_at = 59 * MINUTE;
    });
    let Violation::EarlyRedial { missing_ms, after, .. } = found else { panic!("{found}") };
    assert_eq!((missing_ms, after.as_str()), (90_000, "unanswered, retry interval"));
}

#[test]
fn an_early_call_of_another_lead_to_the_same_phone_is_found() {
    let found = only(|dials, attempts| {
        dials.push(dial("d1", "+2", 11 * MINUTE, "placed", Some(("busy", 11 * MINUTE + 1))));
        attempts.push(attempt("d1", "D", "+2", "busy", 11 * MINUTE, 11 * MINUTE + 1));
    });
    assert!(matches!(&found, Violation::EarlyRedial { missing_ms: 60_000, .. }), "{found}");
}

#[test]
fn an_early_redial_of_an_unknown_attempt_is_found() {
    let found = only(|dials, attempts| {
        dials[0] = dial("a1", "+1", 0, "lost_request", None);
        attempts[0].outcome = "unknown".into();
        attempts[0].ended_at = Some(60 * MINUTE);
    });
    assert!(matches!(&found, Violation::EarlyRedial { after, .. } if after == "unknown"), "{found}");
}

#[test]
fn a_database_that_tells_another_story_is_found() {
    for (index, outcome) in [(0, "answered"), (0, "not_dialled"), (0, "refused"), (1, "busy"), (4, "answered")] {
        let found = only(|_, attempts| attempts[index].outcome = outcome.into());
        assert!(matches!(found, Violation::Contradiction { .. }), "{found}");
    }
    let found = only(|_, attempts| attempts[3].outcome = "open: ringing".into());
    assert_eq!(found, Violation::Open { attempt: "a2".into() });
}

#[test]
fn a_log_is_read_with_its_hang_ups() {
    let log = concat!(
        r#"{"kind":"dial","attempt":"call_1","to":"+12025550100","caller_id":"+12025550180","number":1,"at":"2026-03-02T14:00:00Z","answer":"placed","rings":true,"call":"sim_1","outcome":"answered","ends_at":"2026-03-02T14:01:00Z"}"#,
        "\n",
        r#"{"kind":"hung_up","call":"sim_1","at":"2026-03-02T14:00:30.500Z"}"#,
        "\n",
        r#"{"kind":"dial","attempt":"call_2","to":"+12025550101","caller_id":"+12025550180","number":1,"at":"2026-03-02T14:00:00Z","answer":"refused","rings":false,"call":null,"outcome":null,"ends_at":null}"#,
        "\n"
    );
    let read = dials(log);
    assert_eq!((read.len(), read[1].rang.clone()), (2, None));
    assert_eq!(read[0].rang, Some(("cancelled".to_owned(), read[0].at + 30_500)));
}
