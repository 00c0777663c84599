//! How Close is asked, and what its answers become.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent};
use campanile_plugin_sdk::importer::Mode;
use campanile_plugin_sdk::types::{Health, find};

use super::*;

fn settings() -> Settings {
    serde_json::from_value(json!({"do_not_call": "cf_dnc", "variables": {"title": "title", "plan": "cf_plan"}}))
        .unwrap()
}

fn contact(id: &str, day: u32) -> Json {
    json!({"__object_type": "contact", "id": id, "name": "Ann Lee", "title": "CEO", "custom.cf_plan": "gold", "custom.cf_dnc": null,
        "date_created": format!("2026-01-{day:02}T12:00:00.123456+00:00"), "date_updated": format!("2026-02-{day:02}T12:00:00.000000+00:00"),
        "phones": [{"phone": "+41441112233", "type": "office", "country": "CH"}, {"phone": "+41441112239", "type": "fax"},
            {"phone": "+41791112233", "type": "mobile"}, {"phone": "+41441112233", "type": "other"}, {"phone": null}, 7]})
}

fn found(data: &[Json], cursor: Option<&str>) -> Answer {
    Answer::json(&json!({ "data": data, "cursor": cursor }))
}

fn called(settings: &Settings) -> Vec<(String, Option<String>)> {
    let lead = lead(settings, &settings.fields(), &contact("cont_1", 2)).unwrap();
    lead.contacts.into_iter().map(|contact| (contact.phone, contact.label)).collect()
}

#[test]
fn a_contact_has_its_phones_in_order_with_their_types() {
    let (office, mobile) = (
        ("+41441112233".to_owned(), Some("office".to_owned())),
        ("+41791112233".to_owned(), Some("mobile".to_owned())),
    );
    assert_eq!(called(&settings()), [office.clone(), mobile.clone()]);
    let of = |types: &[&str]| Settings { phone_types: types.iter().map(|&kind| kind.into()).collect(), ..settings() };
    assert_eq!(called(&of(&["mobile", "office"])), [mobile.clone(), office]);
    assert_eq!(called(&of(&["Mobile"])), [mobile]);
}

#[test]
fn only_what_is_mapped_is_asked_for() {
    install(Host::default().answer(found(&[contact("cont_1", 2)], None)));
    let page = CloseImporter::pull(None, 500, &settings()).unwrap();
    let lead = &page.leads[0];
    assert_eq!((lead.country.as_deref(), find(&lead.variables, "plan")), (Some("CH"), Some(&"gold".into())));
    let sent = take_sent();
    let question = sent[0].json();
    assert_eq!(
        (sent[0].url.as_str(), sent[0].auth.as_deref()),
        ("https://api.close.com/api/v1/data/search/", Some("key"))
    );
    assert_eq!((&question["_limit"], question.get("cursor")), (&200.into(), None));
    assert_eq!(
        question["_fields"]["contact"],
        json!(["custom.cf_dnc", "custom.cf_plan", "date_created", "date_updated", "id", "name", "phones", "title"])
    );
    assert_eq!(question["sort"][0]["field"]["field_name"], "date_created");
}

#[test]
fn a_smart_view_narrows_and_a_choice_that_says_yes_silences() {
    let mut silent = contact("cont_1", 2);
    (silent["custom.cf_dnc"], silent["phones"]) = (json!(["Yes"]), json!(null));
    install(Host::default().answer(found(&[silent], None)));
    let settings = Settings { smart_view: "save_1".into(), ..settings() };
    assert!(CloseImporter::pull(None, 500, &settings).unwrap().leads[0].do_not_call);
    let question = take_sent()[0].json();
    assert_eq!(question["query"]["queries"][1], json!({"type": "saved_search", "saved_search_id": "save_1"}));
}

#[test]
fn a_cursor_is_followed_and_one_that_is_forgotten_begins_where_it_was() {
    install(
        Host::default()
            .answer(found(&[contact("cont_1", 2)], Some("c1")))
            .answer(Answer::status(400).body("{\"error\": \"cursor expired\"}"))
            .answer(found(&[contact("cont_1", 2), contact("cont_2", 3)], None)),
    );
    let first = CloseImporter::pull(None, 500, &settings()).unwrap();
    let second = CloseImporter::pull(first.cursor.as_deref(), 500, &settings()).unwrap();
    assert_eq!((first.mode, second.mode, second.leads.len()), (Mode::SnapshotPart, Mode::SnapshotEnd, 2));
    let sent = take_sent();
    let cursors: Vec<_> = sent.iter().map(|sent| sent.json()["cursor"].clone()).collect();
    assert_eq!(cursors, [json!(null), json!("c1"), json!(null)]);
    let from = &sent[2].json()["query"]["queries"][1]["condition"]["on_or_after"];
    assert_eq!(*from, json!({"type": "fixed_utc", "value": "2026-01-02T12:00:00Z"}));
}

#[test]
fn changes_are_asked_for_by_when_they_were_made() {
    install(Host::default().now(1_767_225_700_000).answer(found(&[], None)));
    let page = CloseImporter::pull(Some(r#"{"since":1767225600000,"full":1767225600000}"#), 100, &settings()).unwrap();
    assert_eq!(page.mode, Mode::Delta);
    let question = take_sent()[0].json();
    let condition = &question["query"]["queries"][1];
    assert_eq!(
        (&condition["field"]["field_name"], &condition["condition"]["on_or_after"]["value"]),
        (&"date_updated".into(), &"2026-01-01T00:00:00Z".into())
    );
    assert_eq!(question["sort"][0]["field"]["field_name"], "date_updated");
}

#[test]
fn the_limit_says_when_it_is_over() {
    install(Host::default().answer(Answer::status(429).header("RateLimit", "limit=100, remaining=0, reset=5")));
    let busy = CloseImporter::pull(None, 100, &settings()).unwrap_err();
    assert_eq!((busy.code.as_str(), busy.retry_after_ms), ("http_too_many_requests", Some(5_000)));
}

#[test]
fn what_is_wrong_is_named_by_its_setting() {
    let checked = |answers: Vec<Answer>, settings: &Settings| {
        install(answers.into_iter().fold(Host::default(), Host::answer));
        CloseImporter::check(settings).unwrap()
    };
    let me = || Answer::json(&json!({"organizations": [{"name": "Harbour Dental"}]}));
    let fields =
        || Answer::json(&json!({"data": [{"id": "cf_plan", "name": "Plan"}, {"id": "cf_dnc", "name": "Silent"}]}));
    let wrong = || Answer::status(400).body("{\"error\": \"no such saved search\"}");
    let view = Settings { smart_view: "save_1".into(), ..Settings::default() };
    assert_eq!(checked(vec![Answer::status(401)], &settings()).missing, ["api_key"]);
    assert_eq!(checked(vec![Answer::status(502)], &settings()).health, Health::Unreachable);
    let ready = checked(vec![me(), fields(), found(&[], None)], &settings());
    assert_eq!((ready.health, ready.summary.as_str()), (Health::Ready, "Connected to Harbour Dental."));
    assert!(checked(vec![me(), wrong()], &view).missing.contains(&"smart_view".to_owned()));
    let unknown = Settings { do_not_call: "cf_gone".into(), ..settings() };
    assert_eq!(checked(vec![me(), fields()], &unknown).missing, ["do_not_call"]);
}

#[test]
fn a_form_is_offered_what_the_organisation_has() {
    let views = json!({"data": [{"id": "save_1", "name": "Warm", "type": "contact"}, {"id": "save_2", "name": "Warm leads", "type": "lead"}]});
    install(
        Host::default()
            .answer(Answer::json(&views))
            .answer(Answer::json(&json!({"data": [{"id": "cf_plan", "name": "Plan"}, {"id": "cf_x", "name": "X"}]}))),
    );
    let choices = CloseImporter::options("smart_view", "warm", &settings()).unwrap();
    assert_eq!((choices.len(), choices[0].value.as_str()), (1, "save_1"));
    assert_eq!(CloseImporter::options("variables", "pl", &settings()).unwrap()[0].value, "cf_plan");
    assert_eq!(CloseImporter::options("phone_types", "mob", &settings()).unwrap()[0].value, "mobile");
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
    let types: Vec<&str> = properties["phone_types"]["items"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|kind| kind.as_str())
        .collect();
    assert_eq!(types, settings::TYPES);
}
