//! The door for existing clients, held to `checks/hosted_client.py`: a client in another language, written from what the hosted
//! platforms publish. It does everything that such a client does, on simulated people, and hears of each call by webhook.

use std::net::TcpListener;
use std::process::Command;

use campanile_tests::host::Host;
use campanile_tests::{binary, repo};
use serde_json::{Value, json};

#[test]
fn a_client_of_the_hosted_platforms_lives_here_without_knowing_it() {
    let Some(python) = binary::python() else {
        println!("skipped: the client of the hosted platforms (python3 is not installed)");
        return;
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let host = Host::start(&["--plugin-host", &format!("127.0.0.1:{port}")]);
    let account = host.account("Acme");
    let people = [("0", "goal"), ("1", "voicemail"), ("2", "busy"), ("3", "number_invalid"), ("5", "answered")];
    let turn = |outcome| json!([{"outcome": outcome, "ring_seconds": 0.1, "talk_seconds": 1.2}]);
    let script: Vec<Value> = people
        .iter()
        .map(|(last, outcome)| json!({"phone": format!("+1202555015{last}"), "outcomes": turn(outcome)}))
        .collect();
    account.gateway("simulated", &json!({"scenario": {"script": script, "talk": {"goal_variable": "status"}}}));
    let base = format!("{}/api", account.live.base());
    let client = repo::root().join("tests/checks/hosted_client.py");
    let ended = Command::new(python).arg(client).args([&base, account.live.key(), &port.to_string()]).output().unwrap();
    let told: Value = serde_json::from_slice(&ended.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&ended.stderr)));
    assert_eq!(told["violations"], json!([]), "{told:#}");
    assert!(told["checks"].as_u64() > Some(100), "{told}");
    // What the client called its assistant's webhook is the one that is shown here, with what became of each message.
    let webhook = account.live.get("/v1/webhooks").ok()["data"][0].clone();
    let path = format!("/v1/webhooks/{}/deliveries", webhook["id"].as_str().unwrap());
    let deliveries = account.live.get(&path).ok()["data"].as_array().unwrap().clone();
    assert!(deliveries.len() >= 4 && deliveries.iter().all(|one| one["status"] == "delivered"), "{deliveries:?}");
}
