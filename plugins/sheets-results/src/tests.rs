//! Which cells are written, and what becomes of each event.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent};
use campanile_plugin_sdk::types::{Extra, Variable};
use serde_json::{Value as Json, json};

use super::*;

fn event(external_id: Option<&str>, status: &str, said: &str) -> ResultEvent {
    let data = json!({"data": {
        "lead": {"id": "lead_1", "status": status, "reason": null, "attempts": 2, "next_call_at": null},
        "call": {"id": "call_1", "status": "completed", "reason": null, "started_at": "2026-03-02T09:00:00Z", "ended_at": null, "talk_ms": 7}}});
    ResultEvent {
        event_id: "evt_1".into(),
        kind: "lead.completed".into(),
        at: 0,
        external_id: external_id.map(str::to_owned),
        phone: "+12025550100".into(),
        data_json: data.to_string(),
        variables: vec![Variable::new("said", said)],
        extra: Extra::new(),
    }
}

fn settings() -> Settings {
    serde_json::from_value(
        json!({"spreadsheet": "https://docs.google.com/spreadsheets/d/1aB/edit", "key": "No", "attempts": "Calls",
        "variables": {"said": "Said"}}),
    )
    .unwrap()
}

fn tabs() -> Answer {
    Answer::json(&json!({"sheets": [{"properties": {"title": "Ann's"}}]}))
}

fn rows(rows: Json) -> Answer {
    Answer::json(&json!({"valueRanges": [{"values": rows}]}))
}

fn header() -> Answer {
    rows(json!([["No", "Phone", "Status", "Outcome", "Calls", "Said"]]))
}

fn keys(keys: &[&str]) -> Answer {
    rows(keys.iter().map(|key| json!([key])).collect())
}

#[test]
fn results_go_to_the_row_of_their_key_as_they_are() {
    install(
        Host::default()
            .answer(tabs())
            .answer(header())
            .answer(keys(&["a", "", "b"]))
            .answer(Answer::json(&json!({})))
            .answer(header())
            .answer(keys(&["a", "", "b"])),
    );
    let events = [
        event(Some("b"), "rescheduled", "x"),
        event(Some("zz"), "completed", "x"),
        event(None, "completed", "x"),
        event(Some("b"), "completed", "=HYPERLINK(1)"),
    ];
    let acks = SheetsResults::deliver(&events, &settings()).unwrap();
    assert!(matches!(&acks[..], [Ack::Done, Ack::Skipped(_), Ack::Skipped(_), Ack::Done]), "{acks:?}");
    let sent = take_sent();
    let update = sent[3].json();
    assert_eq!((sent[3].method.as_str(), &update["valueInputOption"]), ("POST", &"RAW".into()));
    let cells: Vec<_> = update["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| (cell["range"].as_str().unwrap().to_owned(), cell["values"][0][0].as_str().unwrap().to_owned()))
        .collect();
    let wanted = [
        ("'Ann''s'!C4", "completed"),
        ("'Ann''s'!D4", "completed"),
        ("'Ann''s'!E4", "2"),
        ("'Ann''s'!F4", "=HYPERLINK(1)"),
    ];
    assert_eq!(cells, wanted.map(|(range, text)| (range.to_owned(), text.to_owned())));
}

#[test]
fn a_row_that_was_moved_meanwhile_is_written_again() {
    install(
        Host::default()
            .answer(tabs())
            .answer(header())
            .answer(keys(&["a", "b"]))
            .answer(Answer::json(&json!({})))
            .answer(header())
            .answer(keys(&["b"])),
    );
    let acks = SheetsResults::deliver(&[event(Some("b"), "completed", "x")], &settings()).unwrap();
    assert!(matches!(&acks[..], [Ack::Failed(error)] if error.code == "row_moved"), "{acks:?}");
}

#[test]
fn what_concerns_all_is_an_error_of_all() {
    install(
        Host::default()
            .answer(tabs())
            .answer(rows(json!([["No", "Status"]])))
            .answer(keys(&["a"]))
            .answer(tabs())
            .answer(rows(json!([["No", "Status"]])))
            .answer(keys(&["a"])),
    );
    let error = SheetsResults::deliver(&[event(Some("a"), "completed", "x")], &settings()).unwrap_err();
    assert!(error.code == "misconfigured" && error.message.contains("Outcome, Calls, Said"), "{error:?}");
    assert_eq!(SheetsResults::check(&settings()).unwrap().missing, ["attempts", "outcome", "variables"]);
    install(Host::default().answer(Answer::status(429).header("Retry-After", "60")));
    assert_eq!(
        SheetsResults::deliver(&[event(Some("a"), "completed", "x")], &settings()).unwrap_err().retry_after_ms,
        Some(60_000)
    );
}

#[test]
fn columns_are_counted_in_letters() {
    assert_eq!([0, 25, 26, 51, 52, 701, 702].map(sheet::letters), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
}
