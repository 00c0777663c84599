//! What a customer sees of a source: leads that follow the other system through crashes, refusals and pushes.

use std::collections::BTreeMap;
use std::time::Duration;

use campanile_tests::account::{Account, Campaign};
use campanile_tests::host::Host;
use campanile_tests::{patience, people};
use serde_json::{Value, json};

use super::crm::{Crm, TOKEN};
use crate::gateway::stage::{LIMIT, built, upload};
use crate::gateway::wire;

const PEOPLE: usize = 600;
/// Many pages at the other system's pace, twice killed.
const SYNCED: Duration = Duration::from_secs(90);

pub fn id(index: usize) -> String {
    format!("p{index:05}")
}

/// A source of a draft, with what the other system is to push to.
fn install(account: &Account, campaign: &Campaign, crm: &Crm, plugin: &str) -> (String, String) {
    let body = json!({
        "name": "CRM", "campaign": campaign.id, "plugin": plugin, "interval_minutes": 10080,
        "settings": {"base_url": format!("http://{}", crm.address)},
        "secrets": {"token": TOKEN, "signing_secret": "sign"},
    });
    let made = account.live.post("/v1/sources", &body).ok();
    assert!(!made.to_string().contains(TOKEN), "a secret is shown");
    let hook = made["hook_url"].as_str().unwrap();
    let path = hook.find("/hooks/").map(|at| hook[at..].to_owned()).unwrap();
    (made["id"].as_str().unwrap().to_owned(), path)
}

pub fn runs(account: &Account, source: &str) -> Vec<Value> {
    account.live.all(&format!("/v1/sources/{source}/runs"))
}

/// Waits for the newest run to be over.
pub fn over(account: &Account, source: &str, status: &str) -> Value {
    let seen =
        patience::within(SYNCED, || runs(account, source).into_iter().next().filter(|run| run["status"] != "running"));
    let run = seen.unwrap_or_else(|| panic!("the run does not end: {:?}", runs(account, source)));
    assert_eq!(run["status"], status, "{run}");
    run
}

pub fn sync(account: &Account, source: &str) -> Value {
    let before = runs(account, source).len();
    let asked = account.live.verb(&format!("/v1/sources/{source}/run"));
    assert_eq!(asked.status, 202, "{}", asked.text);
    patience::until("a new run", LIMIT, || (runs(account, source).len() > before).then_some(()));
    over(account, source, "finished")
}

/// Who can be called: by the other system's id, the phone and the name. Nobody is there twice.
pub fn callable(campaign: &Campaign) -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    for lead in campaign.leads() {
        if ["completed", "suppressed", "max_retries"].contains(&lead["status"].as_str().unwrap()) {
            continue;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let person = (text(&lead["contacts"][0]["phone"]), text(&lead["variables"]["name"]));
        let twice = found.insert(text(&lead["external_id"]), person);
        assert!(twice.is_none(), "{lead} is there twice");
    }
    found
}

pub fn truth(crm: &Crm) -> BTreeMap<String, (String, String)> {
    crm.people().into_iter().map(|(id, one)| (id, (one.phone, one.name))).collect()
}

#[test]
fn leads_follow_the_other_system_through_kills_changes_refusals_and_pushes() {
    let Some(component) = built("importer") else { return };
    let crm = Crm::start();
    for index in 0..PEOPLE {
        crm.put(&id(index), people::phone(index), "Ann");
    }
    let mut host = Host::start(&["--plugin-host", &crm.address.to_string()]);
    let mut account = host.account("Harbour Dental");
    let plugin = upload(&account, component);
    let gateway = account.gateway("simulated", &json!({"seed": 1}));
    let assistant = account.assistant(&gateway);
    let mut campaign = account.campaign(&assistant, &json!({}));
    let (source, hook) = install(&account, &campaign, &crm, &plugin);

    // Killed twice while pages come.
    for pages in [3, 8] {
        let asked = patience::within(SYNCED, || (crm.asked() >= pages).then_some(()));
        assert!(
            asked.is_some(),
            "{:?} {}",
            runs(&account, &source),
            account.live.get(&format!("/v1/sources/{source}")).text
        );
        host = host.killed(None);
        account = account.at(host.api.base());
        campaign = Campaign { api: account.live.clone(), ..campaign };
    }
    let first = over(&account, &source, "finished");
    assert_eq!(runs(&account, &source).len(), 1, "a run goes on where it was");
    assert_eq!((&first["created"], &first["duplicates"]), (&PEOPLE.into(), &0.into()), "{first}");
    assert_eq!(callable(&campaign), truth(&crm));

    // Changes there are changes here.
    for index in 0..5 {
        crm.remove(&id(index));
        crm.put(&id(10 + index), people::phone(PEOPLE + index), "Bob");
        crm.put(&id(PEOPLE + index), people::phone(PEOPLE + 100 + index), "Zoe");
    }
    crm.put("p-no-phone", "12".into(), "Nobody");
    let second = sync(&account, &source);
    assert_eq!(
        (&second["created"], &second["updated"], &second["removed"]),
        (&5.into(), &5.into(), &5.into()),
        "{second}"
    );
    assert_eq!(second["rejected"], 1, "{second}");
    crm.remove("p-no-phone");
    assert_eq!(callable(&campaign), truth(&crm));
    let gone = campaign.leads().into_iter().find(|lead| lead["external_id"] == id(0).as_str()).unwrap();
    assert_eq!((&gone["status"], &gone["reason"]), (&"completed".into(), &"removed_at_source".into()));
    let rejects = account.live.get(&format!("/v1/sources/{source}/runs/{}/rejects", second["id"].as_str().unwrap()));
    assert!(rejects.text.contains("p-no-phone,contacts/0/phone,"), "{}", rejects.text);

    // Who we are there, and what can be chosen.
    let checked = account.live.verb(&format!("/v1/sources/{source}/check")).ok();
    assert_eq!((&checked["health"], &checked["summary"]), (&"ready".into(), &"connected as Harbour Dental".into()));
    let choices = account.live.get(&format!("/v1/sources/{source}/options?setting=list&query=sp")).ok();
    assert_eq!(choices["choices"][0]["label"], "spring");

    // A refusal asks for a person, who puts it right.
    crm.refuse(Some(401));
    account.live.verb(&format!("/v1/sources/{source}/run"));
    let path = format!("/v1/sources/{source}");
    let status = |wanted: &str| {
        patience::until(wanted, LIMIT, || (account.live.get(&path).ok()["status"] == wanted).then_some(()));
    };
    status("needs_attention");
    let failed = over(&account, &source, "failed");
    assert_eq!(failed["error"]["code"], "http_not_permitted", "{failed}");
    assert!(failed["error"]["next"].as_str().is_some_and(|next| next.contains("resume")), "{failed}");
    assert_eq!(callable(&campaign), truth(&crm), "a failed run removes nobody");
    crm.refuse(None);
    crm.put("z-last", people::phone(PEOPLE + 300), "Late");
    account.live.verb(&format!("{path}/resume")).ok();
    patience::until("the run after the resume", SYNCED, || (callable(&campaign) == truth(&crm)).then_some(()));

    // A push is believed when it is signed.
    let push = |token: &str| {
        let body =
            json!({"people": [{"id": "z-pushed", "phone": people::phone(PEOPLE + 400), "name": "Pia"}], "next": null});
        let url = format!("{}{hook}", host.api.base());
        wire::post(&url, &[("x-token", token)], "application/json", &body.to_string())
    };
    assert_eq!(push("a-guess"), Some(204));
    patience::until("the forged push is counted", LIMIT, || {
        (account.live.get(&path).ok()["forged_webhooks"] == 1).then_some(())
    });
    assert!(!callable(&campaign).contains_key("z-pushed"));
    assert_eq!(push(TOKEN), Some(204));
    patience::until("the push is applied", LIMIT, || callable(&campaign).contains_key("z-pushed").then_some(()));
}
