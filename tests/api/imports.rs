//! `/v1/imports`: a file becomes leads, and the rows that do not come back.

use std::time::Duration;

use campanile_tests::host::Host;
use campanile_tests::http::Api;
use campanile_tests::{patience, people};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn an_uploaded_file_becomes_leads_once() {
    let host = Host::start(&[]);
    let campaign = host.account("Acme").simulated(1, &json!({}), &json!({}));
    let file = people::csv(500) + "No Phone,,,\r\nToo Short,12,,\r\n";
    let path = format!("/v1/imports?confirm=true&campaign={}&file_name=march.csv", campaign.id);
    for (created, known) in [(500, 0), (0, 500)] {
        let begun = campaign.api.upload(&path, "text/csv", file.clone().into_bytes());
        assert_eq!(begun.status, 201, "{}", begun.text);
        let over = || Some(campaign.api.get(&begun.location).ok()).filter(|import| import["status"] != "running");
        let import = patience::until("the import is over", LIMIT, over);
        assert_eq!(import["status"], "finished", "{import}");
        assert_eq!((&import["rows"], &import["created"]), (&502.into(), &created.into()), "{import}");
        assert_eq!(import["duplicates"], known, "{import}");
        let rejects = campaign.api.get(&format!("{}/rejects", begun.location));
        assert_eq!((rejects.status, rejects.text.lines().count()), (200, 3), "{}", rejects.text);
    }
    let leads = campaign.leads();
    assert_eq!(leads.len(), 500);
    let contacts: usize = leads.iter().map(|lead| lead["contacts"].as_array().unwrap().len()).sum();
    assert_eq!(contacts, (0..500).map(|index| people::phones(index).len()).sum::<usize>());
    let found = campaign.api.get(&format!("/v1/leads?phone=%2B{}", &people::phones(7)[0][1..])).ok();
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1), "{found}");
}

fn settled(api: &Api, place: &str) -> Value {
    let busy = ["reviewing", "running", "undoing"];
    let over = || {
        let import = api.get(place).ok();
        (!busy.iter().any(|status| import["status"] == *status)).then_some(import)
    };
    patience::until("the import stands", LIMIT, over)
}

#[test]
fn a_file_is_looked_at_reviewed_confirmed_and_taken_back() {
    let host = Host::start(&[]);
    let campaign = host.account("Acme").simulated(1, &json!({}), &json!({}));
    campaign.add(&[people::lead(3), people::lead(5)]);
    let file = people::csv(40) + "No Phone,,,\r\nToo Short,12,,\r\n=cmd(),13,,\r\n";
    let sent = campaign.api.upload(&format!("/v1/imports?campaign={}", campaign.id), "text/csv", file.into_bytes());
    let understood = &sent.ok()["understood"];
    assert_eq!((&understood["encoding"], &understood["header_row"]), (&"utf-8".into(), &1.into()), "{understood}");
    assert_eq!(understood["mapping"]["secondary"], json!(["Mobile Phone", "Office Phone"]), "{understood}");
    campaign.api.post(&format!("{}/review", sent.location), &json!({"existing": "update"})).ok();
    let reviewed = settled(&campaign.api, &sent.location);
    let review = &reviewed["review"];
    assert_eq!(
        (&review["rows"], &review["ready"], &review["already_in_campaign"]),
        (&43.into(), &38.into(), &2.into())
    );
    assert_eq!(review["rejected"], json!({"missing_phone": 1, "invalid": 2}), "{review}");
    assert_eq!(campaign.leads().len(), 2, "a review writes nothing");
    campaign.api.post(&format!("{}/confirm", sent.location), &json!({"save_mapping_as": "Fair"})).ok();
    let over = settled(&campaign.api, &sent.location);
    assert_eq!(
        (&over["status"], &over["created"], &over["updated"]),
        (&"finished".into(), &38.into(), &2.into()),
        "{over}"
    );
    let rejects = campaign.api.get(&format!("{}/rejects", sent.location)).text;
    assert!(rejects.contains(",'=cmd(),13"), "a spreadsheet must not run it: {rejects}");
    // Only those are put right and sent again.
    let mended = rejects.replace(",12,", ",+12025550177,");
    let path = format!("/v1/imports?confirm=true&campaign={}", campaign.id);
    let again = campaign.api.upload(&path, "text/csv", mended.into_bytes());
    let second = settled(&campaign.api, &again.location);
    assert_eq!((&second["rows"], &second["created"]), (&3.into(), &1.into()), "{second}");
    campaign.api.post(&format!("{}/undo", sent.location), &json!({})).ok();
    let undone = settled(&campaign.api, &sent.location);
    assert_eq!((&undone["status"], &undone["removed"]), (&"undone".into(), &38.into()), "{undone}");
    assert_eq!(campaign.leads().len(), 3, "two were there before, one came with another file");
}

#[test]
fn every_lead_file_goes_from_upload_to_its_expected_leads() {
    let folder = campanile_tests::repo::root().join("tests/lead_files");
    every_file(&folder);
    match std::env::var_os("CAMPANILE_LEAD_FILES") {
        Some(more) => every_file(std::path::Path::new(&more)),
        None => println!("skipped: CAMPANILE_LEAD_FILES names no folder of further lead files"),
    }
}

/// Every file of a folder, against what its `expected.json` says of it: written by hand, before the file was ever read.
fn every_file(folder: &std::path::Path) {
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let host = Host::start(&[]);
    let account = host.account("Acme");
    for (name, expected) in expected.as_object().unwrap() {
        let campaign = account.simulated(1, &json!({}), &json!({}));
        let region = expected["default_region"].as_str().unwrap();
        let encoded: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let path = format!("/v1/imports?campaign={}&default_region={region}&file_name={encoded}", campaign.id);
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let sent = campaign.api.upload(&path, "application/octet-stream", bytes.clone());
        let mapping = sent.ok()["understood"]["mapping"].clone();
        assert_eq!(mapping["primary"], expected["phone"], "{name}");
        campaign.api.post(&format!("{}/review", sent.location), &json!({})).ok();
        let review = settled(&campaign.api, &sent.location)["review"].clone();
        let count = |of: &Value, field: &str| of[field].as_u64().unwrap_or_else(|| panic!("{name}: {field} of {of}"));
        let accepted = count(&review, "ready") + count(&review, "repaired");
        assert_eq!(accepted, count(expected, "accepted"), "{name}: {review}");
        assert_eq!(count(&review, "duplicate_in_file"), count(expected, "duplicates_in_file"), "{name}");
        campaign.api.post(&format!("{}/confirm", sent.location), &json!({})).ok();
        let over = settled(&campaign.api, &sent.location);
        assert_eq!((&over["status"], count(&over, "created")), (&"finished".into(), accepted), "{name}: {over}");
        for field in ["rows", "accepted", "duplicates_in_file", "rejected", "secondary_contacts"] {
            assert_eq!(over["summary"][field], expected[field], "{name}: {field}");
        }
        let stats = campaign.stats();
        assert_eq!(stats["leads"].as_u64(), Some(accepted), "{name}: {stats}");
        let again = campaign.api.upload(&format!("{path}&confirm=true"), "application/octet-stream", bytes);
        let twice = settled(&campaign.api, &again.location);
        assert_eq!((count(&twice, "created"), count(&twice, "duplicates")), (0, accepted), "{name}: {twice}");
    }
}

#[test]
fn an_import_that_is_killed_goes_on_and_nobody_comes_twice_or_is_lost() {
    const ROWS: usize = 20_000;
    let mut host = Host::start(&[]);
    let account = host.account("Acme");
    let campaign = account.simulated(1, &json!({}), &json!({}));
    let (id, key) = (campaign.id.clone(), campaign.api.key().to_owned());
    let file = (0..ROWS).fold("Phone\r\n".to_owned(), |file, index| file + &people::phone(index) + "\r\n");
    let path = format!("/v1/imports?confirm=true&campaign={id}");
    let sent = campaign.api.upload(&path, "text/csv", file.into_bytes());
    sent.ok();
    let mut seen = Vec::new();
    for turn in 0..8 {
        let api = host.api.with_key(&key);
        let moved = || {
            let import = api.get(&sent.location).ok();
            assert_ne!(import["status"], "failed", "{import}");
            let rows = import["rows"].as_u64().unwrap();
            (seen.last().is_none_or(|before| rows > *before)).then_some(rows)
        };
        let rows = patience::until("the import moves", LIMIT, moved);
        seen.push(rows);
        if rows == ROWS as u64 {
            break;
        }
        host = host.killed((turn % 3 == 2).then_some(Duration::from_millis(60)));
    }
    let api = host.api.with_key(&key);
    let over = settled(&api, &sent.location);
    println!("rows when it was killed: {seen:?}");
    assert_eq!(
        (&over["status"], &over["rows"], &over["created"], &over["duplicates"]),
        (&"finished".into(), &ROWS.into(), &ROWS.into(), &0.into()),
        "{over}"
    );
    let stats = api.get(&format!("/v1/campaigns/{id}/stats")).ok();
    assert_eq!(stats["leads"].as_u64(), Some(ROWS as u64), "{stats}");
    let left = std::fs::read_dir(host.data().join("uploads")).unwrap().count();
    assert_eq!(left, 0, "its file is gone");
}
