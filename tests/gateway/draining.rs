//! A host that is told to stop while a provider has not answered a dial yet: it says that it is not ready, finishes the
//! dial, dials nobody else, and knows after the restart what became of it.

use std::time::Duration;

use campanile_tests::patience;
use campanile_tests::people;

use super::plan::{Answer, Fate, Plan};
use super::stage::{LIMIT, Stage, campaign, never_twice};

#[test]
fn a_stop_finishes_the_dial_under_way_and_is_told_to_whoever_asks() {
    let mut stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    let phones: Vec<String> = (0..3).map(people::phone).collect();
    for phone in &phones {
        let late = Answer::LateBy(Duration::from_secs(4));
        stage.twilio.plan(phone, Plan { answer: late, ..Plan::of(Fate::Talker) });
    }
    let calls = campaign(&stage.account, &gateway, &phones);
    calls.api.patch(&calls.path(""), &serde_json::json!({"max_concurrent_calls": 1})).ok();
    calls.start();
    patience::until("the provider is asked to dial", LIMIT, || (stage.twilio.asked().len() == 1).then_some(()));

    stage.host.ask_to_end();
    let stopping = patience::until("the host says that it stops", Duration::from_secs(3), || {
        let answer = stage.host.api.get("/readyz");
        (answer.status == 503).then(|| answer.json())
    });
    assert_eq!(
        (&stopping["code"], &stopping["errors"][0]["code"]),
        (&"CE0019".into(), &"stopping".into()),
        "{stopping}"
    );
    assert_eq!(stage.host.api.get("/healthz").status, 200, "it lives until the dial is answered");
    assert_eq!(stage.account.live.get(&calls.path("/stats")).ok()["open_attempts"], 1);

    stage.host = stage.host.restarted();
    let calls = campanile_tests::account::Campaign { api: stage.account.live.at(stage.host.api.base()), ..calls };
    let known = calls.calls();
    assert!(known[0]["reason"].is_null(), "the answer was waited for, so nothing is unknown: {}", known[0]);
    let told = stage.twilio.told(false);
    assert!(!told.is_empty() && told.iter().all(|status| status.is_some_and(|status| status < 300)), "{told:?}");
    never_twice(&stage.twilio, &[&calls]);
}
