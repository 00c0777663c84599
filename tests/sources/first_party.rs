//! The importers that ship, as a customer installs them: settings and no code.

use campanile_tests::account::{Account, Campaign};
use campanile_tests::host::Host;
use campanile_tests::{patience, people};
use serde_json::{Value, json};

use super::crm::{Crm, TOKEN};
use super::running::{callable, id, over, runs, sync, truth};
use crate::gateway::stage::{LIMIT, shipped, upload};
use crate::gateway::wire;

fn stage(host: &Host) -> (Account, Campaign) {
    let account = host.account("Harbour Dental");
    let gateway = account.gateway("simulated", &json!({"seed": 1}));
    let assistant = account.assistant(&gateway);
    let campaign = account.campaign(&assistant, &json!({}));
    (account, campaign)
}

fn install(account: &Account, campaign: &Campaign, plugin: &str, settings: &Value, secrets: &Value) -> Value {
    let body = json!({
        "name": "People", "campaign": campaign.id, "plugin": plugin, "interval_minutes": 10080, "settings": settings,
        "secrets": secrets,
    });
    account.live.post("/v1/sources", &body).ok()
}

#[test]
fn a_json_list_is_followed_by_settings_alone() {
    let crm = Crm::start();
    for index in 0..130 {
        crm.put(&id(index), people::phone(index), "Ann");
    }
    let host = Host::start(&["--plugin-host", &crm.address.to_string()]);
    let (account, campaign) = stage(&host);
    let plugin = upload(&account, shipped("json-importer"));
    let settings = json!({
        "url": format!("http://{}/people", crm.address), "records": "/people", "auth": "bearer",
        "fields": {"external_id": "id", "phones": ["phone"], "deleted": "gone", "variables": {"name": "name"}},
        "paging": {"style": "cursor", "param": "after", "next": "/next", "size_param": "limit"},
    });
    let wrong = json!({
        "name": "People", "campaign": campaign.id, "plugin": plugin, "interval_minutes": 10080,
        "settings": {"url": settings["url"], "fields": {"phones": [], "fone": "x"}},
    });
    let refused = account.live.post("/v1/sources", &wrong);
    assert_eq!(refused.status, 422, "{}", refused.text);
    for at in ["fields.external_id", "fields.phones", "fields.fone"] {
        assert!(refused.text.contains(at) || refused.text.contains(&at.replace('.', "/")), "{at}: {}", refused.text);
    }
    let made = install(&account, &campaign, &plugin, &settings, &json!({"token": TOKEN}));
    let source = made["id"].as_str().unwrap();
    patience::until("the first run", LIMIT, || (!runs(&account, source).is_empty()).then_some(()));
    let first = over(&account, source, "finished");
    assert_eq!((&first["created"], &first["rejected"]), (&130.into(), &0.into()), "{first}");
    assert_eq!(callable(&campaign), truth(&crm));
    let checked = account.live.verb(&format!("/v1/sources/{source}/check")).ok();
    assert_eq!(checked["health"], "ready", "{checked}");

    crm.remove(&id(3));
    crm.put(&id(4), people::phone(200), "Bea");
    crm.put(&id(500), people::phone(201), "New");
    let second = sync(&account, source);
    assert_eq!(
        (&second["created"], &second["updated"], &second["removed"]),
        (&1.into(), &1.into(), &1.into()),
        "{second}"
    );
    assert_eq!(callable(&campaign), truth(&crm));
}

#[test]
fn a_form_tools_webhook_becomes_a_lead_when_it_proves_itself() {
    let host = Host::start(&[]);
    let (account, campaign) = stage(&host);
    let plugin = upload(&account, shipped("catch-webhook"));
    let settings = json!({
        "fields": {"phones": ["phone"], "variables": {"name": "name"}},
        "verify": {"style": "header", "header": "authorization", "prefix": "Bearer "},
    });
    let made = install(&account, &campaign, &plugin, &settings, &json!({"secret": "s3cr3t"}));
    let hook = made["hook_url"].as_str().unwrap();
    let url = format!("{}{}", host.api.base(), &hook[hook.find("/hooks/").unwrap()..]);
    let phone = people::phone(7);
    let form = format!("name=Ann&phone={}", phone.replace('+', "%2B"));
    let push = |token: &str| {
        let bearer = format!("Bearer {token}");
        wire::post(&url, &[("authorization", &bearer)], "application/x-www-form-urlencoded", &form)
    };
    let path = format!("/v1/sources/{}", made["id"].as_str().unwrap());
    assert_eq!(push("a-guess"), Some(204));
    patience::until("the forged push is counted", LIMIT, || {
        (account.live.get(&path).ok()["forged_webhooks"] == 1).then_some(())
    });
    assert!(callable(&campaign).is_empty());
    assert_eq!((push("s3cr3t"), push("s3cr3t")), (Some(204), Some(204)), "a tool that sends twice");
    let one = || {
        let found = callable(&campaign);
        (!found.is_empty()).then_some(found)
    };
    let found = patience::until("the push is applied", LIMIT, one);
    let digits = phone.trim_start_matches('+').to_owned();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [(digits, (phone, "Ann".to_owned()))]);
}
