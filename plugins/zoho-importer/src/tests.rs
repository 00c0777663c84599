//! How Zoho CRM is asked, and what its answers become.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent, unasked};
use campanile_plugin_sdk::http::Fault;
use campanile_plugin_sdk::importer::Mode;
use campanile_plugin_sdk::types::Health;
use serde_json::json;

use super::*;

const NOW: i64 = 1_767_225_600_000;
const API: &str = "https://www.zohoapis.eu/crm/v8";

fn settings(more: Json) -> Settings {
    let mut all = json!({"accounts": "https://accounts.zoho.eu", "client_id": "1000.X"});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn record(index: u32, second: u32, more: Json) -> Json {
    let mut record = json!({"id": format!("48768760000003330{index:02}"), "First_Name": "Ann", "Last_Name": "Lee",
        "Modified_Time": format!("2026-01-01T01:00:{second:02}+01:00"), "Phone": "+41441112233", "Mobile": null, "Converted__s": false});
    for (name, value) in more.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn found(data: &[Json], token: Option<&str>) -> Answer {
    let info = json!({"per_page": 200, "count": data.len(), "page": 1, "sort_by": "Modified_Time", "sort_order": "asc",
        "more_records": token.is_some(), "next_page_token": token, "page_token_expiry": "2026-01-02T00:00:00Z"});
    Answer::json(&json!({"data": data, "info": info}))
}

fn fault(status: u16, code: &str) -> Answer {
    Answer::json(&json!({"code": code, "details": {}, "message": "no", "status": "error"})).with_status(status)
}

/// What was asked: path, the parameters that change, and since when.
fn asked() -> Vec<String> {
    let told = ["page", "page_token", "converted", "cvid"];
    let one = |sent: campanile_plugin_sdk::fake::Sent| {
        let path = sent.url.split('?').next().unwrap().trim_start_matches(API).to_owned();
        let query = sent.query().into_iter().filter(|(name, _)| told.contains(&name.as_str()));
        let query: Vec<_> = query.map(|(name, value)| format!("{name}={value}")).collect();
        let since = sent.header("If-Modified-Since").map(|since| format!(" {since}")).unwrap_or_default();
        assert_eq!(sent.auth.as_deref(), Some("zoho"));
        format!("{path}?{}{since}", query.join("&"))
    };
    take_sent().into_iter().map(one).collect()
}

/// Every page of a run.
fn run(settings: &Settings, cursor: Option<&str>) -> (Vec<Page>, Option<String>) {
    let (mut pages, mut cursor) = (Vec::new(), cursor.map(str::to_owned));
    loop {
        let page = ZohoImporter::pull(cursor.as_deref(), 500, settings).unwrap();
        cursor = page.cursor.clone();
        let more = page.more;
        pages.push(page);
        if !more {
            return (pages, cursor);
        }
    }
}

#[test]
fn everything_comes_by_time_and_then_what_changed_and_who_was_deleted() {
    install(
        Host::default()
            .now(NOW + 60_000)
            .answer(found(&[record(1, 2, json!({})), record(2, 9, json!({}))], Some("t1")))
            .answer(found(&[record(2, 9, json!({})), record(3, 9, json!({}))], Some("t2")))
            .answer(found(&[record(4, 20, json!({}))], None)),
    );
    let settings = settings(json!({}));
    let (pages, cursor) = run(&settings, None);
    let modes: Vec<_> = pages.iter().map(|page| page.mode).collect();
    assert_eq!(modes, [Mode::SnapshotPart, Mode::SnapshotPart, Mode::SnapshotEnd]);
    let first = &pages[0].leads[0];
    assert_eq!((first.contacts[0].name.as_deref(), first.updated_at), (Some("Ann Lee"), Some(NOW + 2_000)));
    assert_eq!(
        asked(),
        [
            "/Leads?converted=false",
            "/Leads?converted=false 2026-01-01T00:00:08Z",
            // The second page did not get beyond its beginning.
            "/Leads?converted=false&page_token=t2 2026-01-01T00:00:08Z",
        ]
    );

    let gone = |more: bool| {
        let data = json!([{"id": "487687600000033301", "deleted_time": "2026-01-01T00:00:00Z", "type": "recycle"}]);
        Answer::json(&json!({"data": data, "info": {"page": 1, "count": 1, "more_records": more}}))
    };
    install(
        Host::default()
            .now(NOW + 90_000)
            .answer(found(&[record(5, 30, json!({"Converted__s": true}))], None))
            .answer(gone(true))
            .answer(gone(false)),
    );
    let (pages, cursor) = run(&settings, cursor.as_deref());
    assert!(pages.iter().all(|page| page.mode == Mode::Delta && page.leads.iter().all(|lead| lead.deleted)));
    let since = "2025-12-31T23:51:00Z";
    assert_eq!(
        asked(),
        [
            format!("/Leads?converted=both {since}"),
            format!("/Leads/deleted?page=1 {since}"),
            format!("/Leads/deleted?page=2 {since}"),
        ]
    );

    // Nothing new has two spellings, and neither has a body.
    install(Host::default().now(NOW + 120_000).answer(Answer::status(304)).answer(Answer::status(204)));
    let (pages, _) = run(&settings, cursor.as_deref());
    assert_eq!((pages.len(), pages[0].leads.len() + pages[1].leads.len(), unasked()), (2, 0, 0));
}

#[test]
fn the_fields_the_size_and_the_view_are_asked_for() {
    install(Host::default().answer(Answer::status(204)));
    let settings =
        settings(json!({"module": "Contacts", "view": "487", "variables": {"city": "Mailing_City", "tel": "Phone"}}));
    let (pages, _) = run(&settings, None);
    assert_eq!(pages[0].mode, Mode::SnapshotEnd, "an empty list");
    let sent = take_sent();
    let expected = [
        ("fields", "First_Name,Last_Name,Modified_Time,Mobile,Phone,Home_Phone,Other_Phone,Mailing_City"),
        ("per_page", "200"),
        ("sort_by", "Modified_Time"),
        ("sort_order", "asc"),
        ("cvid", "487"),
    ];
    assert_eq!(sent[0].query(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(sent[0].url.starts_with(&format!("{API}/Contacts?")));
}

#[test]
fn a_token_that_ended_asks_its_question_again_and_another_fault_does_not() {
    for code in ["EXPIRED_VALUE", "TOKEN_BOUND_DATA_MISMATCH", "DISCRETE_PAGINATION_LIMIT_EXCEEDED"] {
        install(Host::default().answer(fault(400, code)).answer(found(&[record(1, 1, json!({}))], None)));
        let middle = format!(r#"{{"full":5,"began":5,"next":{{"from":{NOW},"token":"old"}}}}"#);
        let page = ZohoImporter::pull(Some(&middle), 100, &settings(json!({}))).unwrap();
        assert_eq!((page.leads.len(), page.mode, unasked()), (1, Mode::SnapshotEnd, 0));
        let since = "2026-01-01T00:00:00Z";
        let expected =
            [format!("/Leads?converted=false&page_token=old {since}"), format!("/Leads?converted=false {since}")];
        assert_eq!(asked(), expected);
    }
    install(Host::default().answer(fault(400, "INVALID_DATA")));
    assert_eq!(ZohoImporter::pull(None, 100, &settings(json!({}))).unwrap_err().code, "http_refused");
    let same = format!(r#"{{"full":5,"began":5,"next":{{"from":{NOW},"token":"same"}}}}"#);
    install(Host::default().answer(found(&[], Some("same"))));
    assert_eq!(ZohoImporter::pull(Some(&same), 100, &settings(json!({}))).unwrap_err().code, "paging_stuck");
}

#[test]
fn refusals_are_told_apart_by_their_code() {
    let pull = |answer: Answer| {
        install(Host::default().answer(answer));
        let error = ZohoImporter::pull(None, 100, &settings(json!({}))).unwrap_err();
        (error.code, error.retry_after_ms)
    };
    let busy = "http_too_many_requests".to_owned();
    assert_eq!(pull(fault(429, "TOO_MANY_REQUESTS")), (busy.clone(), None));
    assert_eq!(pull(fault(429, "TOO_MANY_REQUESTS").header("retry-after", "40")).1, Some(40_000));
    assert_eq!(pull(Answer::status(429)).0, busy);
    assert_eq!(pull(fault(403, "LIMIT_EXCEEDED")), (busy, Some(CREDITS_SPENT_MS)));
    assert_eq!(pull(fault(401, "INVALID_TOKEN")).0, "http_not_permitted");
    assert_eq!(pull(fault(401, "OAUTH_SCOPE_MISMATCH")).0, "http_not_permitted");
    assert_eq!(pull(fault(500, "INTERNAL_ERROR")).0, "http_broken");
    assert_eq!(pull(Answer::status(200).body("<html>")).0, "http_unreadable");
}

#[test]
fn ragged_records_are_rejected_or_taken_and_never_a_fault() {
    let read = |record: Json| {
        install(Host::default().answer(found(&[record], None)));
        ZohoImporter::pull(None, 100, &settings(json!({"do_not_call": "Never"}))).unwrap()
    };
    for (record, code) in [
        (json!({"Phone": "1"}), "id_missing"),
        (json!({"id": null, "Converted__s": true}), "id_missing"),
        (json!({"id": "48", "Phone": "", "Mobile": null}), "phone_missing"),
        (json!({"id": "48", "Phone": ["1"], "Mobile": {"value": "1"}}), "phone_missing"),
        (json!(null), "id_missing"),
    ] {
        let page = read(record.clone());
        assert_eq!((page.rejected.len(), page.rejected[0].code.as_str()), (1, code), "{record}");
    }
    let page =
        read(json!({"id": "48", "Mobile": 41_791_112_233_u64, "Last_Name": null, "Never": true, "Modified_Time": 7}));
    assert_eq!((page.leads[0].contacts[0].phone.as_str(), page.leads[0].do_not_call), ("41791112233", true));
    assert!(read(json!({"id": "48", "Never": true})).leads[0].do_not_call, "without a phone");
}

#[test]
fn check_names_what_is_wrong() {
    let check = |host: Host, more: Json| {
        install(host);
        let checked = ZohoImporter::check(&settings(more)).unwrap();
        assert_eq!(unasked(), 0);
        (checked.health, checked.missing)
    };
    let names =
        ["Mobile", "Phone", "Never"].map(|name| json!({"api_name": name, "display_label": format!("The {name}")}));
    let fields = || Host::default().answer(Answer::json(&json!({"fields": names})));
    let org = || Answer::json(&json!({"org": [{"company_name": "Harbour"}]}));
    let ready = || fields().answer(Answer::status(204)).answer(org());
    assert_eq!(check(ready(), json!({"do_not_call": "Never"})).0, Health::Ready);
    install(ready());
    assert!(ZohoImporter::check(&settings(json!({}))).unwrap().summary.starts_with("The CRM of Harbour answers"));
    let missing = check(fields(), json!({"priority": "Score", "variables": {"a": "Nope"}}));
    assert_eq!(missing, (Health::Misconfigured, vec!["priority".to_owned(), "variables".to_owned()]));
    let many: serde_json::Map<_, _> = (0..40).map(|nth| (format!("v{nth}"), json!(format!("F{nth}")))).collect();
    let all = (0..40).map(|nth| json!({"api_name": format!("F{nth}")})).chain(names.clone());
    let extra = ["Country", "State", "Zip", "Lang", "Zone", "Basis", "Score"].map(|name| json!({"api_name": name}));
    let all: Vec<_> = all.chain(extra).collect();
    let more = json!({"variables": many, "country": "Country", "region": "State", "postal_code": "Zip", "language": "Lang",
        "time_zone": "Zone", "consent": "Basis", "priority": "Score"});
    assert_eq!(check(Host::default().answer(Answer::json(&json!({"fields": all}))), more).1, ["variables"]);
    let view = fields().answer(fault(400, "INVALID_DATA"));
    assert_eq!(check(view, json!({"view": "9"})).1, ["view"]);
    let refused = Fault::Unauthorised("no connection".to_owned());
    assert_eq!(check(Host::default().answer(Answer::fault(refused)), json!({})).1.len(), 3);
    assert_eq!(check(Host::default().answer(fault(401, "OAUTH_SCOPE_MISMATCH")), json!({})).0, Health::Misconfigured);
    assert_eq!(check(Host::default().answer(Answer::status(502)), json!({})).0, Health::Unreachable);
}

#[test]
fn choices_come_from_zoho() {
    let choose = |setting: &str, query: &str, answer: Answer| {
        install(Host::default().answer(answer));
        let choices = ZohoImporter::options(setting, query, &settings(json!({}))).unwrap();
        choices.into_iter().map(|choice| (choice.value, choice.label)).collect::<Vec<_>>()
    };
    let views = json!({"custom_views": [{"id": "487", "display_value": "Spring"}, {"id": "488", "display_value": "All Leads"}]});
    assert_eq!(choose("view", "spr", Answer::json(&views)), [("487".to_owned(), "Spring".to_owned())]);
    let fields = json!({"fields": [{"api_name": "Mobile", "display_label": "Mobile phone"}, {"api_name": "City"}, {}]});
    assert_eq!(choose("phones", "PHONE", Answer::json(&fields)), [("Mobile".to_owned(), "Mobile phone".to_owned())]);
    assert_eq!(choose("variables", "", Answer::json(&fields)).len(), 2);
    install(Host::default());
    assert!(ZohoImporter::options("accounts", "", &settings(json!({}))).unwrap().is_empty());
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
