//! `/v1/calls`: one person, called because somebody asked.

use std::time::Duration;

use campanile_tests::host::Host;
use campanile_tests::{patience, people};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_single_call_is_placed_and_told_to_its_end() {
    let host = Host::at_speed(30);
    let account = host.account("Harbour Dental");
    let scenario = json!({"rates": {"answer": 1.0}, "talk": {"ring_seconds": 3, "talk_seconds": 40}});
    let gateway = account.gateway("simulated", &json!({"seed": 3, "scenario": scenario}));
    let assistant = account.assistant(&gateway);
    let body = json!({"assistant": assistant, "phone": people::phone(1), "name": "Ann", "override": ["calling_hours"]});
    let placed = account.live.post("/v1/calls", &body);
    assert_eq!(placed.status, 201, "{}", placed.text);
    let call = placed.json();
    let path = format!("/v1/calls/{}", call["id"].as_str().unwrap());

    let busy = account.live.post("/v1/calls", &body);
    assert_eq!(busy.problem(), (409, "CE0035".to_owned()), "{}", busy.text);

    // What was said is kept a moment after the end: losing it would lose no call.
    let over = patience::until("the call ends and is told", LIMIT, || {
        let read = account.live.get(&path).ok();
        (read["ended_at"].is_string() && read["transcript"].is_array()).then_some(read)
    });
    assert_eq!((&over["status"], &over["phone"]), (&"completed".into(), &people::phone(1).into()), "{over}");
    assert!(over["transcript"].as_array().is_some_and(|lines| lines.len() > 2), "{over}");
    let lead = account.live.get(&format!("/v1/leads/{}", over["lead"].as_str().unwrap())).ok();
    assert_eq!(lead["contacts"][0]["name"], "Ann", "{lead}");
    assert_eq!(account.live.get("/v1/campaigns").ok()["data"], json!([]), "its campaign is found by its kind");
}
