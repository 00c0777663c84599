//! What the limits of an account do, seen from its own side: rates and quotas.

use serde_json::{Value, json};

use crate::testing::{Answer, Host};

async fn limit(host: &Host, limits: Value) -> Answer {
    let path = format!("/v1/tenants/{}", host.tenant);
    let changed = host.patch(Some(&host.operator), &path, json!({ "limits": limits })).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    changed
}

#[tokio::test]
async fn an_account_that_asks_too_often_is_told_when_to_come_again() {
    let host = Host::new().await;
    limit(&host, json!({"requests_per_second": 2, "requests_burst": 3})).await;
    let me = |key| host.get(Some(key), "/v1/me");
    for left in ["2", "1", "0"] {
        let answer = me(&host.live).await;
        assert_eq!((answer.status, answer.header("ratelimit-policy").as_str()), (200, "\"account\";q=3;w=2"));
        assert!(answer.header("ratelimit").starts_with(&format!("\"account\";r={left};t=")), "{left}");
    }
    for path in ["/v1/me", "/v1/campaigns", "/v1/leads"] {
        let refused = host.get(Some(&host.live), path).await;
        assert_eq!((refused.problem(), refused.header("retry-after").as_str()), ((429, "CE0036"), "1"));
        assert_eq!(refused.codes(), ["requests_per_second"]);
        assert_eq!(refused.header("ratelimit"), "\"account\";r=0;t=2");
    }
    assert_eq!(me(&host.test).await.status, 200, "the twin has as much, of its own");
    assert_eq!(me(&host.stranger).await.status, 200);
    assert_eq!(me(&host.operator).await.header("ratelimit"), "", "the operator is not counted");
    let nobody = me("cpn_live_nobody").await;
    assert_eq!((nobody.problem(), nobody.header("ratelimit").as_str()), ((401, "CE0001"), ""));
    host.later(500);
    assert_eq!((me(&host.live).await.status, me(&host.live).await.status), (200, 429));
    limit(&host, json!({"requests_per_second": 1000})).await;
    host.later(1);
    assert_eq!((me(&host.live).await.status, me(&host.live).await.status), (200, 429), "at once, and no restart");
}

#[tokio::test]
async fn what_an_account_may_not_costs_it_a_request_too() {
    let host = Host::new().await;
    let reader = host.key("leads:read", None).await;
    limit(&host, json!({"requests_per_second": 1, "requests_burst": 2})).await;
    assert_eq!(host.get(Some(&reader), "/v1/keys").await.problem(), (403, "CE0002"));
    assert_eq!(host.get(Some(&host.live), "/v1/leads?x=1").await.problem(), (400, "CE0011"));
    assert_eq!(
        host.get(Some(&reader), "/v1/leads").await.problem(),
        (429, "CE0036"),
        "keys share what is the account's"
    );
}

#[tokio::test]
async fn a_key_that_was_revoked_while_its_account_was_out_of_requests_opens_nothing() {
    let host = Host::new().await;
    let made = host.post(Some(&host.live), "/v1/keys", json!({"name": "x", "scopes": ["leads:read"]})).await;
    let (id, secret) = (made.body["id"].as_str().unwrap(), made.body["secret"].as_str());
    limit(&host, json!({"requests_per_second": 1, "requests_burst": 1})).await;
    assert_eq!(host.get(secret, "/v1/leads").await.status, 200);
    assert_eq!(host.get(secret, "/v1/leads").await.problem(), (429, "CE0036"));
    host.later(1_000);
    assert_eq!(host.delete(Some(&host.live), &format!("/v1/keys/{id}")).await.status, 204);
    host.later(1_000);
    assert_eq!(host.get(secret, "/v1/leads").await.problem(), (401, "CE0001"));
}

#[tokio::test]
async fn quotas_hold_for_every_way_in_and_name_what_is_held() {
    let host = Host::new().await;
    let campaign = host.campaign().await;
    limit(&host, json!({"max_leads": 3, "max_campaigns": 1})).await;
    let assistant = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}")).await.body["assistant"].clone();
    let refused = host.post(Some(&host.live), "/v1/campaigns", json!({"assistant": assistant, "name": "2"})).await;
    assert_eq!((refused.problem(), refused.codes()), ((409, "CE0037"), vec!["max_campaigns".to_owned()]));

    let clone = format!("/v1/campaigns/{campaign}/clone");
    assert_eq!(host.post(Some(&host.live), &clone, json!({"name": "2"})).await.problem(), (409, "CE0037"));

    let leads = format!("/v1/campaigns/{campaign}/leads");
    let phone = |n: u32| json!({"phone": format!("+1415555267{n}")});
    for n in 1..=2 {
        assert_eq!(host.post(Some(&host.live), &leads, phone(n)).await.status, 201);
    }
    let two = json!({"leads": [phone(3), phone(4)]});
    let refused = host.post(Some(&host.live), &format!("{leads}:batch"), two).await;
    assert_eq!((refused.problem(), refused.codes()), ((409, "CE0037"), vec!["max_leads".to_owned()]));
    assert!(refused.text.contains("2 leads are kept of at most 3") && refused.text.contains("at most 1 more"));
    let batch = json!({"leads": [phone(1), phone(2), phone(3)]});
    let fits = host.post(Some(&host.live), &format!("{leads}:batch"), batch).await;
    assert_eq!((fits.status, &fits.body["created"]), (200, &1.into()), "{}", fits.text);
    assert_eq!(host.post(Some(&host.live), &leads, phone(5)).await.problem(), (409, "CE0037"));
    let upsert = host.send(Some(&host.live), "PUT", &format!("{leads}/external/crm-5"), Some(phone(5))).await;
    assert_eq!(upsert.problem(), (409, "CE0037"));
    let call = json!({"assistant": assistant, "phone": "+14155552675"});
    assert_eq!(host.post(Some(&host.live), "/v1/calls", call).await.problem(), (409, "CE0037"));

    let import = format!("/v1/imports?confirm=true&campaign={campaign}");
    let sent = host.upload(&import, "text/csv", "Name,Phone\nAnn,+14155552675\n").await;
    host.background_done().await;
    let failed = host.get(Some(&host.live), &sent.header("location")).await;
    assert_eq!(failed.body["status"], "failed", "{}", failed.text);
    assert!(failed.text.contains("max_leads") && failed.text.contains("resume"), "{}", failed.text);
    limit(&host, json!({"max_leads": null})).await;
    host.post_empty(Some(&host.live), &format!("{}/resume", sent.header("location"))).await;
    host.background_done().await;
    assert_eq!(host.get(Some(&host.live), &sent.header("location")).await.body["status"], "finished");
}

#[tokio::test]
async fn the_twin_has_its_quotas_and_rates_from_the_account() {
    let host = Host::new().await;
    let wanted = json!({"max_leads": 5, "max_campaigns": 6, "requests_per_second": 7, "requests_burst": 8});
    limit(&host, wanted.clone()).await;
    let twin = host.get(Some(&host.test), "/v1/me").await.body["tenant"].clone();
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&twin["limits"][name], value, "{name}");
    }
    let path = format!("/v1/tenants/{}", twin["id"].as_str().unwrap());
    let refused = host.patch(Some(&host.operator), &path, json!({ "limits": wanted })).await;
    assert_eq!((refused.problem(), refused.codes()), ((422, "CE0007"), vec!["of_the_account".to_owned(); 4]));
    let zero = json!({"limits": {"requests_per_second": 0, "requests_burst": 0}});
    let path = format!("/v1/tenants/{}", host.tenant);
    let refused = host.patch(Some(&host.operator), &path, zero).await;
    assert_eq!(refused.pointers(), ["/limits/requests_per_second", "/limits/requests_burst"]);
}
