//! A backup of a server that dials, the loss of everything since, and who is called by the server that was restored.

use std::time::Duration;

use campanile_tests::account::always;
use campanile_tests::host::Host;
use campanile_tests::process::run;
use campanile_tests::{patience, people};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);
const INTERVAL_MINUTES: i64 = 60;

fn instant(value: &Value) -> jiff::Timestamp {
    value.as_str().unwrap_or_else(|| panic!("no instant: {value}")).parse().unwrap()
}

#[test]
fn a_restored_server_dials_nobody_until_it_is_released_and_nobody_too_soon() {
    let host = Host::at_speed(600);
    let account = host.account("Harbour Dental");
    let fields = json!({
        "calling_hours": always(), "max_concurrent_calls": 10, "max_retries": 1, "retry_interval_minutes": INTERVAL_MINUTES,
    });
    let campaign = account.simulated(3, &json!({"rates": {"answer": 0.5, "unanswered": 0.5}}), &fields);
    campaign.add(&(0..300).map(people::lead).collect::<Vec<_>>());
    campaign.start();
    patience::until("some were called", LIMIT, || (campaign.calls().len() > 20).then_some(()));

    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("copy").display().to_string();
    let data = host.data().display().to_string();
    let told = run(&["backup", "--data", &data, "--to", &backup, "--with-secret-key", "--json"]).well();
    let manifest: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(run(&["backup", "--data", &data, "--to", &backup]).code, 5, "nothing is written over");
    let at_backup = campaign.calls().len();
    patience::until("more were called", LIMIT, || (campaign.calls().len() > at_backup + 20).then_some(()));
    let operator = host.operator.clone();
    drop(host.stop());

    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data").display().to_string();
    let told = run(&["restore", "--from", &backup, "--data", &data]).well();
    assert!(told.stderr.contains("nobody is dialled"), "{}", told.stderr);
    assert_eq!(run(&["restore", "--from", &backup, "--data", &data]).code, 5, "nothing is restored over data");
    let restored = Host::open(place);
    let (base, mut campaign) = (restored.api.base(), campaign);
    let operator = operator.at(base);
    campaign.api = campaign.api.at(base);
    let known = campaign.calls().len();
    let state = operator.get("/v1/quarantine").ok();
    assert_eq!((&state["status"], &state["backup_at"]), (&"held".into(), &manifest["knows_until"]), "{state}");
    let waiting = campaign.leads().into_iter().find(|lead| lead["status"] != "completed").unwrap();
    let path = format!("/v1/leads/{}/explain", waiting["id"].as_str().unwrap());
    assert_eq!(campaign.api.get(&path).ok()["blocked_by"], "quarantine");

    // What was open in the copy is looked up; nobody new is dialled, however long it takes.
    patience::until("half an hour passes there", LIMIT, || {
        let now = instant(&campaign.api.get(&path).ok()["at"]);
        (now.duration_since(instant(&state["began_at"])).as_mins() > 30).then_some(())
    });
    assert_eq!(campaign.calls().len(), known, "somebody was dialled in quarantine");
    let released = operator.post("/v1/quarantine/release", &json!({"resume": "after_retry_interval"})).ok();
    assert_eq!(released["status"], "released", "{released}");
    let opens = instant(&state["began_at"]) + jiff::SignedDuration::from_mins(INTERVAL_MINUTES);
    let over = campaign.completed(LIMIT);
    assert_eq!(over["status"], "completed");
    let mut later = 0;
    for call in campaign.calls() {
        let started = instant(&call["started_at"]);
        if started > instant(&manifest["knows_until"]) + jiff::SignedDuration::from_mins(1) {
            assert!(started >= opens, "dialled {started}, not before {opens}: {call}");
            later += 1;
        }
    }
    assert!(later > 100, "{later} were called after the release");
}

#[test]
fn a_backup_that_was_changed_is_not_restored() {
    let host = Host::at_speed(60);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("copy");
    let to = backup.display().to_string();
    let _ = run(&["backup", "--data", &host.data().display().to_string(), "--to", &to]).well();
    let file = backup.join("records.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let data = folder.path().join("data");
    let refused = run(&["restore", "--from", &to, "--data", &data.display().to_string()]);
    assert!(refused.code == 1 && refused.stderr.contains("damaged"), "{}", refused.stderr);
    assert!(!data.exists() && !folder.path().join("data.partial").exists(), "and nothing is made");
    let theirs = folder.path().join("next.partial");
    std::fs::create_dir(&theirs).unwrap();
    std::fs::write(theirs.join("kept"), "mine").unwrap();
    let next = folder.path().join("next").display().to_string();
    let refused = run(&["backup", "--data", &host.data().display().to_string(), "--to", &next]);
    assert!(refused.code == 5 && theirs.join("kept").exists(), "{}", refused.stderr);
}
