//! How systems page, and what runs ask for.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent, unasked};
use campanile_plugin_sdk::importer::{LeadImporter, Mode, Page};
use campanile_plugin_sdk::sync::Pace;
use campanile_plugin_sdk::types::Health;
use serde_json::{Value, json};

use super::*;

const URL: &str = "https://crm.example/people";

fn settings(more: Value) -> Settings {
    let mut all = json!({"url": URL, "records": "/data", "fields": {"external_id": "id", "phones": ["phone"]}});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn people(ids: std::ops::Range<u32>) -> Value {
    ids.map(|id| json!({"id": id, "phone": format!("+1202555{id:04}")})).collect()
}

/// Every page of a run.
fn run(settings: &Settings, cursor: Option<String>) -> (Vec<Page>, Option<String>) {
    let (mut pages, mut cursor) = (Vec::new(), cursor);
    loop {
        let page = JsonImporter::pull(cursor.as_deref(), 100, settings).unwrap();
        cursor = page.cursor.clone();
        let more = page.more;
        pages.push(page);
        if !more {
            return (pages, cursor);
        }
    }
}

fn queries() -> Vec<String> {
    take_sent()
        .iter()
        .map(|sent| sent.url.split_once('?').map_or(String::new(), |(_, query)| query.to_owned()))
        .collect()
}

#[test]
fn numbered_pages_end_with_one_that_is_not_full() {
    let paging = json!({"paging": {"style": "page", "size": 2, "size_param": "per_page"}});
    let host = Host::default()
        .answer(Answer::json(&json!({"data": people(0..2)})))
        .answer(Answer::json(&json!({"data": people(2..3)})));
    install(host);
    let (pages, cursor) = run(&settings(paging), None);
    assert_eq!(queries(), ["per_page=2&page=1", "per_page=2&page=2"]);
    assert_eq!(pages.iter().map(|page| page.mode).collect::<Vec<_>>(), [Mode::SnapshotPart, Mode::SnapshotEnd]);
    assert_eq!(
        (pages[1].leads[0].external_id.as_str(), Run::<Place>::at(cursor.as_deref(), Pace::hours(0)).since()),
        ("2", None)
    );
}

#[test]
fn an_offset_grows_by_what_was_found_and_an_empty_page_ends_it() {
    let paging = json!({"paging": {"style": "offset", "size": 5, "param": "skip", "next": "/more"}});
    let host = Host::default()
        .answer(Answer::json(&json!({"data": people(0..3), "more": true})))
        .answer(Answer::json(&json!({"data": [], "more": true})));
    install(host);
    run(&settings(paging), None);
    assert_eq!(queries(), ["limit=5&skip=0", "limit=5&skip=3"]);
}

#[test]
fn cursors_and_links_are_followed_and_a_circle_is_an_error() {
    let cursor = json!({"paging": {"style": "cursor", "next": "/next", "size_param": ""}});
    let host = Host::default()
        .answer(Answer::json(&json!({"data": people(0..1), "next": "a b"})))
        .answer(Answer::json(&json!({"data": people(1..2), "next": null})));
    install(host);
    run(&settings(cursor.clone()), None);
    assert_eq!(queries(), ["", "cursor=a%20b"]);

    let link = format!("<{URL}?p=1>; rel=\"prev\", <{URL}?p=3>; rel=\"next\"");
    install(
        Host::default()
            .answer(Answer::json(&json!({"data": []})).header("Link", &link))
            .answer(Answer::json(&json!({"data": []}))),
    );
    run(&settings(json!({"paging": {"style": "link"}})), None);
    assert_eq!(queries(), ["limit=100", "p=3"]);

    install(Host::default().answer(Answer::json(&json!({"data": [], "next": "same"}))));
    let stuck = JsonImporter::pull(Some(r#"{"began":1,"next":"same"}"#), 100, &settings(cursor)).unwrap_err();
    assert_eq!(stuck.code, "paging_stuck");
}

#[test]
fn a_run_asks_for_what_changed_since_the_run_before_began() {
    let since = settings(json!({"changes": {"style": "since", "format": "unix_ms", "overlap_minutes": 1},
        "paging": {"style": "page", "size": 1}}));
    let empty = || Answer::json(&json!({"data": []}));
    install(
        Host::default().now(1_000_000_000_000).answer(Answer::json(&json!({"data": people(0..1)}))).answer(empty()),
    );
    let (pages, cursor) = run(&since, None);
    assert_eq!(queries(), ["limit=1&page=1", "limit=1&page=2"]);
    assert_eq!(pages.iter().map(|page| page.mode).collect::<Vec<_>>(), [Mode::SnapshotPart, Mode::SnapshotEnd]);
    install(Host::default().now(1_000_000_900_000).answer(empty()));
    let (pages, cursor) = run(&since, cursor);
    assert_eq!(queries(), ["limit=1&page=1&updated_since=999999940000"]);
    assert_eq!(pages[0].mode, Mode::Delta);
    install(Host::default().now(1_000_001_800_000).answer(empty()));
    let (_, cursor) = run(&since, cursor);
    assert_eq!(queries(), ["limit=1&page=1&updated_since=1000000840000"]);
    install(Host::default().now(1_000_086_400_000).answer(empty()));
    run(&since, cursor);
    assert_eq!(queries(), ["limit=1&page=1"], "everything again after a day");
}

#[test]
fn what_is_wrong_is_named() {
    let check = |answer: Answer, more: Value| {
        install(Host::default().answer(answer).secret("token", "t"));
        let checked = JsonImporter::check(&settings(more)).unwrap();
        assert_eq!(unasked(), 0);
        (checked.health, checked.missing, checked.summary)
    };
    let ready = check(Answer::json(&json!({"data": people(7..8)})), json!({"auth": "bearer"}));
    assert_eq!((ready.0, ready.2.as_str()), (Health::Ready, "The list answers; its first record is 7."));
    assert_eq!(take_sent()[0].auth.as_deref(), Some("bearer"));
    let refused = check(Answer::status(401), json!({"auth": "bearer"}));
    assert_eq!((refused.0, refused.1), (Health::Misconfigured, vec!["token".to_owned()]));
    let elsewhere = check(Answer::json(&json!({"items": [], "total": 0})), json!({}));
    assert_eq!(elsewhere.2, "/data is no list of records; the answer has /items, /total");
    let no_id = check(Answer::json(&json!({"data": [{"key": 1}]})), json!({}));
    assert_eq!((no_id.0, no_id.1), (Health::Misconfigured, vec!["fields".to_owned()]));
    assert_eq!(check(Answer::status(503), json!({})).0, Health::Unreachable);
}

#[test]
fn a_refusal_says_how_long_to_wait() {
    install(Host::default().answer(Answer::status(429).header("Retry-After", "7")));
    let error = JsonImporter::pull(None, 100, &settings(json!({}))).unwrap_err();
    assert_eq!((error.code.as_str(), error.retry_after_ms), ("http_too_many_requests", Some(7_000)));
}

#[test]
fn the_manifest_names_the_settings() {
    let manifest: toml::Table = include_str!("../campanile.toml").parse().unwrap();
    let properties = manifest["settings"]["properties"].as_table().unwrap();
    let mut names: Vec<_> = properties.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["auth", "changes", "fields", "paging", "records", "url", "username"]);
    let blocks = manifest["auth"].as_table().unwrap();
    for name in properties["auth"]["enum"].as_array().unwrap() {
        let auth: settings::Auth = serde_json::from_value(name.as_str().unwrap().into()).unwrap();
        assert!(auth.block().is_none_or(|block| blocks.contains_key(block)), "{name:?}");
    }
}
