//! `/v1/campaigns`: from the operator's key to a completed campaign, and the verbs on the way.

use std::time::Duration;

use campanile_tests::account::{GOAL, always, outcome};
use campanile_tests::host::Host;
use campanile_tests::{patience, people};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_campaign_runs_from_the_first_key_to_its_end() {
    let host = Host::at_speed(2_000);
    let account = host.account("Harbour Dental");
    let fields = json!({
        "calling_hours": always(), "max_concurrent_calls": 10, "retry_until_goal": true, "goal_variable": GOAL, "max_retries": 2,
    });
    let campaign = account.simulated(3, &json!({"talk": {"goal_rate": 0.5, "goal_variable": GOAL}}), &fields);
    assert_eq!(campaign.now()["status"], "draft");
    campaign.add(&(0..40).map(people::lead).collect::<Vec<_>>());
    campaign.start();
    let over = campaign.completed(LIMIT);
    assert!(over["completed_at"].is_string(), "{over}");

    let (stats, leads, calls) = (campaign.stats(), campaign.leads(), campaign.calls());
    assert_eq!((&stats["leads"], &stats["open_attempts"], leads.len()), (&40.into(), &0.into(), 40), "{stats}");
    let by_status = |status: &str| leads.iter().filter(|lead| lead["status"] == status).count();
    for (status, reasons) in stats["by_status"].as_object().unwrap() {
        let counted: u64 = reasons.as_object().unwrap().values().filter_map(Value::as_u64).sum();
        assert_eq!(counted, by_status(status) as u64, "{status}: {stats}");
    }
    for (word, count) in stats["attempts"].as_object().unwrap() {
        let listed = calls.iter().filter(|call| outcome(call) == *word).count();
        assert_eq!(*count, listed, "{word}: {stats}");
    }
    let reached = leads.iter().filter(|lead| lead["reason"] == "goal_reached").count();
    assert!(reached > 5, "{stats}");
    assert_eq!(stats["goals_reached"], reached, "{stats}");
    assert!(stats["talk_ms"].as_i64().unwrap() > 0 && stats["first_call_at"].is_string(), "{stats}");

    let answered = calls.iter().find(|call| outcome(call) == "answered").unwrap();
    let read = campaign.api.get(&format!("/v1/calls/{}", answered["id"].as_str().unwrap())).ok();
    assert!(read["transcript"].as_array().is_some_and(|lines| lines.len() > 2), "{read}");
    assert!(read["variables"].to_string().contains(GOAL), "{read}");
    assert!(read["decision"]["decision"].is_string(), "{read}");
}

#[test]
fn pause_drains_and_resume_goes_on() {
    let host = Host::at_speed(300);
    let fields = json!({"calling_hours": always(), "max_concurrent_calls": 4, "max_retries": 0});
    let campaign = host.account("Acme").simulated(5, &json!({"rates": {"answer": 1.0}}), &fields);
    campaign.add(&(0..60).map(people::lead).collect::<Vec<_>>());
    campaign.start();
    patience::until("somebody talks", LIMIT, || (campaign.stats()["open_attempts"] == 4).then_some(()));
    assert_eq!(campaign.api.verb(&campaign.path("/pause")).ok()["status"], "paused");
    patience::until("live calls finish", LIMIT, || (campaign.stats()["open_attempts"] == 0).then_some(()));
    let calls = campaign.calls().len();
    let why = campaign.api.get(&campaign.path("/explain")).ok();
    assert_eq!(why["open"], false, "{why}");
    let gates = why["gates"].as_array().unwrap();
    let running = gates.iter().find(|gate| gate["gate"] == "campaign_running").unwrap();
    assert_ne!(running["verdict"], "pass", "{why}");
    assert_eq!(campaign.calls().len(), calls, "a paused campaign dials");
    assert!(calls < 60, "the pause came too late to show anything");
    assert!(campaign.calls().iter().all(|call| outcome(call) != "cancelled"), "pause hangs nobody up");
    assert_eq!(
        campaign.api.verb(&campaign.path("/pause")).ok()["status"],
        "paused",
        "a verb that changes nothing says yes"
    );
    assert_eq!(campaign.api.verb(&campaign.path("/resume")).ok()["status"], "in_progress");
    campaign.completed(LIMIT);
    assert_eq!(campaign.stats()["by_status"]["completed"]["contacted"], 60);
}

#[test]
fn stop_hangs_up_and_nobody_is_lost() {
    let host = Host::at_speed(30);
    let fields = json!({"calling_hours": always(), "max_concurrent_calls": 3, "max_retries": 0});
    let scenario = json!({"rates": {"answer": 1.0}, "talk": {"ring_seconds": 3, "talk_seconds": 500}});
    let campaign = host.account("Acme").simulated(5, &scenario, &fields);
    campaign.add(&(0..10).map(people::lead).collect::<Vec<_>>());
    campaign.start();
    let talking = || campaign.calls().iter().any(|call| call["status"] == "in_progress").then_some(());
    patience::until("somebody talks", LIMIT, talking);
    assert_eq!(campaign.api.verb(&campaign.path("/stop")).ok()["status"], "paused");
    patience::until("live calls are hung up", LIMIT, || (campaign.stats()["open_attempts"] == 0).then_some(()));
    assert!(campaign.calls().iter().any(|call| outcome(call) == "cancelled"), "{:#?}", campaign.calls());
    let stats = campaign.stats();
    let counted: u64 = stats["by_status"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|reasons| reasons.as_object().unwrap().values())
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(counted, 10, "{stats}");
}

#[test]
fn what_keeps_a_campaign_from_starting_is_listed_at_once() {
    let host = Host::start(&[]);
    let campaign = host.account("Acme").simulated(1, &json!({}), &json!({}));
    let refused = campaign.api.verb(&campaign.path("/start"));
    assert_eq!(refused.problem(), (409, "CE0012".into()));
    assert!(refused.json()["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "{}", refused.text);
    assert_eq!(campaign.now()["status"], "draft");
}

#[test]
fn an_added_lead_reopens_a_completed_campaign() {
    let host = Host::at_speed(2_000);
    let fields = json!({"calling_hours": always(), "max_retries": 0});
    let campaign = host.account("Acme").simulated(1, &json!({"rates": {"answer": 1.0}}), &fields);
    campaign.add(&[people::lead(0)]);
    campaign.start();
    campaign.completed(LIMIT);
    campaign.add(&[people::lead(1)]);
    let called = || (campaign.stats()["by_status"]["completed"]["contacted"] == 2).then_some(());
    patience::until("the second lead is called", LIMIT, called);
    campaign.completed(LIMIT);
}

#[test]
fn outside_the_hours_nobody_is_called_and_explain_says_when() {
    let host = Host::at_speed(60);
    let fields = json!({"calling_hours": {"tuesday": [{"from": "09:00", "to": "12:00"}]}});
    let campaign = host.account("Acme").simulated(1, &json!({}), &fields);
    campaign.add(&[people::lead(0)]);
    campaign.start();
    let lead = campaign.leads()[0]["id"].as_str().unwrap().to_owned();
    let why = campaign.api.get(&format!("/v1/leads/{lead}/explain")).ok();
    assert_eq!((&why["callable_now"], &why["blocked_by"]), (&false.into(), &"calling_hours".into()), "{why}");
    assert_eq!(why["earliest"], "2026-03-03T14:00:00Z", "{why}");
    assert_eq!(campaign.calls().len(), 0);
}
