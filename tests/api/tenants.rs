//! `/v1/tenants` and `/v1/keys`: accounts are worlds of their own.

use std::time::Duration;

use campanile_tests::account::{CALLER_IDS, Campaign, always};
use campanile_tests::host::Host;
use campanile_tests::http::Api;
use campanile_tests::{patience, people};
use serde_json::{Value, json};

#[test]
fn two_accounts_do_not_see_each_other() {
    let host = Host::at_speed(60);
    let (ann, bob) = (host.account("Ann's"), host.account("Bob's"));
    let campaign = ann.simulated(1, &json!({}), &json!({}));
    let added = campaign.add(&[people::lead(0), people::lead(1)]);
    let lead = campaign.leads()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(added["results"].as_array().or(added["data"].as_array()).map(Vec::len), Some(2), "{added}");
    for stranger in [&bob.live, &bob.test, &ann.test] {
        for path in [
            campaign.path(""),
            campaign.path("/stats"),
            campaign.path("/leads"),
            campaign.path("/explain"),
            format!("/v1/leads/{lead}"),
            format!("/v1/leads/{lead}/timeline"),
            format!("/v1/leads/{lead}/explain"),
        ] {
            assert_eq!(stranger.get(&path).problem().0, 404, "{path}");
        }
        for verb in ["/start", "/pause", "/stop"] {
            assert_eq!(stranger.verb(&campaign.path(verb)).problem().0, 404, "{verb}");
        }
        assert_eq!(stranger.post(&campaign.path("/leads"), &people::lead(5)).problem().0, 404);
        assert_eq!(stranger.patch(&format!("/v1/leads/{lead}"), &json!({"priority": 3})).problem().0, 404);
        for list in ["/v1/campaigns", "/v1/leads", "/v1/calls", "/v1/gateways", "/v1/assistants"] {
            assert_eq!(stranger.get(list).ok()["data"].as_array().map(Vec::len), Some(0), "{list}");
        }
    }
    assert_eq!(campaign.leads().len(), 2);
}

#[test]
fn a_key_opens_what_its_scopes_say_until_it_is_revoked() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let made = account.live.post("/v1/keys", &json!({"name": "reader", "scopes": ["campaigns:read"]})).ok();
    let reader = account.live.with_key(made["secret"].as_str().unwrap());
    reader.get("/v1/campaigns").ok();
    assert_eq!(reader.get("/v1/leads").problem(), (403, "CE0002".into()));
    assert_eq!(reader.get("/v1/tenants").problem().0, 403);
    let id = made["key"]["id"].as_str().or(made["id"].as_str()).unwrap();
    let revoked = account.live.delete(&format!("/v1/keys/{id}"));
    assert!((200..300).contains(&revoked.status), "{}", revoked.text);
    assert_eq!(reader.get("/v1/campaigns").problem(), (401, "CE0001".into()));
    assert_eq!(host.api.get("/v1/campaigns").problem(), (401, "CE0001".into()));
    assert_eq!(host.operator.get("/v1/campaigns").problem().0, 403);
}

/// Decides as the built-in rule does, after some million units of fuel.
const SLOW: &str = "fn decide(lead) { let n = 0; while n < 5000 { n += 1; } builtin() }";

fn campaign_with_slow_policy(api: &Api, phone: usize) -> Campaign {
    let made = |path: &str, body: &Value| api.post(path, body).ok()["id"].as_str().unwrap().to_owned();
    let scenario = json!({"rates": {"unanswered": 1.0}});
    let gateway = json!({"name": "sim", "kind": "simulated", "settings": {"seed": 1, "scenario": scenario}});
    let gateway = made("/v1/gateways", &gateway);
    let assistant =
        json!({"name": "Mia", "time_zone": "America/New_York", "gateway": gateway, "phone_numbers": CALLER_IDS});
    let assistant = made("/v1/assistants", &assistant);
    api.post("/v1/scripts", &json!({"name": "slow", "source": SLOW})).ok();
    let campaign = json!({"assistant": assistant, "name": "Slow", "policy": "slow@active", "max_retries": 1,
        "calling_hours": always()});
    let campaign = Campaign { id: made("/v1/campaigns", &campaign), api: api.clone() };
    campaign.add(&[people::lead(phone)]);
    campaign.start();
    campaign
}

#[test]
fn an_account_that_may_use_less_fuel_runs_out_where_another_does_not_and_at_once() {
    let host = Host::at_speed(600);
    let (small, large) = (host.account("Small"), host.account("Large"));
    let limits = |plugins: Value| {
        let path = format!("/v1/tenants/{}", small.id);
        host.operator.patch(&path, &json!({"limits": {"plugins": plugins}}))
    };
    let above = limits(json!({"policy": {"fuel": 20_000_001}}));
    assert_eq!(above.problem(), (422, "CE0007".into()));
    assert!(above.text.contains("20000000"), "the default is named: {}", above.text);
    limits(json!({"policy": {"fuel": 1_000_000}})).ok();

    let failed = |api: &Api| {
        let failures = api.get("/v1/plugins/slow/failures").ok();
        failures["data"][0]["code"].as_str().map(str::to_owned)
    };
    for (twin, api) in [(false, &small.live), (true, &small.test)] {
        let campaign = campaign_with_slow_policy(api, usize::from(twin));
        let code = patience::until("a failure", Duration::from_secs(30), || failed(api));
        assert_eq!(code, "policy_out_of_fuel", "twin: {twin}");
        assert_eq!(campaign.now()["status"], "in_progress", "its lead is held, nobody is lost");
    }
    campaign_with_slow_policy(&large.live, 2).completed(Duration::from_secs(30));
    assert_eq!(failed(&large.live), None);

    // Given back, the next call has it: activating a version asks again about the lead that was held.
    limits(json!({"policy": null})).ok();
    let campaigns = small.live.get("/v1/campaigns").ok();
    let held = Campaign { id: campaigns["data"][0]["id"].as_str().unwrap().to_owned(), api: small.live.clone() };
    small.live.post("/v1/scripts", &json!({"name": "slow", "source": format!("{SLOW}\n// 2")})).ok();
    held.completed(Duration::from_secs(30));
}

#[test]
fn a_test_account_can_only_simulate() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let real = json!({"name": "real", "kind": "carrier", "settings": {"url": "http://127.0.0.1:9"}});
    assert_eq!(account.test.post("/v1/gateways", &real).problem(), (409, "CE0016".into()));
    account.test.post("/v1/gateways", &json!({"name": "sim", "kind": "simulated"})).ok();
}
