//! How HubSpot is asked, and what its answers become.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent, unasked};
use campanile_plugin_sdk::importer::Mode;
use campanile_plugin_sdk::secret::{self, Digest};
use campanile_plugin_sdk::types::Health;
use serde_json::json;

use super::*;

fn contact(id: u64, at: &str) -> Json {
    json!({"id": id.to_string(), "archived": false, "properties": {
        "phone": "+41441112233", "mobilephone": "", "firstname": "Ann", "lastname": null, "lastmodifieddate": at, "plan": "gold"}})
}

fn settings(more: Json) -> Settings {
    serde_json::from_value(more).unwrap()
}

#[test]
fn everything_is_read_from_the_list_by_id() {
    install(
        Host::default()
            .answer(Answer::json(&json!({"results": [contact(1, "2026-01-01T00:00:00Z")], "paging": {"next": {"after": "2", "link": "x"}}})))
            .answer(Answer::json(&json!({"results": [contact(2, "2026-01-01T00:00:00Z")]}))),
    );
    let settings = settings(json!({"variables": {"plan": "plan"}}));
    let first = HubspotImporter::pull(None, 500, &settings).unwrap();
    let second = HubspotImporter::pull(first.cursor.as_deref(), 500, &settings).unwrap();
    assert_eq!(
        (first.mode, second.mode, first.more, second.more),
        (Mode::SnapshotPart, Mode::SnapshotEnd, true, false)
    );
    let sent = take_sent();
    assert_eq!(sent[0].query()[0], ("limit".into(), "100".into()));
    assert!(sent[0].query()[1].1.split(',').any(|name| name == "plan"), "{:?}", sent[0].query());
    assert_eq!(sent[1].query().last(), Some(&("after".into(), "2".into())));
    let lead = &first.leads[0];
    assert_eq!((lead.external_id.as_str(), lead.contacts.len()), ("1", 1));
    assert_eq!((lead.contacts[0].name.as_deref(), lead.contacts[0].label.as_deref()), (Some("Ann"), Some("phone")));
}

#[test]
fn changes_are_asked_for_from_the_last_time_that_was_seen() {
    let at = |second: u32| format!("2026-01-01T00:00:{second:02}Z");
    let more = |one: Json, other: Json| {
        Answer::json(&json!({"total": 4, "results": [one, other], "paging": {"next": {"after": "2"}}}))
    };
    install(
        Host::default()
            .answer(more(contact(1, &at(5)), contact(2, &at(7))))
            .answer(more(contact(1, &at(7)), contact(2, &at(7))))
            .answer(more(contact(9, &at(7)), contact(10, &at(7))))
            .answer(Answer::json(&json!({"results": []})))
            .answer(Answer::json(&json!({"results": [contact(3, &at(8))]}))),
    );
    let mut cursor = Some(r#"{"since":1767225600000,"full":1767225600000,"began":1767225700000}"#.to_owned());
    let mut pages = 0;
    loop {
        let page = HubspotImporter::pull(cursor.as_deref(), 2, &settings(json!({}))).unwrap();
        assert_eq!(page.mode, Mode::Delta);
        cursor = page.cursor;
        pages += 1;
        if !page.more {
            break;
        }
    }
    assert_eq!((pages, unasked()), (5, 0));
    let asked: Vec<String> = take_sent()
        .iter()
        .map(|sent| {
            let filters = &sent.json()["filterGroups"][0]["filters"];
            let one = |filter: &Json| {
                format!("{} {}", filter["operator"].as_str().unwrap(), filter["value"].as_str().unwrap())
            };
            filters.as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(", ")
        })
        .collect();
    assert_eq!(
        asked,
        [
            "GTE 1767225600000",
            "GTE 1767225607000",
            "EQ 1767225607000, GT 0",
            "EQ 1767225607000, GT 10",
            "GTE 1767225607001"
        ]
    );
}

#[test]
fn a_push_is_believed_when_it_is_signed_and_says_who_and_not_what() {
    let body = json!([{"subscriptionType": "contact.deletion", "objectId": 7}, {"subscriptionType": "contact.propertyChange", "objectId": 8},
        {"subscriptionType": "contact.creation", "objectId": 9}]);
    let mut webhook = Webhook {
        method: "POST".into(),
        url: "https://h.example/hooks/sources/src_1/t?a=%3Ab".into(),
        headers: vec![("x-hubspot-request-timestamp".into(), "1000".into())],
        body: body.to_string().into_bytes(),
        received_at: 2_000,
    };
    install(
        Host::default()
            .secret("client_secret", "s")
            .answer(Answer::json(&json!({"results": [contact(8, "2026-01-01T00:00:00Z")]}))),
    );
    let signed = format!("POSThttps://h.example/hooks/sources/src_1/t?a=:b{body}1000");
    let mac = secret::hmac("client_secret", Digest::Sha256, signed.as_bytes()).unwrap();
    use base64::Engine as _;
    let signature = base64::engine::general_purpose::STANDARD.encode(mac);
    webhook.headers.push(("x-hubspot-signature-v3".into(), signature));
    let page = HubspotImporter::receive(&webhook, &settings(json!({}))).unwrap();
    let told: Vec<_> = page.leads.iter().map(|lead| (lead.external_id.as_str(), lead.deleted)).collect();
    assert_eq!(told, [("7", true), ("8", false), ("9", true)]);
    webhook.body.push(b' ');
    assert_eq!(HubspotImporter::receive(&webhook, &settings(json!({}))).unwrap_err().code, "webhook_forged");
    webhook.body.pop();
    webhook.received_at = 1_000 + 300_001;
    assert_eq!(HubspotImporter::receive(&webhook, &settings(json!({}))).unwrap_err().code, "webhook_forged");
}

#[test]
fn a_push_about_a_company_removes_no_contact_and_an_event_that_names_nobody_stops_none() {
    use base64::Engine as _;
    let body = json!([
        {"subscriptionType": "company.deletion", "objectId": 7},
        {"subscriptionType": "object.deletion", "objectTypeId": "0-2", "objectId": 8},
        {"subscriptionType": "object.deletion", "objectTypeId": "0-1", "objectId": 9},
        {"subscriptionType": "contact.associationChange", "fromObjectId": 10, "toObjectId": 11},
        {"subscriptionType": "contact.merge", "objectId": 12, "primaryObjectId": 12, "mergedObjectIds": [13]},
        {"subscriptionType": "contact.deletion", "objectId": 14},
        {"subscriptionType": "contact.restore", "objectId": 14},
    ]);
    let there = json!({"results": [contact(12, "2026-01-01T00:00:00Z"), contact(14, "2026-01-01T00:00:00Z")]});
    install(Host::default().secret("client_secret", "s").answer(Answer::json(&there)));
    let mac = secret::hmac("client_secret", Digest::Sha256, format!("POSThttps://h.example/{body}1000").as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.unwrap());
    let webhook = Webhook {
        method: "POST".into(),
        url: "https://h.example/".into(),
        headers: vec![
            ("x-hubspot-request-timestamp".into(), "1000".into()),
            ("x-hubspot-signature-v3".into(), signature),
        ],
        body: body.to_string().into_bytes(),
        received_at: 2_000,
    };
    let page = HubspotImporter::receive(&webhook, &settings(json!({}))).unwrap();
    let told: Vec<_> = page.leads.iter().map(|lead| (lead.external_id.as_str(), lead.deleted)).collect();
    assert_eq!(told, [("9", true), ("12", false), ("14", false), ("13", true)]);
}

#[test]
fn a_property_that_is_not_there_is_named_with_its_setting() {
    let known: Vec<_> =
        // One that is always asked for is not there either; nobody chose it.
        settings(json!({})).properties().iter().skip(1).map(|name| json!({"name": name, "label": "L"})).collect();
    let there = || Answer::json(&json!({"results": [{"id": "1", "properties": {}}]}));
    install(
        Host::default().answer(there()).answer(Answer::json(&json!({"results": known}))).answer(Answer::status(401)),
    );
    let two = json!({"do_not_call": "dnc", "variables": {"plan": "a_plan"}});
    let wrong = HubspotImporter::check(&settings(two)).unwrap();
    assert_eq!(
        (wrong.health, wrong.missing),
        (Health::Misconfigured, vec!["do_not_call".to_owned(), "variables".to_owned()])
    );
    let refused = HubspotImporter::check(&settings(json!({}))).unwrap();
    assert_eq!((refused.health, refused.missing), (Health::Misconfigured, vec!["token".to_owned()]));
}
