//! How GoHighLevel is asked, and what its answers become.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent};
use campanile_plugin_sdk::importer::{IncomingLead, Mode};
use campanile_plugin_sdk::types::{Health, find};

use super::*;

fn settings() -> Settings {
    serde_json::from_value(
        json!({"location_id": "loc1", "tag": "warm", "variables": {"city": "city", "plan": "8JjHyFeNZSpWGQMDwyXa"}}),
    )
    .unwrap()
}

fn contact(id: &str) -> Json {
    json!({"id": id, "phone": "+41441112233", "phoneLabel": "Mobile",
        "additionalPhones": [{"phone": "+41441112234", "phoneLabel": "Work"}, "+41441112235", "+41441112233", null, {}],
        "firstName": "Ann", "lastName": "Lee", "city": "Bern", "customFields": [{"id": "8JjHyFeNZSpWGQMDwyXa", "value": "gold"}],
        "dnd": false, "dndSettings": {"Call": {"status": "inactive"}, "SMS": {"status": "active"}}, "timezone": "Europe/Zurich",
        "searchAfter": [1_700_000_000_000_i64, id]})
}

fn found(contacts: &[Json]) -> Answer {
    Answer::json(&json!({ "contacts": contacts, "total": contacts.len() }))
}

fn customs() -> Answer {
    Answer::json(
        &json!({"customFields": [{"id": "8JjHyFeNZSpWGQMDwyXa", "name": "Plan"}, {"id": "x", "name": "Silent"}]}),
    )
}

#[test]
fn the_whole_is_read_by_when_contacts_were_added_until_a_page_is_empty() {
    install(Host::default().answer(found(&[contact("a")])).answer(found(&[])));
    let first = GohighlevelImporter::pull(None, 5_000, &settings()).unwrap();
    let second = GohighlevelImporter::pull(first.cursor.as_deref(), 5_000, &settings()).unwrap();
    assert_eq!((first.mode, second.mode), (Mode::SnapshotPart, Mode::SnapshotEnd));
    let lead = &first.leads[0];
    let phones: Vec<_> = lead.contacts.iter().map(|one| (one.phone.as_str(), one.label.as_deref())).collect();
    let further = Some("additionalPhones");
    assert_eq!(phones, [("+41441112233", Some("Mobile")), ("+41441112234", Some("Work")), ("+41441112235", further)]);
    assert_eq!(
        (find(&lead.variables, "city"), find(&lead.variables, "plan")),
        (Some(&"Bern".into()), Some(&"gold".into()))
    );
    assert_eq!((lead.zone.as_deref(), lead.do_not_call), (Some("Europe/Zurich"), false));
    let sent = take_sent();
    assert_eq!((sent[0].header("version"), sent[0].auth.as_deref()), (Some("2021-07-28"), Some("integration")));
    assert_eq!(sent[0].json()["sort"][0]["field"], "dateAdded");
    assert_eq!((&sent[0].json()["pageLimit"], &sent[0].json()["filters"][0]["value"]), (&500.into(), &"warm".into()));
    assert_eq!(sent[1].json()["searchAfter"], json!([1_700_000_000_000_i64, "a"]));
}

#[test]
fn a_page_that_cannot_be_gone_on_from_is_no_end() {
    let mut lost = contact("a");
    lost["searchAfter"] = Json::Null;
    install(Host::default().answer(found(&[lost])).answer(found(&[contact("a")])).answer(found(&[contact("a")])));
    assert_eq!(GohighlevelImporter::pull(None, 500, &settings()).unwrap_err().code, "place_missing");
    let first = GohighlevelImporter::pull(None, 500, &settings()).unwrap();
    let again = GohighlevelImporter::pull(first.cursor.as_deref(), 500, &settings()).unwrap_err();
    assert_eq!(again.code, "place_missing", "the same page for ever");
}

#[test]
fn changes_are_asked_for_by_when_they_were_made() {
    let cursor = r#"{"since":1767225600000,"full":1767225600000}"#;
    install(Host::default().now(1_767_225_700_000).answer(found(&[])));
    let page = GohighlevelImporter::pull(Some(cursor), 100, &settings()).unwrap();
    assert_eq!((page.mode, page.more), (Mode::Delta, false));
    let question = take_sent()[0].json();
    assert_eq!(
        (&question["sort"][0]["field"], &question["filters"][1]["value"]["gte"]),
        (&"dateUpdated".into(), &"2026-01-01T00:00:00Z".into())
    );
}

fn one(more: Json, settings: &Settings) -> IncomingLead {
    let mut contact = contact("a");
    contact.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let names = [("8JjHyFeNZSpWGQMDwyXa".to_owned(), "Plan".to_owned())].into();
    contact::lead(&contact, settings, &settings.fields(), &names).unwrap()
}

#[test]
fn do_not_disturb_is_heard_for_calls_and_for_everything() {
    let silent = |more: Json| one(more, &settings()).do_not_call;
    assert!(silent(json!({"dnd": true})));
    assert!(silent(json!({"dndSettings": {"Call": {"status": "active"}}})));
    assert!(silent(json!({"dndSettings": {"Call": {"status": "permanent"}}, "phone": null, "additionalPhones": []})));
    assert!(!silent(json!({"dndSettings": null, "dnd": null})));
    assert!(!silent(json!({"dndSettings": ["x"], "dnd": "no"})));
    let own = Settings { do_not_call: "Plan".into(), ..settings() };
    assert!(one(json!({"customFields": [{"id": "8JjHyFeNZSpWGQMDwyXa", "value": ["Yes"]}]}), &own).do_not_call);
}

#[test]
fn names_come_in_four_shapes() {
    let name = |more: Json| one(more, &settings()).contacts[0].name.clone().unwrap_or_default();
    let none = json!({"firstName": null, "lastName": ""});
    let with = |more: Json| {
        let mut all = none.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        name(all)
    };
    assert_eq!(name(json!({})), "Ann Lee");
    assert_eq!(with(json!({"firstNameRaw": "Åsa", "lastNameRaw": "af Trolle"})), "Åsa af Trolle");
    assert_eq!(with(json!({"contactName": "Åsa T."})), "Åsa T.");
    assert_eq!(with(json!({"firstNameLowerCase": "åsa-britt", "lastNameLowerCase": "o'neil"})), "Åsa-Britt O'neil");
    assert_eq!(with(json!({})), "");
}

#[test]
fn custom_fields_are_known_by_their_names_too() {
    let settings = Settings { variables: [("plan".to_owned(), "Plan".to_owned())].into(), ..settings() };
    install(Host::default().answer(found(&[contact("a")])).answer(customs()));
    let page = GohighlevelImporter::pull(None, 100, &settings).unwrap();
    assert_eq!(find(&page.leads[0].variables, "plan"), Some(&"gold".into()));
    assert_eq!(take_sent()[1].url, "https://services.leadconnectorhq.com/locations/loc1/customFields");
}

#[test]
fn a_limit_says_which_one_and_how_long() {
    let busy = |answer: Answer| {
        install(Host::default().answer(answer));
        GohighlevelImporter::pull(None, 100, &settings()).unwrap_err()
    };
    let burst = busy(
        Answer::status(429)
            .header("X-RateLimit-Interval-Milliseconds", "10000")
            .header("X-RateLimit-Daily-Remaining", "5"),
    );
    assert_eq!((burst.code.as_str(), burst.retry_after_ms), ("http_too_many_requests", Some(10_000)));
    assert_eq!(busy(Answer::status(429).header("X-RateLimit-Daily-Remaining", "0")).retry_after_ms, Some(3_600_000));
    assert_eq!(busy(Answer::status(429).header("Retry-After", "7")).retry_after_ms, Some(7_000));
    assert_eq!(busy(Answer::status(429)).retry_after_ms, None);
}

#[test]
fn what_is_wrong_is_named_by_its_setting() {
    let checked = |answers: Vec<Answer>, settings: &Settings| {
        install(answers.into_iter().fold(Host::default(), Host::answer));
        GohighlevelImporter::check(settings).unwrap()
    };
    let plain = Settings { variables: BTreeMap::new(), ..settings() };
    assert_eq!(checked(vec![Answer::status(401)], &plain).missing, ["token"]);
    assert_eq!(checked(vec![Answer::status(403)], &plain).missing, ["location_id", "token"]);
    assert_eq!(checked(vec![Answer::status(502)], &plain).health, Health::Unreachable);
    assert_eq!(checked(vec![found(&[contact("a")])], &plain).health, Health::Ready);
    assert_eq!(checked(vec![found(&[]), customs()], &settings()).health, Health::Ready);
    assert_eq!(checked(vec![found(&[]), Answer::status(401)], &settings()).missing, ["token"]);
    let unknown = Settings { do_not_call: "Sillent".into(), ..settings() };
    assert_eq!(checked(vec![found(&[]), customs()], &unknown).missing, ["do_not_call"]);
}

#[test]
fn a_form_is_offered_what_the_location_has() {
    install(Host::default().answer(customs()).answer(Answer::json(&json!({"tags": [{"id": "t1", "name": "warm"}]}))));
    let fields = GohighlevelImporter::options("variables", "pla", &settings()).unwrap();
    assert_eq!((fields.len(), fields[0].value.as_str()), (1, "8JjHyFeNZSpWGQMDwyXa"));
    assert_eq!(GohighlevelImporter::options("tag", "", &settings()).unwrap()[0].value, "warm");
    assert!(GohighlevelImporter::options("full_every_hours", "", &settings()).unwrap().is_empty());
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
