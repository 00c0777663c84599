//! What a rehearsal is made of and what becomes of it, over the API; who plays is made up.

use campanile_engine::carrier::Scenario;
use campanile_engine::rehearsal::order::VersionBody;
use serde_json::{Value, json};

use crate::testing::Host;

/// The campaign, the job when it is over.
async fn rehearsed(host: &Host, campaign: &str, body: Value) -> Value {
    let begun = host.post(Some(&host.live), &format!("/v1/campaigns/{campaign}/rehearse"), body).await;
    assert_eq!((begun.status, &begun.body["kind"]), (202, &"rehearsal".into()), "{}", begun.text);
    host.background_done().await;
    host.get(Some(&host.live), &begun.header("location")).await.body
}

async fn campaign_of(host: &Host, lead: &str) -> String {
    let lead = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await;
    lead.body["campaign"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_campaign_is_rehearsed_as_it_is_with_the_leads_it_has() {
    let host = Host::new().await;
    let (lead, _) = host.called_lead().await;
    let campaign = campaign_of(&host, &lead).await;
    host.lead(&campaign, "+14155552672").await;
    let job = rehearsed(&host, &campaign, json!({})).await;
    assert_eq!(job["state"], "finished", "{job}");
    assert_eq!(job["progress"], json!({"done": 12, "total": 12}));
    let result = &job["result"];
    assert_eq!(result["people"], json!({"of": "nobody", "calls": 1}), "one call tells nothing of people");
    assert_eq!(
        (&result["leads"], &result["leads_left_out"], &result["rehearsals"]),
        (&json!(2), &json!(0), &json!(12))
    );
    assert_eq!(result["as_it_is"]["policy"], "builtin");
    // Ten for each lead and one to twelve for the people.
    assert_eq!(result["as_it_is"]["calls"], json!({"low": 21, "middle": 27, "high": 32}));
    assert_eq!((&result["with_policy"], &result["difference"]), (&Value::Null, &Value::Null));
    let order = host.players.orders.lock().unwrap().remove(0);
    assert_eq!((order.start, order.sides.len(), order.casts.len()), (host.app.engine_clock.now(), 1, 12));
    let ordinary = Scenario { time_zone: Some(order.zone.clone()), ..Scenario::default() };
    assert!(order.casts.iter().all(|people| people.scenario.rates == ordinary.rates));
    assert!(order.leads.iter().all(|lead| lead.not_before.is_none() && lead.allow_duplicate));
}

#[tokio::test]
async fn another_policy_meets_the_same_people_and_the_difference_is_told() {
    let host = Host::new().await;
    let (lead, _) = host.called_lead().await;
    let campaign = campaign_of(&host, &lead).await;
    let script = json!({"name": "patient", "source": "fn decide(lead) { give_up() }"});
    assert_eq!(host.post(Some(&host.live), "/v1/scripts", script).await.status, 201);
    let job = rehearsed(&host, &campaign, json!({"policy": "patient@active", "settings": {"a": 1}})).await;
    let result = &job["result"];
    assert_eq!(job["progress"], json!({"done": 24, "total": 24}));
    assert_eq!(result["difference"]["calls"], json!({"low": 100, "middle": 100, "high": 100}), "{job}");
    assert_eq!(result["with_policy"]["unfinished"], json!({"horizon": 1}));
    assert_eq!(result["as_it_is"]["unfinished"], json!({}));
    let order = host.players.orders.lock().unwrap().remove(0);
    let pinned = order.sides[1].policy.clone().unwrap();
    assert_eq!(result["with_policy"]["policy"], pinned.to_string());
    assert_ne!(pinned.version, None, "it is pinned to the version in force");
    assert_eq!((&order.sides[1].policy_settings, &order.sides[0].policy), (&json!({"a": 1}), &None));
    let brought = &order.versions[0];
    assert_eq!((&brought.name, Some(&brought.version)), (&pinned.name, pinned.version.as_ref()));
    assert!(matches!(&brought.body, VersionBody::Script(source) if source.contains("give_up")));
}

#[tokio::test]
async fn a_replay_tells_what_would_follow_apart_from_what_is_known() {
    let host = Host::new().await;
    let (lead, _) = host.called_lead().await;
    let campaign = campaign_of(&host, &lead).await;
    host.active_policy().await;
    let replay = |body: Value| host.post(Some(&host.live), "/v1/plugins/acme-policy/replay", body);
    let alone = replay(json!({"estimate": true})).await;
    assert_eq!((alone.status, alone.pointers()), (422, vec!["/estimate".to_owned()]));
    let begun = replay(json!({"campaign": campaign, "estimate": true})).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    host.background_done().await;
    let job = host.get(Some(&host.live), &begun.header("location")).await.body;
    assert_eq!((&job["state"], &job["result"]["decisions"]), (&json!("finished"), &json!(1)), "{job}");
    assert_eq!(job["progress"], json!({"done": 25, "total": 25}));
    let missing = &job["result"]["estimate"]["missing"];
    assert_eq!(missing["code"], "too_few_calls", "what made-up people would do is no answer to a replay: {job}");
}

#[tokio::test]
async fn a_rehearsal_that_cannot_be_played_says_why() {
    let host = Host::new().await;
    let empty = host.campaign().await;
    assert_eq!(rehearsed(&host, &empty, json!({})).await["error"]["code"], "no_leads");
    host.lead(&empty, "+14155552671").await;
    *host.players.breaks.lock().unwrap() = Some("it ran out of memory".into());
    let job = rehearsed(&host, &empty, json!({"policy": "builtin"})).await;
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failed"), &json!("not_played")), "{job}");
    assert!(job["error"]["message"].as_str().unwrap().contains("ran out of memory"));
}
