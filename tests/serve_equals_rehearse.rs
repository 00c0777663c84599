//! What was rehearsed is what happens.
//!
//! The server on a fast clock and the rehearsal on a virtual one are given the same leads, seed, scenario and campaign.
//! Who is called, on which contact, in which round and with what outcome must agree; instants need not, because one of
//! them really waited.

use std::collections::BTreeSet;
use std::time::Duration;

use campanile_tests::account::{GOAL, always, outcome};
use campanile_tests::host::Host;
use campanile_tests::people;
use campanile_tests::process::run;
use serde_json::{Value, json};

const LEADS: usize = 80;
const SEED: u64 = 11;
const LIMIT: Duration = Duration::from_secs(90);

/// Primary phone, contact, round, which call of the round, outcome.
type Step = (String, u64, u64, usize, String);

fn steps(calls: &[Value], result: impl Fn(&Value) -> String) -> BTreeSet<Step> {
    let primary: Vec<Vec<String>> = (0..LEADS).map(people::phones).collect();
    let mut steps = BTreeSet::new();
    for call in calls {
        let phone = call["phone"].as_str().unwrap();
        let of = primary.iter().find(|phones| phones.iter().any(|one| one == phone)).unwrap();
        let (contact, round) = (call["contact"].as_u64().unwrap(), call["round"].as_u64().unwrap());
        let mut step = (of[0].clone(), contact, round, 0, result(call));
        while !steps.insert(step.clone()) {
            step.3 += 1;
        }
    }
    steps
}

fn campaign() -> Value {
    json!({
        "time_zone": "America/New_York", "calling_hours": always(), "max_concurrent_calls": 20, "max_retries": 2,
        "retry_until_goal": true, "goal_variable": GOAL, "order": "oldest",
    })
}

#[test]
fn the_server_does_what_the_rehearsal_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("leads.csv"), people::csv(LEADS)).unwrap();
    let text = toml::to_string(&serde_json::from_value::<toml::Table>(campaign()).unwrap()).unwrap();
    std::fs::write(path("campaign.toml"), text).unwrap();
    // A blocked caller id is answered with another one where there is another one; a rehearsal has one, this account two.
    let failures = json!({"number_invalid": 0.5, "callee_rejected": 0.2, "provider_fault": 0.15, "other": 0.15});
    let scenario = json!({"talk": {"goal_variable": GOAL, "goal_rate": 0.4}, "failures": failures});
    let text = toml::to_string(&serde_json::from_value::<toml::Table>(scenario.clone()).unwrap()).unwrap();
    std::fs::write(path("scenario.toml"), text).unwrap();
    let (leads, file, people, out) =
        (path("leads.csv"), path("campaign.toml"), path("scenario.toml"), path("calls.jsonl"));
    let seed = SEED.to_string();
    let _ = run(&[
        "rehearse",
        "--leads",
        &leads,
        "--campaign",
        &file,
        "--carrier",
        &people,
        "--seed",
        &seed,
        "--calls",
        &out,
    ])
    .well();
    let rehearsed: Vec<Value> =
        std::fs::read_to_string(&out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();

    let host = Host::at_speed(2_000);
    let campaign = host.account("Acme").simulated(SEED, &scenario, &campaign());
    let import = format!("/v1/imports?confirm=true&campaign={}", campaign.id);
    let begun = campaign.api.upload(&import, "text/csv", std::fs::read(&leads).unwrap());
    begun.ok();
    let imported = || (campaign.api.get(&begun.location).ok()["status"] == "finished").then_some(());
    campanile_tests::patience::until("the import is over", LIMIT, imported);
    campaign.start();
    campaign.completed(LIMIT);

    let said = steps(&rehearsed, |call| call["outcome"].as_str().unwrap().to_owned());
    let done = steps(&campaign.calls(), outcome);
    println!("{} calls were rehearsed, {} were made", said.len(), done.len());
    let only_said: Vec<_> = said.difference(&done).collect();
    let only_done: Vec<_> = done.difference(&said).collect();
    assert!(only_said.is_empty() && only_done.is_empty(), "only rehearsed: {only_said:#?}\nonly made: {only_done:#?}");
    assert!(said.len() > LEADS);
}
