//! What is written, and what becomes of each event.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent};
use campanile_plugin_sdk::types::{Extra, Health, Value, Variable};

use super::*;

fn event(external_id: Option<&str>, status: &str) -> ResultEvent {
    let data = json!({"type": "lead.rescheduled", "data": {
        "lead": {"id": "lead_1", "status": status, "reason": null, "attempts": 2, "next_call_at": null},
        "call": {"id": "call_1", "status": "completed", "reason": "voicemail", "started_at": "2026-03-02T09:00:00Z", "ended_at": null, "talk_ms": 7}}});
    ResultEvent {
        event_id: "evt_1".into(),
        kind: "lead.rescheduled".into(),
        at: 0,
        external_id: external_id.map(str::to_owned),
        phone: "+12025550100".into(),
        data_json: data.to_string(),
        variables: vec![Variable::new("booked", true), Variable { name: "size".into(), value: Value::Undetermined }],
        extra: Extra::new(),
    }
}

fn settings() -> Settings {
    serde_json::from_value(json!({"next_call": "next", "last_call": "last", "attempts": "tries",
        "variables": {"booked": "is_booked", "size": "size"}}))
    .unwrap()
}

#[test]
fn one_batch_writes_the_last_word_of_each_contact() {
    install(Host::default().answer(Answer::json(&json!({"status": "COMPLETE", "results": []}))));
    let events = [
        event(Some("7"), "rescheduled"),
        event(None, "completed"),
        event(Some("7"), "completed"),
        event(Some("8"), "completed"),
    ];
    let acks = HubspotResults::deliver(&events, &settings()).unwrap();
    assert!(matches!(&acks[..], [Ack::Done, Ack::Skipped(_), Ack::Done, Ack::Done]), "{acks:?}");
    let sent = take_sent();
    assert_eq!((sent.len(), sent[0].url.as_str()), (1, "https://api.hubapi.com/crm/v3/objects/contacts/batch/update"));
    let inputs = &sent[0].json()["inputs"];
    assert_eq!(inputs.as_array().unwrap().len(), 2);
    let wanted = json!({"campanile_status": "completed", "campanile_outcome": "completed: voicemail", "last": "2026-03-02T09:00:00Z",
        "next": "", "tries": "2", "is_booked": "true"});
    assert_eq!(
        (&inputs[0]["id"], &inputs[0]["properties"]),
        (&"7".into(), &wanted),
        "what the call did not tell is left alone"
    );
}

#[test]
fn a_contact_that_is_gone_is_skipped_and_the_others_are_written() {
    let body = json!({"status": "COMPLETE", "results": [{"id": "7"}], "numErrors": 1,
        "errors": [{"status": "error", "category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": ["8"]}}]});
    install(Host::default().answer(Answer::json(&body).with_status(207)));
    let acks =
        HubspotResults::deliver(&[event(Some("7"), "completed"), event(Some("8"), "completed")], &settings()).unwrap();
    assert!(matches!(&acks[..], [Ack::Done, Ack::Skipped(_)]), "{acks:?}");
}

#[test]
fn a_value_that_is_not_taken_holds_up_nobody_else() {
    let invalid = || {
        Answer::json(&json!({"status": "error", "category": "VALIDATION_ERROR", "message": "not an option"}))
            .with_status(400)
    };
    install(Host::default().answer(invalid()).answer(Answer::json(&json!({}))).answer(invalid()));
    let acks =
        HubspotResults::deliver(&[event(Some("7"), "completed"), event(Some("8"), "completed")], &settings()).unwrap();
    assert!(matches!(&acks[..], [Ack::Done, Ack::Skipped(why)] if why.contains("not an option")), "{acks:?}");
    let methods: Vec<_> = take_sent().into_iter().map(|sent| sent.method).collect();
    assert_eq!(methods, ["POST", "PATCH", "PATCH"]);
}

#[test]
fn what_concerns_all_is_an_error_of_all() {
    let unknown = Answer::json(&json!({"category": "VALIDATION_ERROR", "message": "Property \"x\" does not exist",
        "errors": [{"code": "PROPERTY_DOESNT_EXIST"}]}));
    install(
        Host::default()
            .answer(unknown.with_status(400))
            .answer(Answer::status(429).header("Retry-After", "11"))
            .answer(Answer::status(401)),
    );
    let deliver = || {
        HubspotResults::deliver(&[event(Some("7"), "completed"), event(Some("8"), "completed")], &settings())
            .unwrap_err()
    };
    assert_eq!(deliver().code, "misconfigured");
    assert_eq!(deliver().retry_after_ms, Some(11_000));
    assert_eq!(deliver().code, "http_not_permitted");
}

#[test]
fn a_property_that_is_not_there_is_named_with_its_setting() {
    let known = json!({"results": [{"name": "campanile_status"}, {"name": "campanile_outcome"}, {"name": "next"}, {"name": "last"}, {"name": "tries"}, {"name": "size"}]});
    install(Host::default().answer(Answer::json(&known)));
    let checked = HubspotResults::check(&settings()).unwrap();
    assert_eq!((checked.health, checked.missing), (Health::Misconfigured, vec!["variables".to_owned()]));
    assert!(checked.summary.contains("is_booked"), "{}", checked.summary);
}
