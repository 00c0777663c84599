//! How a sheet is read in pieces while it is edited, and what its rows become.

use campanile_plugin_sdk::fake::{Answer, Host, install, take_sent, unasked};
use campanile_plugin_sdk::importer::Mode;
use serde_json::{Value as Json, json};

use super::*;

fn settings(more: Json) -> Settings {
    let mut all = json!({"spreadsheet": "https://docs.google.com/spreadsheets/d/1aB-c/edit#gid=0", "key": "No", "phones": ["Phone", "Mobile"],
        "name": ["Name"], "do_not_call": "Silent", "variables": {"city": "City"}});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

fn tabs(rows: u64) -> Answer {
    let tab = |name: &str| json!({"properties": {"title": name, "gridProperties": {"rowCount": rows}}});
    Answer::json(&json!({"sheets": [tab("Leads"), tab("Old")]}))
}

fn piece(rows: &[&[&str]]) -> Answer {
    let header = ["no", " Phone ", "Mobile", "Name", "City", "Silent"];
    Answer::json(&json!({"valueRanges": [{"values": [header]}, {"values": rows}]}))
}

const HEADER: &[&str] = &["no", " Phone ", "Mobile", "Name", "City", "Silent"];

#[test]
fn rows_come_in_pieces_each_beginning_with_the_last_row_of_the_one_before() {
    let (a, b, c) = (
        &["1", "+41441112231", "", "Ann"][..],
        &["2", "", "+41441112232", "Bob", "Bern"][..],
        &["3", "x", "", "", "", "TRUE"][..],
    );
    install(Host::default().answer(tabs(4)).answer(piece(&[HEADER, a, b])).answer(piece(&[b, c])));
    let first = SheetsImporter::pull(None, 2, &settings(json!({}))).unwrap();
    let second = SheetsImporter::pull(first.cursor.as_deref(), 2, &settings(json!({}))).unwrap();
    assert_eq!((first.mode, second.mode, unasked()), (Mode::SnapshotPart, Mode::SnapshotEnd, 0));
    let bob = &first.leads[1];
    assert_eq!(
        (bob.external_id.as_str(), bob.contacts[0].label.as_deref(), bob.contacts[0].name.as_deref()),
        ("2", Some("Mobile"), Some("Bob"))
    );
    assert!(second.leads[0].do_not_call);
    let ranges: Vec<_> = take_sent()
        .iter()
        .filter_map(|sent| sent.query().into_iter().nth(1).filter(|(name, _)| name == "ranges"))
        .map(|(_, range)| range)
        .collect();
    assert_eq!(ranges, ["'Leads'!1:3", "'Leads'!3:5"]);
}

#[test]
fn a_row_that_moved_begins_the_run_again() {
    let row = |number: &'static str| [number, "+41441112231"];
    let (one, two, three) = (row("1"), row("2"), row("3"));
    install(
        Host::default()
            .answer(tabs(5))
            .answer(piece(&[HEADER, &one, &two]))
            // Row 2 was deleted: what was row 4 is row 3 now.
            .answer(piece(&[&three]))
            .answer(tabs(4))
            .answer(piece(&[HEADER, &one, &three])),
    );
    let first = SheetsImporter::pull(None, 2, &settings(json!({}))).unwrap();
    let again = SheetsImporter::pull(first.cursor.as_deref(), 2, &settings(json!({}))).unwrap();
    let ids: Vec<_> = again.leads.iter().map(|lead| lead.external_id.as_str()).collect();
    assert_eq!((ids, again.more, again.mode), (vec!["1", "3"], true, Mode::SnapshotPart));
}

#[test]
fn a_row_that_changed_in_its_place_lets_the_run_go_on() {
    let (one, two) = (&["1", "+41441112231"][..], &["2", "+41441112232", "", "Bob", "10:00:01"][..]);
    let (later, three) = (&["2", "+41441112239", "", "Bob", "10:00:02"][..], &["3", "+41441112233"][..]);
    install(Host::default().answer(tabs(4)).answer(piece(&[HEADER, one, two])).answer(piece(&[later, three])));
    let first = SheetsImporter::pull(None, 2, &settings(json!({}))).unwrap();
    let second = SheetsImporter::pull(first.cursor.as_deref(), 2, &settings(json!({}))).unwrap();
    assert_eq!((second.leads[0].external_id.as_str(), second.mode, unasked()), ("3", Mode::SnapshotEnd, 0));
}

#[test]
fn a_tab_that_became_shorter_than_the_place_begins_the_run_again() {
    let row = |number: &'static str| [number, "+41441112231"];
    let (one, two) = (row("1"), row("2"));
    install(
        Host::default()
            .answer(tabs(5))
            .answer(piece(&[HEADER, &one, &two]))
            .answer(Answer::status(400))
            .answer(tabs(2))
            .answer(piece(&[HEADER, &one])),
    );
    let first = SheetsImporter::pull(None, 2, &settings(json!({}))).unwrap();
    let again = SheetsImporter::pull(first.cursor.as_deref(), 2, &settings(json!({}))).unwrap();
    assert_eq!((again.leads.len(), again.more, again.mode, unasked()), (1, false, Mode::SnapshotEnd, 0));
}

#[test]
fn ragged_rows_empty_rows_and_keys_that_come_twice_are_told() {
    let rows: &[&[&str]] =
        &[HEADER, &["1"], &[], &["", "+41441112233"], &["2", "+41441112234"], &["2", "+41441112235"]];
    install(Host::default().answer(tabs(6)).answer(piece(rows)));
    let page = SheetsImporter::pull(None, 500, &settings(json!({}))).unwrap();
    let codes: Vec<_> = page.rejected.iter().map(|record| record.code.as_str()).collect();
    assert_eq!((codes, page.leads.len()), (vec!["phone_missing", "id_missing", "key_twice"], 1));
    install(Host::default().answer(tabs(6)).answer(piece(&[HEADER, &["", "+41 44 111 22 33"]])));
    let keyless = SheetsImporter::pull(None, 500, &settings(json!({"key": ""}))).unwrap();
    assert_eq!(keyless.leads[0].external_id, "41441112233");
}

#[test]
fn a_column_that_is_not_there_stops_the_run_instead_of_removing_people() {
    install(Host::default().answer(tabs(6)).answer(piece(&[HEADER])).answer(tabs(6)).answer(piece(&[HEADER])));
    let settings = settings(json!({"phones": ["Telephone"]}));
    let error = SheetsImporter::pull(None, 500, &settings).unwrap_err();
    assert!(
        error.code == "column_missing" && error.message.contains("Telephone") && error.message.contains("phone"),
        "{error:?}"
    );
    let checked = SheetsImporter::check(&settings).unwrap();
    assert_eq!(checked.missing, ["phones"]);
}
