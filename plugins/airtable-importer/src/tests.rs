//! How Airtable is asked, and what its answers become.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent};
use campanile_plugin_sdk::importer::Mode;
use campanile_plugin_sdk::types::Health;
use serde_json::json;

use super::*;

fn settings() -> Settings {
    serde_json::from_value(
        json!({"base": "app1", "table": "People & pets", "view": "Callable", "phones": ["Phone", "Work/Home"],
        "name": ["Name"], "do_not_call": "Silent", "variables": {"plan": "Plan"}}),
    )
    .unwrap()
}

fn page(records: Json, offset: Option<&str>) -> Answer {
    let mut body = json!({ "records": records });
    if let Some(offset) = offset {
        body["offset"] = offset.into();
    }
    Answer::json(&body)
}

#[test]
fn only_what_is_mapped_is_asked_for_and_empty_fields_are_missing() {
    install(Host::default().answer(page(
        json!([
            {"id": "rec1", "createdTime": "2026-01-01T00:00:00.000Z", "fields": {"Phone": "+41441112233", "Work/Home": "+41441112234", "Name": "Ann", "Plan": "gold"}},
            {"id": "rec2", "fields": {"Silent": true}},
            {"id": "rec3", "fields": {}},
        ]),
        None,
    )));
    let found = AirtableImporter::pull(None, 500, &settings()).unwrap();
    assert_eq!((found.leads.len(), found.leads[0].contacts.len(), found.leads[1].do_not_call), (2, 2, true));
    assert_eq!((found.rejected[0].external_id.as_str(), found.rejected[0].code.as_str()), ("rec3", "phone_missing"));
    let sent = take_sent();
    assert!(
        sent[0].url.starts_with("https://api.airtable.com/v0/app1/People%20%26%20pets?pageSize=100&"),
        "{}",
        sent[0].url
    );
    let fields: Vec<_> =
        sent[0].query().into_iter().filter(|(name, _)| name == "fields[]").map(|(_, value)| value).collect();
    assert_eq!(fields, ["Name", "Phone", "Plan", "Silent", "Work/Home"]);
}

#[test]
fn an_iteration_that_is_over_begins_again() {
    install(
        Host::default()
            .answer(page(json!([]), Some("itr1/rec1")))
            .answer(
                Answer::json(&json!({"error": {"type": "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "message": "gone"}}))
                    .with_status(422),
            )
            .answer(page(json!([]), None)),
    );
    let first = AirtableImporter::pull(None, 100, &settings()).unwrap();
    let second = AirtableImporter::pull(first.cursor.as_deref(), 100, &settings()).unwrap();
    assert_eq!((first.mode, second.mode), (Mode::SnapshotPart, Mode::SnapshotEnd));
    let offsets: Vec<_> =
        take_sent().iter().map(|sent| sent.query().into_iter().any(|(name, _)| name == "offset")).collect();
    assert_eq!(offsets, [false, true, false]);
}

#[test]
fn changes_are_asked_for_by_formula_and_a_refusal_lasts_half_a_minute() {
    install(Host::default().now(1_767_225_700_000).answer(page(json!([]), None)).answer(Answer::status(429)));
    let cursor = r#"{"since":1767225600000,"full":1767225600000}"#;
    AirtableImporter::pull(Some(cursor), 100, &settings()).unwrap();
    let formula = take_sent()[0].query().into_iter().find(|(name, _)| name == "filterByFormula").unwrap().1;
    assert_eq!(
        formula,
        "OR(NOT(IS_BEFORE(LAST_MODIFIED_TIME(), '2026-01-01T00:00:00Z')), NOT(IS_BEFORE(CREATED_TIME(), '2026-01-01T00:00:00Z')))"
    );
    let busy = AirtableImporter::pull(Some(cursor), 100, &settings()).unwrap_err();
    assert_eq!((busy.code.as_str(), busy.retry_after_ms), ("http_too_many_requests", Some(30_000)));
}

#[test]
fn what_is_wrong_is_named_by_its_setting() {
    let missing = |answer: Answer| {
        install(Host::default().answer(answer));
        let checked = AirtableImporter::check(&settings()).unwrap();
        assert_eq!(checked.health, Health::Misconfigured, "{}", checked.summary);
        checked.missing
    };
    assert_eq!(missing(Answer::status(401)), ["token"]);
    assert_eq!(missing(Answer::status(404)), ["base", "table", "token"]);
    let refused = |kind: &str, message: &str| {
        missing(Answer::json(&json!({"error": {"type": kind, "message": message}})).with_status(422))
    };
    assert_eq!(refused("UNKNOWN_FIELD_NAME", "Unknown field name: \"Plan\""), ["variables"]);
    assert_eq!(refused("UNKNOWN_FIELD_NAME", "Unknown field name: \"Phone\""), ["phones"]);
    assert_eq!(refused("UNKNOWN_FIELD_NAME", "?"), ["do_not_call", "name", "phones", "variables"]);
    assert_eq!(refused("VIEW_NAME_NOT_FOUND", "View not found"), ["view"]);
    assert_eq!(refused("INVALID_REQUEST", "?"), ["table"]);
    install(Host::default().answer(Answer::status(503)).answer(page(json!([]), None)));
    assert_eq!(AirtableImporter::check(&settings()).unwrap().health, Health::Unreachable);
    assert_eq!(AirtableImporter::check(&settings()).unwrap().health, Health::Ready);
}

#[test]
fn lists_and_failed_formulas_are_read_for_what_they_are() {
    let records = json!([
        {"id": "rec1", "fields": {"Phone": ["+41441112233", "+41441112234", null], "Work/Home": 41_441_112_233_u64,
            "Name": ["Ann"], "Plan": {"error": "#ERROR!"}, "Silent": ["Yes"]}},
        {"id": "rec2", "fields": {"Phone": {"specialValue": "NaN"}}},
        {"id": "rec3"},
        {"fields": {"Phone": "+41441112233"}},
        7,
    ]);
    install(Host::default().answer(page(records, None)));
    let found = AirtableImporter::pull(None, 500, &settings()).unwrap();
    let phones: Vec<_> =
        found.leads[0].contacts.iter().map(|one| (one.phone.as_str(), one.label.as_deref().unwrap())).collect();
    assert_eq!(phones, [("+41441112233", "Phone"), ("+41441112234", "Phone"), ("41441112233", "Work/Home")]);
    assert_eq!((found.leads[0].contacts[0].name.as_deref(), found.leads[0].variables.len()), (Some("Ann"), 0));
    assert!(found.leads[0].do_not_call);
    let codes: Vec<_> = found.rejected.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["phone_missing", "phone_missing", "id_missing", "id_missing"]);
}

#[test]
fn a_form_is_offered_bases_tables_views_and_fields() {
    let schema = || {
        Answer::json(&json!({"tables": [
            {"id": "tbl1", "name": "People & pets", "fields": [{"id": "fld1", "name": "Phone"}, {"id": "fld2", "name": "Plan"}],
                "views": [{"id": "viw1", "name": "Callable"}]},
            {"id": "tbl2", "name": "Orders", "fields": []},
        ]}))
    };
    let bases = Answer::json(&json!({"bases": [{"id": "app1", "name": "CRM", "permissionLevel": "read"}]}));
    install(Host::default().answer(bases).answer(schema()).answer(schema()).answer(schema()));
    let offered = |setting: &str, query: &str| {
        let choices = AirtableImporter::options(setting, query, &settings()).unwrap();
        choices.into_iter().map(|choice| choice.value).collect::<Vec<_>>()
    };
    assert_eq!(offered("base", "crm"), ["app1"]);
    assert_eq!(offered("table", "or"), ["tbl2"]);
    assert_eq!(offered("view", ""), ["viw1"]);
    assert_eq!(offered("phones", "pl"), ["Plan"]);
    assert!(offered("full_every_hours", "").is_empty());
    assert_eq!(take_sent()[1].url, "https://api.airtable.com/v0/meta/bases/app1/tables");
}

#[test]
fn defaults_are_those_of_the_manifest() {
    let manifest: toml::Table = include_str!("../campanile.toml").parse().unwrap();
    let properties = manifest["settings"]["properties"].as_table().unwrap();
    let defaults: Json = properties
        .iter()
        .filter_map(|(name, property)| Some((name.clone(), serde_json::to_value(property.get("default")?).ok()?)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let written: Settings = serde_json::from_value(defaults).unwrap();
    assert_eq!(format!("{written:?}"), format!("{:?}", Settings::default()));
}
