//! `/v1/leads`: a lead's story, and what a hand does to it.

use std::time::Duration;

use campanile_tests::account::always;
use campanile_tests::host::Host;
use campanile_tests::patience;
use campanile_tests::people;
use campanile_tests::process::run;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn the_timeline_tells_every_call_and_every_decision() {
    let host = Host::at_speed(2_000);
    let fields = json!({"calling_hours": always(), "max_retries": 1});
    let campaign = host.account("Acme").simulated(1, &json!({"rates": {"unanswered": 1.0}}), &fields);
    campaign.add(&[people::lead(2)]);
    campaign.start();
    campaign.completed(LIMIT);
    let lead = campaign.leads()[0].clone();
    assert_eq!((&lead["status"], &lead["reason"]), (&"max_retries".into(), &"attempts_used".into()), "{lead}");
    let told = campaign.api.get(&format!("/v1/leads/{}/timeline", lead["id"].as_str().unwrap())).ok();
    let entries = told["data"].as_array().unwrap();
    let calls: Vec<_> = entries.iter().filter(|entry| entry["kind"] == "call").map(|entry| &entry["call"]).collect();
    let order: Vec<_> = calls.iter().map(|call| (call["round"].as_u64(), call["contact"].as_u64())).collect();
    let expected = [(1, 0), (1, 1), (2, 0), (2, 1)].map(|(round, contact)| (Some(round), Some(contact)));
    assert_eq!(order, expected, "{told}");
    let times: Vec<_> = entries.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let decided: Vec<_> = calls.iter().map(|call| call["decision"]["decision"].as_str().unwrap_or_default()).collect();
    assert_eq!(decided, ["next_contact", "retry", "next_contact", "give_up"], "{told}");
}

#[test]
fn a_lead_set_to_created_is_called_again() {
    let host = Host::at_speed(2_000);
    let fields = json!({"calling_hours": always(), "max_retries": 0});
    let campaign = host.account("Acme").simulated(1, &json!({"rates": {"answer": 1.0}}), &fields);
    campaign.add(&[people::lead(1)]);
    campaign.start();
    campaign.completed(LIMIT);
    let id = campaign.leads()[0]["id"].as_str().unwrap().to_owned();
    let again =
        campaign.api.patch(&format!("/v1/leads/{id}"), &json!({"status": "created", "variables": {"note": "urgent"}}));
    assert_eq!(again.ok()["era"], 2);
    patience::until("the second call", LIMIT, || (campaign.calls().len() == 2).then_some(()));
    campaign.completed(LIMIT);
    let lead = campaign.api.get(&format!("/v1/leads/{id}")).ok();
    assert_eq!((&lead["status"], &lead["variables"]["note"]), (&"completed".into(), &"urgent".into()), "{lead}");
    let calls = campaign.calls();
    assert_eq!((&calls[0]["era"], &calls[1]["era"]), (&1.into(), &2.into()));
}

#[test]
fn the_command_line_explains_a_lead_in_the_servers_words() {
    let host = Host::at_speed(60);
    let fields = json!({"calling_hours": {"tuesday": [{"from": "09:00", "to": "12:00"}]}});
    let campaign = host.account("Acme").simulated(1, &json!({}), &fields);
    campaign.add(&[people::lead(0)]);
    campaign.start();
    let id = campaign.leads()[0]["id"].as_str().unwrap().to_owned();
    let (server, key) = (host.api.base(), campaign.api.key());
    let shown = run(&["explain", &id, "--server", server, "--key", key]).well().stdout;
    assert!(shown.contains("2026-03-03T14:00:00Z") && shown.contains("calling_hours"), "{shown}");
    let told: Value =
        serde_json::from_str(&run(&["explain", &id, "--server", server, "--key", key, "--json"]).well().stdout)
            .unwrap();
    assert_eq!(told["blocked_by"], "calling_hours");
    assert_eq!(run(&["explain", "lead_00000000000000000000000000", "--server", server, "--key", key]).code, 3);
    assert_eq!(run(&["explain", &id, "--server", server, "--key", "cpn_live_wrong"]).code, 4);
}
