//! Evaluators, from outside: answered calls are read, in order, and nobody is called because one is down.

use std::collections::BTreeSet;
use std::time::Duration;

use campanile_tests::account::{Account, Campaign, GOAL, always};
use campanile_tests::host::Host;
use campanile_tests::patience;
use campanile_tests::people;
use campanile_tests::process::run;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);
/// An hour of the calls' time in a second.
const FAST: [&str; 2] = ["--clock", "x3600"];

/// Reads the sentences that simulated people say.
const READER: &str = r#"fn evaluate(talk) {
    let yes = talk.find(["book it for me", "put me down", "confirm the appointment", "let's do it", "book me in"]).by("person").affirmed();
    let no = talk.find(["not interested", "no, not for me", "don't need that", "somebody else"]).by("person");
    if yes.any() { return #{ appointment_booked: told(true, "agreed", yes.last()) }; }
    if no.any() { return #{ appointment_booked: told(false, "declined", no.last()) }; }
    #{ appointment_booked: undetermined("not said") }
}"#;
/// A slip that only a call brings out.
const BROKEN: &str = "fn evaluate(talk) { #{ appointment_booked: talk.find(\"book\").by(\"persn\").any() } }";

fn script(account: &Account, name: &str, source: &str) {
    account.live.post("/v1/scripts", &json!({"name": name, "source": source})).ok();
}

/// A campaign whose provider tells what was said, and nothing of what it means.
fn campaign(account: &Account, leads: usize, evaluators: &Value) -> Campaign {
    let scenario = json!({"rates": {"answer": 1, "busy": 0, "unanswered": 0, "voicemail": 0, "failed": 0},
        "talk": {"goal_variable": GOAL, "goal_rate": 0.4}, "faults": {"no_analysis": 1}});
    let fields = json!({"calling_hours": always(), "max_concurrent_calls": 20, "max_retries": 2, "retry_until_goal": true,
        "goal_variable": GOAL, "evaluators": evaluators, "retry_interval_minutes": 10, "evaluation_timeout_minutes": 600});
    let campaign = account.simulated(11, &scenario, &fields);
    campaign.add(&(0..leads).map(people::lead).collect::<Vec<_>>());
    campaign
}

fn with_evaluation(campaign: &Campaign) -> Vec<Value> {
    let one = |call: Value| campaign.api.get(&format!("/v1/calls/{}", call["id"].as_str().unwrap())).ok();
    campaign.calls().into_iter().map(one).collect()
}

/// What a person who reads the transcript would say.
fn truly_booked(call: &Value) -> bool {
    let said = call["transcript"].to_string();
    ["book it for me", "put me down", "I confirm the appointment", "let's do it"]
        .iter()
        .any(|words| said.contains(words))
}

#[test]
fn answered_calls_are_read_and_the_goal_ends_their_leads() {
    let host = Host::start(&FAST);
    let account = host.account("Harbour Dental");
    script(&account, "reader", READER);
    // The first never tells anything: the second is asked what it left open.
    script(&account, "silent", "fn evaluate(talk) { #{} }");
    let campaign = campaign(&account, 40, &json!(["silent@active", "reader@active"]));
    campaign.start();
    campaign.completed(LIMIT);
    let calls = with_evaluation(&campaign);
    assert!(calls.len() >= 40);
    let mut booked = BTreeSet::new();
    for call in &calls {
        let told = &call["variables"][GOAL];
        assert_eq!(told["by"], json!({"kind": "evaluator", "name": told["by"]["name"]}), "{call}");
        assert_eq!(call["evaluation"]["done"], true, "{call}");
        assert_eq!(told["value"] == true, truly_booked(call), "{call}");
        if told["value"] == true {
            let line = told["evidence"][0].as_u64().unwrap() as usize;
            assert_eq!((&call["transcript"][line]["speaker"], &told["reason"]), (&"person".into(), &"agreed".into()));
            booked.insert(call["lead"].to_string());
        }
    }
    for lead in campaign.leads() {
        let reached = lead["status"] == "completed" && lead["reason"] == "goal_reached";
        assert_eq!(reached, booked.contains(&lead["id"].to_string()), "{lead}");
    }
    assert!(booked.len() > 5, "{} of 40", booked.len());
    let first = &calls.iter().find(|call| call["variables"][GOAL]["value"] == true).unwrap();
    let read = evaluations(&campaign, first);
    assert_eq!(read.iter().map(|one| &one["by"]).collect::<Vec<_>>(), ["silent@1", "reader@1"], "{read:?}");
    for one in &read {
        assert_eq!((&one["wanted"], one["usage"]["fuel"].as_u64() > Some(0)), (&json!([GOAL]), true), "{one}");
        assert_eq!(one["lines"], first["transcript"].as_array().unwrap().len(), "{one}");
    }
    assert_eq!(read[1]["output"]["answers"][GOAL]["value"], true, "{read:?}");
}

/// What the timeline of its lead tells of how a call was read.
fn evaluations(campaign: &Campaign, call: &Value) -> Vec<Value> {
    let timeline = campaign.api.get(&format!("/v1/leads/{}/timeline", call["lead"].as_str().unwrap())).ok();
    let entries = timeline["data"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "evaluation");
    entries.map(|entry| entry["evaluation"].clone()).filter(|one| one["call"] == call["id"]).collect()
}

#[test]
fn an_evaluator_that_fails_has_its_leads_wait_through_a_crash_and_a_new_version_goes_on() {
    let host = Host::start(&FAST);
    let account = host.account("Harbour Dental");
    script(&account, "reader", BROKEN);
    let campaign = campaign(&account, 12, &json!(["reader@active"]));
    campaign.start();
    let all_wait = |campaign: &Campaign| {
        patience::until("every lead waits for its evaluation", LIMIT, || {
            let leads = campaign.leads();
            leads.iter().all(|lead| lead["reason"] == "awaiting_evaluation").then_some(leads)
        })
    };
    all_wait(&campaign);
    let failed = patience::until("a failure is told", LIMIT, || {
        with_evaluation(&campaign).into_iter().find(|call| call["evaluation"]["failures"].as_u64() > Some(0))
    });
    let error = &failed["evaluation"]["error"];
    assert!(error["message"].as_str().unwrap().contains("did you mean `person`?"), "{failed}");
    assert!(failed["evaluation"]["next_try_at"].is_string(), "{failed}");
    let recorded = &evaluations(&campaign, &failed)[0];
    assert_eq!((&recorded["by"], &recorded["output"]["code"]), (&"reader@1".into(), &error["code"]), "{recorded}");
    let explained = campaign.api.get(&format!("/v1/leads/{}/explain", failed["lead"].as_str().unwrap())).ok();
    assert!(explained.to_string().contains("awaiting_evaluation"), "{explained}");
    // Killed, and it still waits: one call each, however long the evaluator is down.
    let host = host.killed(None);
    let account = account.at(host.api.base());
    let campaign = Campaign { api: account.live.clone(), ..campaign };
    all_wait(&campaign);
    assert_eq!(campaign.calls().len(), 12, "nobody is dialled because an evaluator is down");
    script(&account, "reader", READER);
    campaign.completed(LIMIT);
    let calls = with_evaluation(&campaign);
    assert!(calls.iter().all(|call| call["variables"][GOAL]["by"]["name"] == "reader@2"), "{calls:?}");
}

#[test]
fn past_calls_are_read_anew_by_another_version() {
    let host = Host::start(&FAST);
    let account = host.account("Harbour Dental");
    script(&account, "reader", "fn evaluate(talk) { #{ appointment_booked: told(false, \"never\") } }");
    let campaign = campaign(&account, 15, &json!(["reader@active"]));
    campaign.start();
    campaign.completed(LIMIT);
    let before = with_evaluation(&campaign);
    assert!(before.iter().all(|call| call["variables"][GOAL]["value"] == false));
    script(&account, "reader", READER);
    let begun = campaign.api.verb(&campaign.path("/evaluate"));
    assert_eq!(begun.status, 202, "{}", begun.text);
    let job = patience::until("the job is over", LIMIT, || {
        let job = campaign.api.get(&begun.location).ok();
        (job["state"] != "running").then_some(job)
    });
    assert_eq!((&job["state"], &job["result"]["calls"]), (&"finished".into(), &before.len().into()), "{job}");
    assert_eq!(job["result"]["still_waiting"], 0, "{job}");
    let after = with_evaluation(&campaign);
    assert_eq!(after.len(), before.len(), "nobody was called again");
    for call in &after {
        assert_eq!(call["variables"][GOAL]["value"] == true, truly_booked(call), "{call}");
        assert_eq!(call["variables"][GOAL]["by"]["name"], "reader@2");
    }
}

#[test]
fn evaluators_are_compared_on_the_same_calls() {
    let host = Host::start(&FAST);
    let account = host.account("Harbour Dental");
    script(&account, "reader", READER);
    let campaign = campaign(&account, 30, &json!(["reader@active"]));
    campaign.start();
    campaign.completed(LIMIT);
    let shipped = ["evaluate", "compare", "keyword-evaluator@active", "reader@active", "--campaign", &campaign.id];
    let server = ["--server", host.api.base(), "--key", account.live.key()];
    let compared = run(&[&shipped[..], &["--json"], &server[..]].concat()).well();
    let compared: Value = serde_json::from_str(compared.stdout.trim()).unwrap();
    assert_eq!(compared["evaluators"], json!(["keyword-evaluator@0.1.0", "reader@1"]));
    let agreement = &compared["agreement"][GOAL];
    let count = |field: &str| agreement[field].as_u64().unwrap();
    assert!(count("calls") >= 30 && count("agree") <= count("calls"), "{compared}");
    // The evaluator that ships was never shown these sentences; it may miss one, and must not take a no for a yes.
    for row in compared["data"].as_array().unwrap() {
        let values = &row["answers"][GOAL];
        assert!(!(values[0] == true && values[1] == false), "{row}");
    }
    let told = run(&[&shipped[..], &server[..]].concat()).well();
    assert!(told.stdout.contains(GOAL) && told.stdout.contains("in the order of"), "{}", told.stdout);
}
