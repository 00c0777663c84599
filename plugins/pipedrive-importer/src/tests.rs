//! How Pipedrive is asked, and what its answers become.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent, unasked};
use campanile_plugin_sdk::importer::{IncomingLead, Mode};
use campanile_plugin_sdk::types::Health;
use serde_json::json;

use super::*;

const OWN: &str = "9dc80c50d78a15643bfc4ca79d76156a73a1ca0e";
const OTHER: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

fn settings(more: Json) -> Settings {
    serde_json::from_value(more).unwrap()
}

fn person(id: u64) -> Json {
    json!({"id": id, "name": "Ann Lee", "is_deleted": false, "label_ids": [5, 9], "update_time": "2026-01-01T00:00:00Z",
        "phones": [{"value": "+41 44 111 22 33", "primary": false, "label": "work"},
            {"value": "", "primary": false, "label": "home"}, {"value": "+41791112233", "primary": true, "label": "mobile"}],
        "custom_fields": {OWN: {"value": 2300, "currency": "EUR"}, OTHER: "Bern"}})
}

fn phones(lead: &IncomingLead) -> Vec<(&str, Option<&str>)> {
    lead.contacts.iter().map(|contact| (contact.phone.as_str(), contact.label.as_deref())).collect()
}

#[test]
fn everything_comes_by_id_and_then_what_changed() {
    install(
        Host::default()
            .now(1_767_225_600_000)
            .answer(Answer::json(
                &json!({"success": true, "data": [person(1)], "additional_data": {"next_cursor": "c/2"}}),
            ))
            .answer(Answer::json(
                &json!({"success": true, "data": [person(2)], "additional_data": {"next_cursor": null}}),
            ))
            .answer(Answer::json(&json!({"success": true, "data": []}))),
    );
    let settings = settings(json!({"filter": "7", "variables": {"city": OTHER, "worth": OWN}}));
    let first = PipedriveImporter::pull(None, 900, &settings).unwrap();
    let second = PipedriveImporter::pull(first.cursor.as_deref(), 900, &settings).unwrap();
    let third = PipedriveImporter::pull(second.cursor.as_deref(), 900, &settings).unwrap();
    assert_eq!((first.mode, second.mode, third.mode), (Mode::SnapshotPart, Mode::SnapshotEnd, Mode::Delta));
    assert!(first.more && !second.more && !third.more);
    let sent = take_sent();
    let asked: Vec<_> = sent.iter().map(|sent| sent.url.split_once('?').unwrap().1.to_owned()).collect();
    let always = format!("custom_fields={OTHER}%2C{OWN}&limit=500&sort_by=id&sort_direction=asc&filter_id=7");
    let since = "&updated_since=2025-12-31T23%3A50%3A00Z";
    assert_eq!(asked, [always.clone(), format!("{always}&cursor=c%2F2"), format!("{always}{since}")]);
    assert_eq!(sent[0].auth.as_deref(), Some("token"));
    let lead = &first.leads[0];
    assert_eq!(lead.contacts[0].name.as_deref(), Some("Ann Lee"));
    let variable = |name: &str| campanile_plugin_sdk::types::find(&lead.variables, name).cloned();
    assert_eq!((variable("city"), variable("worth")), (Some("Bern".into()), Some(2300.0.into())));
}

#[test]
fn phones_come_in_the_order_that_is_wanted() {
    let lead = |more: Json| person::lead(&settings(more), &person(1)).unwrap();
    let all = lead(json!({}));
    assert_eq!(phones(&all), [("+41791112233", Some("mobile")), ("+41 44 111 22 33", Some("work"))]);
    let chosen = lead(json!({"phone_labels": ["Work"]}));
    assert_eq!(phones(&chosen), [("+41 44 111 22 33", Some("work"))]);
    let own = lead(json!({"phone_labels": ["mobile"], "phone_fields": [OWN, "no_such"]}));
    assert_eq!(phones(&own), [("+41791112233", Some("mobile")), ("2300", None)]);
    let none = person::lead(&settings(json!({"phone_labels": ["fax"]})), &person(1)).unwrap_err();
    assert_eq!((none.code.as_str(), none.field.as_str(), none.external_id.as_str()), ("phone_missing", "phones", "1"));
}

#[test]
fn whoever_must_not_be_called_says_so_by_a_field_or_a_label() {
    let silent = |more: Json, own: Json| {
        let mut person = person(1);
        person["custom_fields"][OTHER] = own;
        person::lead(&settings(more), &person).unwrap().do_not_call
    };
    let field = || json!({"do_not_call": OTHER});
    for (own, is) in [(json!(17), true), (json!("Yes"), true), (json!(true), true), (json!("x"), true)] {
        assert_eq!(silent(field(), own.clone()), is, "{own}");
    }
    for own in [json!(null), json!(""), json!("No"), json!(0), json!(false), json!([]), json!({})] {
        assert!(!silent(field(), own.clone()), "{own}");
    }
    let one_option = || json!({"do_not_call": OTHER, "do_not_call_values": ["17"]});
    assert!(
        silent(one_option(), json!(17)) && silent(one_option(), json!([16, 17])) && !silent(one_option(), json!(18))
    );
    assert!(silent(json!({"do_not_call_labels": ["9"]}), json!(null)));
    assert!(!silent(json!({"do_not_call_labels": ["8"]}), json!(null)));
}

#[test]
fn ragged_persons_are_rejected_or_taken_and_never_a_fault() {
    let read = |person: Json| person::lead(&settings(json!({"do_not_call": OTHER})), &person);
    for (person, code) in [
        (json!({"name": "No id", "phones": [{"value": "1"}]}), "id_missing"),
        (json!({"id": 1, "phones": null}), "phone_missing"),
        (json!({"id": 1, "phones": "+41791112233"}), "phone_missing"),
        (json!({"id": 1, "phones": [null, 7, {"value": {}}, {"label": "work"}], "custom_fields": []}), "phone_missing"),
        (json!(null), "id_missing"),
        (json!("text"), "id_missing"),
    ] {
        assert_eq!(read(person.clone()).unwrap_err().code, code, "{person}");
    }
    let odd = read(
        json!({"id": "12", "name": null, "phones": [{"value": 41_791_112_233_u64, "label": null}], "label_ids": 3}),
    )
    .unwrap();
    assert_eq!((odd.external_id.as_str(), phones(&odd)), ("12", vec![("41791112233", None)]));
    assert!(read(json!({"id": 4, "is_deleted": true})).unwrap().deleted);
    assert!(read(json!({"id": 4, "custom_fields": {OTHER: 1}})).unwrap().do_not_call);
}

#[test]
fn an_unknown_cursor_begins_the_run_again_and_another_fault_does_not() {
    let fault = || Answer::json(&json!({"success": false, "error": "Invalid cursor"})).with_status(400);
    install(Host::default().answer(fault()).answer(Answer::json(&json!({"data": [person(1)]}))));
    let middle = r#"{"full":5,"began":5,"next":"old"}"#;
    let page = PipedriveImporter::pull(Some(middle), 100, &settings(json!({}))).unwrap();
    assert_eq!((page.leads.len(), page.mode, unasked()), (1, Mode::SnapshotEnd, 0));
    install(Host::default().answer(fault()));
    assert_eq!(PipedriveImporter::pull(None, 100, &settings(json!({}))).unwrap_err().code, "http_refused");
}

#[test]
fn too_many_requests_has_two_spellings() {
    let pull = |answer: Answer| {
        install(Host::default().answer(answer));
        let error = PipedriveImporter::pull(None, 100, &settings(json!({}))).unwrap_err();
        (error.code, error.retry_after_ms)
    };
    let busy = "http_too_many_requests".to_owned();
    assert_eq!(pull(Answer::status(429).header("x-ratelimit-reset", "2")), (busy.clone(), Some(2_000)));
    assert_eq!(pull(Answer::status(429).header("x-ratelimit-reset", "2").header("retry-after", "9")).1, Some(9_000));
    assert_eq!(pull(Answer::status(429)), (busy.clone(), None));
    assert_eq!(pull(Answer::status(403).body("<html>Access denied</html>")), (busy, Some(SHUT_OUT_MS)));
    let forbidden = Answer::json(&json!({"success": false, "error": "Scope and URL mismatch"})).with_status(403);
    assert_eq!(pull(forbidden).0, "http_not_permitted");
}

#[test]
fn a_push_is_believed_when_it_comes_with_the_password() {
    use base64::Engine as _;
    let push = |meta: Json, pair: &str, more: Json| {
        let header = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        let webhook = Webhook {
            method: "POST".into(),
            url: "https://h.example/hooks/sources/src_1/t".into(),
            headers: vec![("authorization".into(), header)],
            body: json!({"meta": meta}).to_string().into_bytes(),
            received_at: 0,
        };
        PipedriveImporter::receive(&webhook, &settings(more))
    };
    let good = "campanile:s3cret:x";
    let host = || Host::default().secret("webhook_password", "s3cret:x");
    install(host());
    let gone = push(json!({"action": "delete", "entity": "person", "entity_id": "7"}), good, json!({})).unwrap();
    assert_eq!((gone.leads[0].external_id.as_str(), gone.leads[0].deleted), ("7", true));
    let deal = push(json!({"action": "delete", "entity": "deal", "entity_id": "7"}), good, json!({})).unwrap();
    assert!(deal.leads.is_empty());
    for wrong in ["campanile:guess", "ann:s3cret:x", "campanile"] {
        let forged =
            push(json!({"action": "delete", "entity": "person", "entity_id": 7}), wrong, json!({})).unwrap_err();
        assert_eq!(forged.code, "webhook_forged", "{wrong}");
    }
    install(host().answer(Answer::json(&json!({"data": [person(8)]}))));
    let change = json!({"action": "change", "entity": "person", "entity_id": "8"});
    assert_eq!(push(change.clone(), good, json!({})).unwrap().leads.len(), 1);
    assert_eq!(take_sent()[0].query(), [("ids".to_owned(), "8".to_owned())]);
    assert!(push(change, good, json!({"filter": "3"})).unwrap().leads.is_empty());
}

#[test]
fn check_says_who_we_are_or_names_what_is_wrong() {
    let check = |host: Host, more: Json| {
        install(host);
        let checked = PipedriveImporter::check(&settings(more)).unwrap();
        assert_eq!(unasked(), 0);
        (checked.health, checked.missing, checked.summary)
    };
    let me = || Answer::json(&json!({"success": true, "data": {"name": "Ann", "company_name": "Harbour"}}));
    let fields = || Answer::json(&json!({"data": [{"field_code": OWN, "field_name": "Worth"}]}));
    let none = || Answer::json(&json!({"data": []}));
    let ready = check(Host::default().answer(me()).answer(fields()).answer(none()), json!({"consent": OWN}));
    assert_eq!((ready.0, ready.2.as_str()), (Health::Ready, "Pipedrive knows you as Ann of Harbour."));
    let refused = check(Host::default().answer(Answer::json(&json!({"success": false})).with_status(401)), json!({}));
    assert_eq!((refused.0, refused.1), (Health::Misconfigured, vec!["token".to_owned()]));
    let field =
        check(Host::default().answer(me()).answer(fields()), json!({"priority": OTHER, "variables": {"a": OWN}}));
    assert_eq!((field.0, field.1), (Health::Misconfigured, vec!["priority".to_owned()]));
    let filter = Answer::json(&json!({"success": false})).with_status(400);
    let wrong = check(Host::default().answer(me()).answer(fields()).answer(filter), json!({"filter": "9"}));
    assert_eq!(wrong.1, ["filter"]);
    assert_eq!(check(Host::default().answer(Answer::status(502)), json!({})).0, Health::Unreachable);
}

#[test]
fn choices_come_from_pipedrive() {
    let choose = |setting: &str, query: &str, answer: Answer| {
        install(Host::default().answer(answer));
        let choices = PipedriveImporter::options(setting, query, &settings(json!({}))).unwrap();
        choices.into_iter().map(|choice| (choice.value, choice.label)).collect::<Vec<_>>()
    };
    let filters = Answer::json(&json!({"data": [{"id": 3, "name": "Spring"}, {"id": 4, "name": "Autumn"}]}));
    assert_eq!(choose("filter", "spr", filters), [("3".to_owned(), "Spring".to_owned())]);
    let labels = json!({"data": [{"field_code": "label_ids", "options": [{"id": 9, "label": "Never"}]}, {"field_code": OWN, "field_name": "W"}]});
    assert_eq!(choose("do_not_call_labels", "", Answer::json(&labels)), [("9".to_owned(), "Never".to_owned())]);
    install(Host::default());
    assert_eq!(PipedriveImporter::options("phone_labels", "", &settings(json!({}))).unwrap().len(), 4);
    assert!(PipedriveImporter::options("api_base", "", &settings(json!({}))).unwrap().is_empty());
}

#[test]
fn the_manifest_names_the_settings() {
    let manifest: toml::Table = include_str!("../campanile.toml").parse().unwrap();
    let properties = manifest["settings"]["properties"].as_table().unwrap();
    let mut all = serde_json::Map::new();
    for (name, property) in properties {
        assert!(property.get("title").is_some(), "{name}");
        if let Some(default) = property.get("default") {
            all.insert(name.clone(), serde_json::to_value(default).unwrap());
        }
    }
    let read = format!("{:?}", settings(Json::Object(all)));
    assert_eq!(read, format!("{:?}", Settings::default()), "the defaults of schema and code are the same");
    for name in properties.keys() {
        assert!(read.contains(&format!("{name}: ")), "{name}");
    }
}
