//! How Salesforce is asked, and what its answers become.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent, unasked};
use campanile_plugin_sdk::http::Fault;
use campanile_plugin_sdk::importer::Mode;
use campanile_plugin_sdk::types::Health;
use serde_json::json;

use super::*;

const NOW: i64 = 1_767_225_600_000;

fn settings(more: Json) -> Settings {
    let mut all = json!({"api_base": "https://acme.my.salesforce.com/", "client_id": "key"});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn id(index: u32) -> String {
    format!("00Q5g0000{index:06}EAC")
}

fn record(index: u32, more: Json) -> Json {
    let mut record = json!({"attributes": {"type": "Lead", "url": "/services/data/v62.0/sobjects/Lead/x"}, "Id": id(index), "IsDeleted": false,
        "SystemModstamp": "2026-01-01T00:00:00.000+0000", "Name": "Ann Lee", "IsConverted": false, "MobilePhone": "+41791112233",
        "Phone": "+41441112233", "DoNotCall": false});
    for (name, value) in more.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn found(records: &[Json], next: Option<&str>) -> Answer {
    let mut body = json!({"totalSize": 7, "done": next.is_none(), "records": records});
    if let Some(next) = next {
        body["nextRecordsUrl"] = next.into();
    }
    Answer::json(&body)
}

fn fault(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(&json!([{"message": message, "errorCode": code}])).with_status(status)
}

fn questions() -> Vec<String> {
    take_sent()
        .into_iter()
        .map(|sent| {
            let path =
                sent.url.split('?').next().unwrap().trim_start_matches("https://acme.my.salesforce.com").to_owned();
            sent.query().first().map_or(path.clone(), |(_, question)| format!("{path}: {question}"))
        })
        .collect()
}

const SELECTED: &str = "SELECT Id,IsDeleted,SystemModstamp,Name,IsConverted,DoNotCall,MobilePhone,Phone FROM Lead";

/// The cursor between two runs.
fn between() -> String {
    format!(r#"{{"since":{},"full":{}}}"#, NOW - 600_000, NOW - 1_000)
}

#[test]
fn everything_is_one_question_and_changes_another_that_tells_of_the_deleted() {
    let next = "/services/data/v62.0/query/01gRO0000016PIAYA2-500";
    install(
        Host::default()
            .now(NOW)
            .answer(found(&[record(1, json!({}))], Some(next)))
            .answer(found(&[record(2, json!({"DoNotCall": true}))], None))
            .answer(found(&[record(1, json!({"IsDeleted": true})), record(2, json!({"IsConverted": true}))], None)),
    );
    let settings = settings(json!({}));
    let first = SalesforceImporter::pull(None, 500, &settings).unwrap();
    let second = SalesforceImporter::pull(first.cursor.as_deref(), 500, &settings).unwrap();
    let third = SalesforceImporter::pull(second.cursor.as_deref(), 500, &settings).unwrap();
    assert_eq!((first.mode, second.mode, third.mode), (Mode::SnapshotPart, Mode::SnapshotEnd, Mode::Delta));
    assert_eq!(
        questions(),
        [
            format!("/services/data/v62.0/query/: {SELECTED} WHERE IsConverted = false ORDER BY SystemModstamp, Id"),
            next.to_owned(),
            format!(
                "/services/data/v62.0/queryAll/: {SELECTED} WHERE SystemModstamp >= 2025-12-31T23:50:00Z ORDER BY SystemModstamp, Id"
            ),
        ]
    );
    let lead = &first.leads[0];
    let phones: Vec<_> = lead.contacts.iter().map(|one| (one.phone.as_str(), one.label.as_deref())).collect();
    assert_eq!(phones, [("+41791112233", Some("MobilePhone")), ("+41441112233", Some("Phone"))]);
    assert_eq!((lead.contacts[0].name.as_deref(), lead.updated_at), (Some("Ann Lee"), Some(NOW)));
    assert!(second.leads[0].do_not_call);
    assert!(third.leads.iter().all(|lead| lead.deleted), "deleted, and converted");
}

#[test]
fn the_size_of_a_page_and_the_block_go_with_every_request() {
    for (limit, batch) in [(1, "batchSize=200"), (500, "batchSize=500"), (9_000, "batchSize=2000")] {
        install(Host::default().answer(found(&[], None)));
        SalesforceImporter::pull(None, limit, &settings(json!({}))).unwrap();
        let sent = take_sent();
        assert_eq!((sent[0].header("Sforce-Query-Options"), sent[0].auth.as_deref()), (Some(batch), Some("app")));
    }
}

#[test]
fn whoever_changed_and_fulfils_the_condition_no_more_is_gone() {
    let several: Vec<_> = (0..150).map(|index| record(index, json!({"IsDeleted": index == 3}))).collect();
    let stays: Vec<_> = (0..100).map(|index| json!({"Id": id(index)})).collect();
    install(
        Host::default().now(NOW).answer(found(&several, None)).answer(found(&stays, None)).answer(found(&[], None)),
    );
    let settings = settings(json!({"condition": " Status = 'Open' OR Rating = 'Hot' "}));
    let page = SalesforceImporter::pull(Some(&between()), 500, &settings).unwrap();
    let gone: Vec<_> = page.leads.iter().filter(|lead| lead.deleted).map(|lead| lead.external_id.clone()).collect();
    assert_eq!((page.leads.len(), gone.len(), gone[0].clone()), (150, 51, id(3)));
    let asked = questions();
    assert!(asked[0].contains("queryAll") && !asked[0].contains("Status"), "{}", asked[0]);
    let began = format!("SELECT Id FROM Lead WHERE Id IN ('{}','", id(0));
    assert!(
        asked[1].contains(&began) && asked[1].ends_with("') AND (Status = 'Open' OR Rating = 'Hot')"),
        "{}",
        asked[1]
    );
    install(Host::default().now(NOW).answer(found(&[], None)));
    SalesforceImporter::pull(None, 500, &settings).unwrap();
    assert!(
        questions()[0]
            .ends_with("WHERE IsConverted = false AND (Status = 'Open' OR Rating = 'Hot') ORDER BY SystemModstamp, Id")
    );
}

#[test]
fn a_question_has_names_and_escaped_values_and_nothing_else() {
    for good in ["Phone", "Score__c", "Account.Owner.Name", "ns__Rel__r.X1"] {
        assert!(soql::is_field(good), "{good}");
    }
    for bad in [
        "",
        "1x",
        "Phone FROM User",
        "Phone,Name",
        "a..b",
        ".a",
        "a.",
        "Name'",
        "(SELECT Id FROM Tasks)",
        "Nämé",
        "a.b.c.d.e.f.g",
    ] {
        assert!(!soql::is_field(bad), "{bad}");
        if !bad.is_empty() {
            install(Host::default());
            let error = SalesforceImporter::pull(None, 100, &settings(json!({"phones": [bad]}))).unwrap_err();
            assert_eq!(error.code, "misconfigured");
            assert!(error.message.contains("phones"), "{}", error.message);
        }
    }
    assert_eq!(soql::text(r"O'Neill\x"), r"'O\'Neill\\x'");
    assert_eq!(soql::text("a\nb\r\t"), r"'a\nb\r\t'");
}

#[test]
fn contacts_have_other_phones_and_are_never_converted() {
    install(Host::default().answer(found(&[], None)));
    SalesforceImporter::pull(
        None,
        100,
        &settings(json!({"object": "Contact", "do_not_call": "", "variables": {"firm": "Account.Name"}})),
    )
    .unwrap();
    let asked = questions();
    let expected = "SELECT Id,IsDeleted,SystemModstamp,Name,MobilePhone,Phone,HomePhone,OtherPhone,Account.Name FROM Contact ORDER BY";
    assert!(asked[0].contains(expected), "{}", asked[0]);
    let related = settings(json!({"variables": {"firm": "Account.Name"}}));
    let lead = |account: Json| related.fields().lead(&record(1, json!({"Account": account}))).unwrap();
    assert_eq!(lead(json!({"Name": "Acme"})).variables[0].value, "Acme".into());
    assert!(lead(json!(null)).variables.is_empty());
}

#[test]
fn ragged_records_are_rejected_or_taken_and_never_a_fault() {
    let read = |record: Json| {
        install(Host::default().answer(found(&[record], None)));
        SalesforceImporter::pull(None, 100, &settings(json!({}))).unwrap()
    };
    for (record, code) in [
        (json!({"Phone": "1"}), "id_missing"),
        (json!({"Id": "00Q1"}), "phone_missing"),
        (json!({"Id": "00Q1", "Phone": "  ", "MobilePhone": null, "Name": 7}), "phone_missing"),
        (json!({"Id": "00Q1", "Phone": {"a": 1}}), "phone_missing"),
        (json!({"IsDeleted": true}), "id_missing"),
        (json!(null), "id_missing"),
    ] {
        let page = read(record.clone());
        assert_eq!((page.rejected.len(), page.rejected[0].code.as_str()), (1, code), "{record}");
    }
    let page = read(json!({"Id": "00Q1", "Phone": 41_441_112_233_u64, "DoNotCall": null, "SystemModstamp": false}));
    assert_eq!(page.leads[0].contacts[0].phone, "41441112233");
}

#[test]
fn a_locator_that_expired_begins_the_run_again() {
    install(
        Host::default()
            .answer(fault(400, "INVALID_QUERY_LOCATOR", "invalid query locator"))
            .answer(found(&[record(1, json!({}))], None)),
    );
    let middle = r#"{"full":5,"began":5,"next":"/services/data/v62.0/query/01g-500"}"#;
    let page = SalesforceImporter::pull(Some(middle), 100, &settings(json!({}))).unwrap();
    assert_eq!((page.leads.len(), page.mode, unasked()), (1, Mode::SnapshotEnd, 0));
    for elsewhere in ["https://evil.example/services/data/", "//evil.example/", "@evil.example", "/secur/logout"] {
        install(Host::default());
        let cursor = json!({"full": 5, "began": 5, "next": elsewhere}).to_string();
        let error = SalesforceImporter::pull(Some(&cursor), 100, &settings(json!({}))).unwrap_err();
        assert_eq!(error.code, "paging_strange", "{elsewhere}");
    }
}

#[test]
fn refusals_are_told_apart_by_their_code() {
    let pull = |answer: Answer| {
        install(Host::default().answer(answer));
        let error = SalesforceImporter::pull(None, 100, &settings(json!({}))).unwrap_err();
        (error.code, error.retry_after_ms)
    };
    let busy = "http_too_many_requests".to_owned();
    let day = fault(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    assert_eq!(pull(day.clone()), (busy.clone(), Some(DAY_SPENT_MS)));
    assert_eq!(pull(day.header("retry-after", "20")).1, Some(20_000));
    let concurrent = "ConcurrentPerOrgLongTxn Limit exceeded.";
    assert_eq!(pull(fault(403, "REQUEST_LIMIT_EXCEEDED", concurrent)), (busy, Some(60_000)));
    assert_eq!(pull(fault(403, "API_DISABLED_FOR_ORG", "no")).0, "http_not_permitted");
    assert_eq!(pull(fault(401, "INVALID_SESSION_ID", "Session expired or invalid")).0, "http_not_permitted");
    assert_eq!(pull(fault(400, "INVALID_FIELD", "No such column 'X__c'")).0, "misconfigured");
    assert_eq!(pull(Answer::status(503).body("<html>")).0, "http_broken");
    assert_eq!(pull(fault(400, "INVALID_QUERY_LOCATOR", "who asked?")).0, "http_refused");
}

#[test]
fn check_names_what_is_wrong() {
    let check = |host: Host, more: Json| {
        install(host);
        let checked = SalesforceImporter::check(&settings(more)).unwrap();
        assert_eq!(unasked(), 0);
        (checked.health, checked.missing)
    };
    let names = ["Id", "Phone", "MobilePhone", "DoNotCall", "Name"];
    let fields: Vec<_> = names.iter().map(|name| json!({"name": name, "label": format!("The {name}")})).collect();
    let described = || Host::default().answer(Answer::json(&json!({"name": "Lead", "fields": fields})));
    assert_eq!(check(described().answer(found(&[], None)), json!({})).0, Health::Ready);
    assert!(take_sent()[1].url.contains("LIMIT%201"));
    let missing = check(described(), json!({"priority": "Score__c", "variables": {"a": "Owner.Name", "b": "Nope"}}));
    assert_eq!(missing, (Health::Misconfigured, vec!["priority".to_owned(), "variables".to_owned()]));
    let malformed = described().answer(fault(400, "MALFORMED_QUERY", "unexpected token"));
    assert_eq!(
        check(malformed, json!({"condition": "Status ="})),
        (Health::Misconfigured, vec!["condition".to_owned()])
    );
    let unknown = Fault::Unauthorised("acme answered 400: invalid_client".to_owned());
    let app = check(Host::default().answer(Answer::fault(unknown)), json!({}));
    assert_eq!(app.1, ["client_id", "client_secret"]);
    assert_eq!(check(Host::default().answer(Answer::fault(Fault::Denied("no".into()))), json!({})).1, ["api_base"]);
    assert_eq!(check(Host::default().answer(Answer::status(503)), json!({})).0, Health::Unreachable);
    install(described());
    let choices = SalesforceImporter::options("phones", "mobile", &settings(json!({}))).unwrap();
    assert_eq!(
        (choices.len(), choices[0].value.as_str(), choices[0].label.as_str()),
        (1, "MobilePhone", "The MobilePhone")
    );
    install(Host::default());
    assert!(SalesforceImporter::options("object", "", &settings(json!({}))).unwrap().is_empty());
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
    let read = format!("{:?}", serde_json::from_value::<Settings>(Json::Object(all)).unwrap());
    assert_eq!(read, format!("{:?}", Settings::default()), "the defaults of schema and code are the same");
    for name in properties.keys() {
        assert!(read.contains(&format!("{name}: ")), "{name}");
    }
}
