//! What a customer sees: every result arrives once, in order, whatever breaks.

use std::collections::BTreeMap;
use std::time::Duration;

use campanile_tests::account::{Account, Campaign, always};
use campanile_tests::host::Host;
use campanile_tests::{patience, people};
use serde_json::{Value, json};

use super::ledger::{Ledger, Mood, TOKEN};
use crate::gateway::stage::{LIMIT, built, upload};

const LEADS: usize = 60;
const ENOUGH: Duration = Duration::from_secs(120);

/// People who answer at once and say little, called once each.
fn campaign(account: &Account) -> Campaign {
    let scenario = json!({"talk": {"ring_seconds": 0.05, "talk_seconds": 0.05, "voicemail_seconds": 0.05}});
    let fields = json!({"max_concurrent_calls": 20, "calling_hours": always()});
    account.simulated(3, &scenario, &fields)
}

fn sink(account: &Account, campaign: &Campaign, plugin: &str, ledger: &Ledger) -> String {
    let body = json!({
        "name": "Ledger", "campaign": campaign.id, "plugin": plugin,
        "settings": {"base_url": format!("http://{}", ledger.address)}, "secrets": {"token": TOKEN, "signing_secret": "s"},
    });
    let made = account.live.post("/v1/sinks", &body).ok();
    assert!(!made.to_string().contains(TOKEN), "a secret is shown");
    format!("/v1/sinks/{}", made["id"].as_str().unwrap())
}

/// Ends leads by hand: results without a provider's pace.
fn end(campaign: &Campaign, leads: &[Value]) {
    for lead in leads {
        let path = format!("/v1/leads/{}", lead["id"].as_str().unwrap());
        campaign.api.patch(&path, &json!({"status": "completed"})).ok();
    }
}

fn truth(campaign: &Campaign) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let ended = campaign.leads().into_iter().filter(|lead| lead["status"] != "created");
    ended.map(|lead| (text(&lead["external_id"]), text(&lead["status"]))).collect()
}

#[test]
fn every_result_arrives_once_and_in_order_whatever_breaks() {
    let Some(component) = built("sink") else { return };
    let ledger = Ledger::start();
    let mut host = Host::start(&["--plugin-host", &ledger.address.to_string()]);
    let mut account = host.account("Harbour Dental");
    let plugin = upload(&account, component);
    let mut campaign = campaign(&account);
    for index in 0..LEADS {
        campaign.api.post(&format!("/v1/campaigns/{}/leads", campaign.id), &people::lead(index)).ok();
    }
    let path = sink(&account, &campaign, &plugin, &ledger);
    let checked = account.live.verb(&format!("{path}/check")).ok();
    assert_eq!(checked["health"], "ready", "{checked}");
    let leads = campaign.leads();
    let settled = |campaign: &Campaign, what: &str| {
        patience::until(what, ENOUGH, || (ledger.statuses() == truth(campaign)).then_some(()));
    };

    end(&campaign, &leads[..10]);
    settled(&campaign, "the first results");

    // Its answers are lost: written once all the same.
    ledger.be(Mood::Mute);
    let before = ledger.asked();
    end(&campaign, &leads[10..15]);
    patience::until("a result whose answer is lost", LIMIT, || (ledger.asked() > before).then_some(()));
    // And the host dies before it has heard of any.
    host = host.killed(None);
    account = account.at(host.api.base());
    campaign = Campaign { api: account.live.clone(), ..campaign };
    ledger.be(Mood::Well);
    settled(&campaign, "the results after the crash");

    // It is down: everything waits, and the sink says so.
    ledger.be(Mood::Down);
    end(&campaign, &leads[15..30]);
    let waiting = |status: &str, least: u64| {
        let seen = || {
            let sink = account.live.get(&path).ok();
            (sink["status"] == status && sink["waiting"].as_u64() >= Some(least)).then_some(sink)
        };
        patience::until("results that wait", LIMIT, seen)
    };
    waiting("active", 15);
    let failing = || {
        let listed = account.live.get(&format!("{path}/deliveries?status=waiting")).ok();
        listed["data"].as_array().unwrap().iter().any(|row| row["failures"].as_u64() > Some(0)).then_some(())
    };
    patience::until("a failure that is shown", LIMIT, failing);

    // It no longer takes the token: a person is asked for, and nothing is lost.
    ledger.be(Mood::Refusing);
    end(&campaign, &leads[30..40]);
    let refused = waiting("needs_attention", 16);
    assert!(refused["status_reason"]["detail"].as_str().unwrap().contains("resume"), "{refused}");
    end(&campaign, &leads[40..45]);
    ledger.be(Mood::Well);
    account.live.verb(&format!("{path}/resume")).ok();
    for row in account.live.all(&format!("{path}/deliveries?status=waiting")) {
        account.live.verb(&format!("{path}/deliveries/{}/resend", row["event"].as_str().unwrap())).ok();
    }
    settled(&campaign, "the results after the token was taken again");

    // A lead that is taken up again and ends again is told in that order.
    let again = format!("/v1/leads/{}", leads[0]["id"].as_str().unwrap());
    campaign.api.patch(&again, &json!({"status": "created"})).ok();
    campaign.api.patch(&again, &json!({"status": "completed"})).ok();
    let external = leads[0]["external_id"].as_str().unwrap();
    patience::until("the second end", LIMIT, || (ledger.written()[external].len() == 2).then_some(()));
    for (lead, events) in ledger.written() {
        let numbers: Vec<_> = events.iter().map(|event| event["sequence"].as_i64().unwrap()).collect();
        assert!(numbers.is_sorted(), "{lead}: {numbers:?}");
    }
}

#[test]
fn calls_come_back_with_their_outcome_and_the_next_call() {
    let Some(component) = built("sink") else { return };
    let ledger = Ledger::start();
    let host = Host::start(&["--plugin-host", &ledger.address.to_string()]);
    let account = host.account("Harbour Dental");
    let plugin = upload(&account, component);
    let campaign = campaign(&account);
    for index in 0..20 {
        campaign.api.post(&format!("/v1/campaigns/{}/leads", campaign.id), &people::lead(index)).ok();
    }
    let path = sink(&account, &campaign, &plugin, &ledger);
    campaign.start();
    let told = || {
        let written = ledger.written();
        let all: Vec<Value> = written.into_values().flatten().collect();
        (all.len() >= 20).then_some(all)
    };
    let all = patience::until("results of calls", ENOUGH, told);
    for event in &all {
        let (lead, call) = (&event["data"]["lead"], &event["data"]["call"]);
        assert_eq!(call["lead"], lead["id"], "{event}");
        assert!(call["status"].as_str().is_some_and(|status| status != "initiated"), "{event}");
        assert_eq!(lead["status"] == "rescheduled", !lead["next_call_at"].is_null(), "{event}");
    }
    account.live.delete(&path);
    assert_eq!(account.live.get(&path).status, 404);
}
