//! `/v1/tenants` and `/v1/keys`: accounts are worlds of their own.

use campanile_tests::host::Host;
use campanile_tests::people;
use serde_json::json;

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

#[test]
fn a_test_account_can_only_simulate() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let real = json!({"name": "real", "kind": "carrier", "settings": {"url": "http://127.0.0.1:9"}});
    assert_eq!(account.test.post("/v1/gateways", &real).problem(), (409, "CE0016".into()));
    account.test.post("/v1/gateways", &json!({"name": "sim", "kind": "simulated"})).ok();
}
