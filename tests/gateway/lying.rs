//! A plugin that lies about what it dialled: what the host saw outranks what it says.
//!
//! `plugin-sdk/examples/lying_gateway.rs` is honest until a setting turns it; the host's own cases would have refused it
//! otherwise. The last two digits of a number choose the lie. Needs a compiler for WebAssembly (see `plugins/build`); where
//! there is none the tests say so and pass, unless `CAMPANILE_REQUIRE_GUESTS=1` makes that a failure.

use std::collections::BTreeMap;
use std::time::Duration;

use campanile_tests::account::{Account, Campaign};
use campanile_tests::{patience, people};
use serde_json::{Value, json};

use super::plan::{Answer, Plan, Tells};
use super::stage::{Installed, LIMIT, Stage, built, campaign, campaign_with, leads, never_twice, shown, upload};
use super::wire;

/// The first look-up of a call whose fate is unknown, and a little more.
const LOOKED_UP: Duration = Duration::from_secs(13);

/// Digits, the lie, the provider's plan; what is shown of the call and of the lead; dials.
type Lie = (usize, &'static str, Plan, [&'static str; 2], [&'static str; 2], usize);

fn lies() -> Vec<Lie> {
    let yes = Plan::told(Tells::Every);
    let silent = |answer| Plan { listed: true, ..Plan::silent(answer) };
    let (talked, contacted) = (["completed", ""], ["completed", "contacted"]);
    let (open, unknown, dialling) = (["initiated", ""], ["initiated", "unknown"], ["processing", "dialling"]);
    vec![
        (1, "the truth", yes, talked, contacted, 1),
        (10, "dials twice, tells of the second", yes, talked, contacted, 1),
        (11, "dials six times, tells of the first", yes, talked, contacted, 1),
        (12, "refused, after a 500", silent(Answer::ErrorAfter(500)), unknown, dialling, 1),
        (13, "refused, after a lost answer", silent(Answer::CutAfter), unknown, dialling, 1),
        (14, "refused, after a 201", silent(Answer::Yes), unknown, dialling, 1),
        (15, "placed, without asking", yes, open, dialling, 0),
        (16, "never comes back", silent(Answer::Yes), unknown, dialling, 1),
        (17, "dies after the dial", silent(Answer::Yes), unknown, dialling, 1),
        (18, "placed, after a 400", silent(Answer::No(400, 21211, None)), open, dialling, 0),
    ]
}

fn pair(of: [&str; 2]) -> (String, String) {
    (of[0].to_owned(), of[1].to_owned())
}

fn liar(stage: &Stage, account: &Account, component: Vec<u8>, claims_to_search: bool) -> Installed {
    let plugin = upload(account, component);
    // Every setting is sent, because a plugin is given what was sent and no defaults.
    stage.gateway(account, &plugin, &json!({"lies": true, "claims_to_search": claims_to_search}))
}

#[test]
fn whatever_a_plugin_says_an_attempt_is_asked_for_once() {
    let Some(component) = built("lying_gateway") else { return };
    let stage = Stage::new();
    let gateway = liar(&stage, &stage.account, component, false);
    let lies: BTreeMap<String, Lie> = lies().into_iter().map(|lie| (people::phone(lie.0), lie)).collect();
    for (phone, lie) in &lies {
        stage.twilio.plan(phone, lie.2);
    }
    let phones: Vec<String> = lies.keys().cloned().collect();
    let campaign = campaign(&stage.account, &gateway, &phones);
    campaign.start();
    let wrong = || -> Vec<String> {
        let (calls, leads) = (shown(&campaign), leads(&campaign));
        let wrong = lies.iter().filter_map(|(phone, (_, name, _, call, lead, _))| {
            let right = calls.get(phone).is_some_and(|calls| *calls == [pair(*call)]) && leads[phone] == pair(*lead);
            (!right).then(|| format!("{name}: {:?}, lead {:?}", calls.get(phone), leads[phone]))
        });
        wrong.collect()
    };
    if patience::within(LIMIT, || wrong().is_empty().then_some(())).is_none() {
        panic!("not shown for what it is: {:#?}\n{}", wrong(), campaign.now());
    }
    // Its searches say "surely not dialled" without being able to know: after the first one nothing is believed.
    patience::pass(LOOKED_UP);
    assert_eq!(wrong(), Vec::<String>::new(), "after the first look-up");
    for (phone, (_, name, _, _, _, dials)) in &lies {
        assert_eq!(stage.twilio.dials_to(phone).len(), *dials, "{name}: dials");
    }
    never_twice(&stage.twilio, &[&campaign]);
    assert_eq!(campaign.now()["status"], "in_progress", "{}", campaign.now());
    let failures = stage.account.live.all("/v1/plugins/lying-gateway/failures");
    let told = failures.iter().map(|failure| failure.to_string()).collect::<String>();
    assert!(told.contains("I never said that") && failures.len() >= 2, "{failures:#?}");
}

/// The one lie that is believed: that a call was surely not made, from a plugin that says it can search by our attempt.
/// Nobody can see through it, so what it can do is bounded instead: the retry interval passes before anybody is called.
#[test]
fn a_search_that_lies_calls_nobody_again_before_the_retry_interval() {
    let Some(component) = built("lying_gateway") else { return };
    let stage = Stage::new();
    let gateway = liar(&stage, &stage.account, component, true);
    let phones: Vec<String> = [12, 13, 14, 16, 17].map(people::phone).to_vec();
    for (phone, answer) in
        phones.iter().zip([Answer::ErrorAfter(500), Answer::CutAfter, Answer::Yes, Answer::Yes, Answer::Yes])
    {
        stage.twilio.plan(phone, Plan::silent(answer));
    }
    let campaign =
        campaign_with(&stage.account, &gateway, &phones, &json!({"max_retries": 3, "retry_interval_minutes": 10}));
    let began = patience::wall();
    campaign.start();
    let closed = patience::within(LIMIT, || {
        let calls = shown(&campaign);
        let all = phones
            .iter()
            .all(|phone| calls.get(phone).is_some_and(|calls| *calls == [pair(["failed", "not_dialled"])]));
        all.then_some(())
    });
    assert!(closed.is_some(), "{:?}", shown(&campaign));
    for lead in campaign.leads() {
        assert_eq!((&lead["status"], &lead["wait"]), (&"rescheduled".into(), &"retry".into()), "{lead}");
        let due: jiff::Timestamp = lead["not_before"].as_str().unwrap().parse().unwrap();
        assert!(due.duration_since(began) >= jiff::SignedDuration::from_mins(10), "{lead}");
    }
    assert_eq!((stage.twilio.dials().len(), stage.twilio.asked().len()), (5, 5));
    never_twice(&stage.twilio, &[&campaign]);
}

fn events(calls: &[&Value], salt: &str) -> String {
    let of = |call: &&Value| {
        let id = call["id"].as_str().unwrap();
        let by_attempt = json!({"attempt": id, "call": "CA-forged", "id": format!("{id}{salt}1"), "status": "busy"});
        let sid = call["provider_call_id"].as_str().unwrap_or("CA-none");
        let by_name = json!({"attempt": null, "call": sid, "id": format!("{id}{salt}2"), "status": "failed"});
        [by_attempt, by_name]
    };
    Value::from(calls.iter().flat_map(of).collect::<Vec<_>>()).to_string()
}

#[test]
fn a_plugin_moves_no_calls_but_its_own() {
    let Some(component) = built("lying_gateway") else { return };
    let stage = Stage::new();
    let other = stage.host.account("Somebody else");
    let liar = liar(&stage, &stage.account, component, false);
    // The same account's honest gateway, and another account's.
    let (ours, theirs) = (stage.twilio_voice(&stage.account), stage.twilio_voice(&other));
    let phones = |from: usize| (from..from + 2).map(people::phone).collect::<Vec<_>>();
    let campaigns: Vec<Campaign> = vec![
        campaign(&stage.account, &liar, &phones(20)),
        campaign(&stage.account, &ours, &phones(30)),
        campaign(&other, &theirs, &phones(40)),
    ];
    for phone in [20, 30, 40].into_iter().flat_map(phones) {
        stage.twilio.plan(&phone, Plan::told(Tells::Nothing));
    }
    for campaign in &campaigns {
        campaign.start();
        patience::until("both are placed", LIMIT, || {
            let calls = campaign.calls();
            (calls.len() == 2 && calls.iter().all(|call| call["provider_call_id"].is_string())).then_some(())
        });
    }
    let calls: Vec<Vec<Value>> = campaigns.iter().map(Campaign::calls).collect();
    let post = |body: &str| wire::post(&liar.hook, &[], "application/json", body);
    assert_eq!(post(&events(&calls[1].iter().chain(&calls[2]).collect::<Vec<_>>(), "a")), Some(204));
    assert_eq!(post(&events(&[&calls[0][0]], "b")), Some(204));
    let own = patience::within(LIMIT, || (campaigns[0].calls()[0]["status"] == "busy").then_some(()));
    assert!(own.is_some(), "its own call is its own to lie about: {:?}", campaigns[0].calls());
    for (campaign, before) in campaigns[1..].iter().zip(&calls[1..]) {
        assert_eq!(&campaign.calls(), before, "a forged event moved somebody else's call");
        assert!(
            leads(campaign).values().all(|lead| *lead == pair(["processing", "dialling"])),
            "{:?}",
            leads(campaign)
        );
    }
    assert_eq!(campaigns[0].calls()[1], calls[0][1], "the call that no event was about");
    // Another account's plugin of the same name is another plugin.
    assert_eq!(other.live.get("/v1/plugins/lying-gateway").status, 404);
    never_twice(&stage.twilio, &campaigns.iter().collect::<Vec<_>>());
    assert_eq!(stage.twilio.dials().len(), 6);
}
