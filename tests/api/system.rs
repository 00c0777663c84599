//! `/healthz`, `/readyz`, `/version`, `/openapi.json`, `/docs`, and the restart.

use std::time::Duration;

use campanile_tests::account::always;
use campanile_tests::host::Host;
use campanile_tests::people;
use campanile_tests::process::{Running, run};
use serde_json::{Value, json};

#[test]
fn a_server_tells_what_it_is_and_how_to_use_it() {
    let host = Host::start(&[]);
    assert_eq!(host.api.get("/healthz").ok()["status"], "ok");
    let version = host.api.get("/version").ok();
    let printed: Value = serde_json::from_str(&run(&["version", "--json"]).well().stdout).unwrap();
    assert_eq!(version["version"], printed["version"], "{version}");
    let document = host.api.get("/openapi.json").ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.contains_key("/v1/campaigns") && paths.contains_key("/v1/leads/{id}/explain"));
    assert!(host.api.get("/docs/").text.contains("html"));
    assert_eq!(host.stop().0.code, 0);
}

#[test]
fn a_restart_keeps_everything_and_goes_on() {
    let host = Host::at_speed(600);
    let account = host.account("Acme");
    let scenario = json!({"rates": {"unanswered": 1.0}});
    let campaign = account.simulated(1, &scenario, &json!({"calling_hours": always(), "max_retries": 1}));
    campaign.add(&(0..30).map(people::lead).collect::<Vec<_>>());
    campaign.start();
    let called = || campaign.stats()["attempts"]["unanswered"].as_u64().filter(|calls| *calls >= 5);
    campanile_tests::patience::until("five calls are over", Duration::from_secs(30), called);
    let before: Vec<String> = ids(&campaign.leads());
    let calls_before = ids(&campaign.calls());

    let host = host.restarted();
    let account = account.at(host.api.base());
    let campaign = campanile_tests::account::Campaign { id: campaign.id, api: account.live.clone() };
    assert_eq!(ids(&campaign.leads()), before);
    let calls_after = ids(&campaign.calls());
    assert!(calls_before.iter().all(|id| calls_after.contains(id)), "a call is gone");
    assert_eq!(account.live.get("/v1/me").ok()["tenant"]["id"], account.id.as_str());
    assert_eq!(host.operator.get("/v1/tenants").ok()["data"].as_array().map(Vec::len), Some(2));
    campaign.completed(Duration::from_secs(60));
    let stats = campaign.stats();
    assert_eq!((&stats["leads"], &stats["open_attempts"]), (&30.into(), &0.into()), "{stats}");
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_folder_has_one_server_and_one_clock() {
    let host = Host::at_speed(60);
    let data = host.data().display().to_string();
    let second = Running::start(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]).wait(Duration::from_secs(30));
    assert_ne!(second.code, 0);
    assert!(second.stderr.contains("error:"), "{}", second.stderr);
    let (ended, _folder) = host.stop();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let other = run(&["serve", "--data", &data, "--listen", "127.0.0.1:0", "--clock", "x7"]);
    assert_eq!(other.code, 2, "{}", other.stderr);
    assert!(other.stderr.contains("x60"), "{}", other.stderr);
    let checked = run(&["doctor", "--data", &data]).well();
    assert!(checked.stdout.contains("wal") && checked.stdout.contains("store"), "{}", checked.stdout);
}
