//! What people do to a gateway that runs: wrong credentials, a grant taken back, a campaign stopped, a server restarted.

use std::time::Duration;

use campanile_tests::account::Campaign;
use campanile_tests::host::Host;
use campanile_tests::{patience, people};
use serde_json::{Value, json};

use super::call::TOKEN;
use super::plan::{Answer, Fate, Plan};
use super::stage::{LIMIT, Stage, campaign, leads, never_twice, shown, twilio_voice, upload};

fn phones(count: usize) -> Vec<String> {
    (0..count).map(people::phone).collect()
}

#[test]
fn wrong_credentials_call_nobody_until_they_are_right() {
    let stage = Stage::new();
    let plugin = upload(&stage.account, twilio_voice());
    let gateway = stage.gateway_with(&stage.account, &plugin, &json!({"calls_per_second": 50}), "a-wrong-token");
    let path = format!("/v1/gateways/{}", gateway.id);
    let health = stage.account.live.get(&path).ok();
    assert_eq!(health["healthy"], false, "{health}");
    assert!(health["unhealthy_because"].as_str().is_some_and(|why| why.contains("auth_token")), "{health}");
    let campaign = campaign(&stage.account, &gateway, &phones(3));
    assert_eq!(campaign.api.verb(&campaign.path("/start")).problem(), (409, "CE0012".to_owned()));
    let set = stage.account.live.ask(
        "PUT".parse().unwrap(),
        &format!("{path}/secrets/auth_token"),
        Some(("application/json", json!({ "value": TOKEN }).to_string().into_bytes())),
    );
    assert_eq!(set.unwrap().status, 200);
    patience::until("the gateway is healthy", LIMIT, || {
        (stage.account.live.get(&path).ok()["healthy"] == true).then_some(())
    });
    assert!(stage.twilio.asked().is_empty());
    campaign.start();
    campaign.completed(LIMIT);
    assert_eq!(stage.twilio.dials().len(), 3);
    never_twice(&stage.twilio, &[&campaign]);
}

#[test]
fn a_grant_that_is_taken_back_stops_the_calls_with_the_reason() {
    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    let grants = "/v1/plugins/twilio-voice/grants";
    let hosts = stage.account.live.get(grants).ok();
    let host = hosts["data"].as_array().unwrap().iter().find(|grant| grant["host"] == "{api_base}");
    assert!(host.is_some(), "{hosts}");
    let campaign = campaign(&stage.account, &gateway, &phones(3));
    stage.account.live.delete(&format!("{grants}?host=%7Bapi_base%7D")).ok();
    let began = campaign.api.verb(&campaign.path("/start"));
    patience::pass(Duration::from_secs(2));
    assert!(stage.twilio.asked().is_empty(), "it dialled without the grant");
    let why = format!(
        "{} {} {}",
        began.text,
        campaign.now(),
        stage.account.live.get(&format!("/v1/gateways/{}", gateway.id)).text
    );
    assert!(why.contains("grant"), "nobody is told why nothing is called: {why}");
    assert!(
        leads(&campaign).values().all(|(status, _)| status == "created" || status == "scheduled"),
        "{:?}",
        leads(&campaign)
    );
}

#[test]
fn stop_hangs_up_at_the_provider() {
    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    for phone in phones(3) {
        stage.twilio.plan(&phone, Plan::of(Fate::Talker));
    }
    let campaign = campaign(&stage.account, &gateway, &phones(3));
    campaign.start();
    patience::until("everybody talks", LIMIT, || {
        let calls = campaign.calls();
        (calls.len() == 3 && calls.iter().all(|call| call["status"] == "in_progress")).then_some(())
    });
    campaign.api.verb(&campaign.path("/stop")).ok();
    patience::until("live calls are hung up", LIMIT, || (campaign.stats()["open_attempts"] == 0).then_some(()));
    patience::until("the provider ended them", LIMIT, || {
        stage.twilio.calls().iter().all(|call| call["status"] == "completed").then_some(())
    });
    // The provider's last word for a call that somebody ended in the middle is that it is completed.
    assert!(shown(&campaign).values().flatten().all(|(status, _)| status == "completed"), "{:?}", shown(&campaign));
    assert!(leads(&campaign).values().all(|(status, _)| status == "completed"), "{:?}", leads(&campaign));
    assert_eq!(stage.twilio.dials().len(), 3);
    never_twice(&stage.twilio, &[&campaign]);
}

#[test]
fn a_stop_in_the_middle_of_a_dial_waits_for_its_answer() {
    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    for phone in phones(4) {
        stage.twilio.plan(&phone, Plan::silent(Answer::LateBy(Duration::from_secs(5))));
    }
    let campaign = campaign(&stage.account, &gateway, &phones(4));
    campaign.start();
    patience::until("the dials have left", LIMIT, || (stage.twilio.dials().len() == 4).then_some(()));
    let host = stage.host.restarted();
    let campaign = Campaign { api: campaign.api.at(host.api.base()), ..campaign };
    for call in campaign.calls() {
        assert_eq!((&call["status"], &call["reason"]), (&"initiated".into(), &Value::Null), "{call}");
        assert!(call["provider_call_id"].as_str().is_some_and(|sid| sid.starts_with("CA")), "{call}");
    }
    assert_eq!((stage.twilio.asked().len(), campaign.calls().len()), (4, 4));
    never_twice(&stage.twilio, &[&campaign]);
}

#[test]
fn a_crash_in_the_middle_of_a_dial_does_not_repeat_it() {
    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    for phone in phones(4) {
        stage.twilio.plan(&phone, Plan::silent(Answer::LateBy(Duration::from_secs(5))));
    }
    let campaign = campaign(&stage.account, &gateway, &phones(4));
    campaign.start();
    patience::until("the dials have left", LIMIT, || (stage.twilio.dials().len() == 4).then_some(()));
    let host = stage.host.killed(None);
    let campaign = Campaign { api: campaign.api.at(host.api.base()), ..campaign };
    assert!(
        shown(&campaign).values().all(|calls| *calls == [("initiated".into(), "unknown".into())]),
        "{:?}",
        shown(&campaign)
    );
    // The first look-up finds them in the provider's list.
    campaign.completed(LIMIT);
    assert!(
        leads(&campaign).values().all(|lead| *lead == ("completed".into(), "contacted".into())),
        "{:?}",
        leads(&campaign)
    );
    assert_eq!((stage.twilio.asked().len(), campaign.calls().len()), (4, 4));
    never_twice(&stage.twilio, &[&campaign]);
}

#[test]
fn a_host_whose_clock_is_faster_installs_no_plugin_that_dials() {
    let host = Host::at_speed(600);
    let account = host.account("hasty");
    let wanted = json!({"name": "real", "kind": "plugin", "plugin": "twilio-voice@active"});
    let answer = account.live.post("/v1/gateways", &wanted);
    assert_eq!(answer.problem(), (422, "CE0007".to_owned()));
    let told = answer.json()["errors"].to_string();
    assert!(told.contains("faster_clock") && told.contains("--clock"), "{told}");
}
