//! What the provider's faults come to. Nobody is rung twice, nobody is lost, and everything is shown for what it is.
//!
//! Look-ups happen 10 s and then minutes after a dial whose fate is unknown, on a real clock: what needs minutes is shown to
//! be waiting, and not waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use campanile_tests::account::{CALLER_IDS, Campaign};
use campanile_tests::{patience, people};
use serde_json::{Value, json};

use super::plan::{Answer, Plan, Tells};
use super::stage::{LIMIT, Stage, campaign, campaign_with, leads, never_twice, shown, twilio_voice, upload};
use super::twilio::Twilio;

/// Longer than a plugin may take for one dial.
const TOO_LATE: Duration = Duration::from_secs(34);

/// What is to be seen of a number in the end: its calls' status and reason, its lead's status and reason, its dials.
struct Story {
    name: &'static str,
    plan: Plan,
    call: [&'static str; 2],
    lead: [&'static str; 2],
    dials: usize,
}

fn story(name: &'static str, plan: Plan, call: [&'static str; 2], lead: [&'static str; 2], dials: usize) -> Story {
    Story { name, plan, call, lead, dials }
}

fn stories() -> Vec<Story> {
    let (talked, contacted) = (["completed", ""], ["completed", "contacted"]);
    let (open, unknown, dialling) = (["initiated", ""], ["initiated", "unknown"], ["processing", "dialling"]);
    let refused = ["failed", "refused"];
    let unseen = |answer| Plan { listed: false, ..Plan::silent(answer) };
    vec![
        story("500 after the dial, found", Plan::silent(Answer::ErrorAfter(500)), talked, contacted, 1),
        story("503 after the dial, found", Plan::silent(Answer::ErrorAfter(503)), talked, contacted, 1),
        story("the answer is lost, found", Plan::silent(Answer::CutAfter), talked, contacted, 1),
        story("the answer comes too late, found", Plan::silent(Answer::LateBy(TOO_LATE)), talked, contacted, 1),
        story("the answer is lost, never found", unseen(Answer::CutAfter), unknown, dialling, 1),
        story("500 after the dial, never found", unseen(Answer::ErrorAfter(500)), unknown, dialling, 1),
        story("cut before the dial", Plan::silent(Answer::CutBefore), unknown, dialling, 0),
        story(
            "the answer is lost, the callbacks come",
            Plan { answer: Answer::CutAfter, listed: false, ..Plan::told(Tells::Every) },
            talked,
            contacted,
            1,
        ),
        story(
            "500 after the dial, callbacks twice and backwards",
            Plan { answer: Answer::ErrorAfter(500), listed: false, ..Plan::told(Tells::TwiceBackwards) },
            talked,
            contacted,
            1,
        ),
        story("callbacks twice and backwards", Plan::told(Tells::TwiceBackwards), talked, contacted, 1),
        story("forged before genuine", Plan::told(Tells::ForgedFirst), talked, contacted, 1),
        story("only forged", Plan::told(Tells::OnlyForged), open, dialling, 1),
        story("never a callback", Plan::told(Tells::Nothing), open, dialling, 1),
        story("429", Plan::silent(Answer::No(429, 20429, Some(600))), refused, ["processing", "deferred"], 0),
        story("number invalid", Plan::silent(Answer::No(400, 21211, None)), refused, ["max_retries", "unreachable"], 0),
        story(
            "a 4xx of no known code",
            Plan::silent(Answer::No(400, 1, Some(600))),
            refused,
            ["processing", "deferred"],
            0,
        ),
    ]
}

fn pair(of: [&str; 2]) -> (String, String) {
    (of[0].to_owned(), of[1].to_owned())
}

/// Waits until calls and leads are shown as told.
fn settle(campaign: &Campaign, stories: &BTreeMap<String, Story>) {
    let missing = || -> Vec<String> {
        let (calls, leads) = (shown(campaign), leads(campaign));
        let wrong = stories.iter().filter_map(|(phone, story)| {
            let (call, lead) = (calls.get(phone).cloned().unwrap_or_default(), leads.get(phone).cloned());
            let right = call == [pair(story.call)] && lead == Some(pair(story.lead));
            (!right).then(|| format!("{} ({phone}): {call:?}, lead {lead:?}", story.name))
        });
        wrong.collect()
    };
    if patience::within(LIMIT, || missing().is_empty().then_some(())).is_none() {
        panic!("not shown for what it is: {:#?}\n{}", missing(), campaign.now());
    }
}

fn at_most_once(twilio: &Twilio, stories: &BTreeMap<String, Story>) {
    for (phone, story) in stories {
        assert_eq!(twilio.dials_to(phone).len(), story.dials, "{}: dials", story.name);
        assert_eq!(twilio.asked().iter().filter(|asked| asked.to == *phone).count(), 1, "{}: requests", story.name);
    }
}

#[test]
fn no_fault_of_the_provider_rings_twice_or_loses_anybody() {
    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    let stories: BTreeMap<String, Story> =
        stories().into_iter().enumerate().map(|(index, story)| (people::phone(index), story)).collect();
    for (phone, story) in &stories {
        stage.twilio.plan(phone, story.plan);
    }
    let phones: Vec<String> = stories.keys().cloned().collect();
    let first = campaign_with(&stage.account, &gateway, &phones, &json!({"max_retries": 1}));
    first.start();

    // While nobody knows, the phones are locked for everybody.
    let doubtful: Vec<&String> = stories
        .iter()
        .filter(|(_, story)| story.plan.tells == Tells::Nothing && story.dials == 1)
        .map(|(phone, _)| phone)
        .collect();
    patience::until("a dial of everybody", LIMIT, || (stage.twilio.asked().len() == stories.len()).then_some(()));
    let unsure = ["500 after the dial, found", "the answer is lost, found", "cut before the dial"];
    patience::until("doubts are shown as doubts", Duration::from_secs(8), || {
        let calls = shown(&first);
        let is_unsure = |name: &str| {
            let phone = stories.iter().find(|(_, story)| story.name == name).map(|(phone, _)| phone).unwrap();
            calls.get(phone).is_some_and(|calls| *calls == [pair(["initiated", "unknown"])])
        };
        unsure.into_iter().all(is_unsure).then_some(())
    });
    let again: Vec<String> = stories
        .iter()
        .filter(|(_, story)| story.call == ["initiated", "unknown"])
        .map(|(phone, _)| phone.clone())
        .collect();
    let second = campaign(&stage.account, &gateway, &again);
    second.start();
    let locked = |lead: &Value| {
        let why = second.api.get(&format!("/v1/leads/{}/explain", lead["id"].as_str().unwrap())).ok();
        why["gates"].as_array().unwrap().iter().any(|gate| gate["gate"] == "phone_free" && gate["verdict"] != "pass")
    };
    assert_eq!(second.leads().len(), 3);
    assert!(second.leads().iter().all(locked), "a phone whose fate is unknown is free for another campaign");

    settle(&first, &stories);
    at_most_once(&stage.twilio, &stories);
    assert!(doubtful.len() >= 6 && second.calls().is_empty(), "{:?}", second.calls());
    never_twice(&stage.twilio, &[&first, &second]);
    assert_eq!(first.now()["status"], "in_progress", "{}", first.now());

    let forged = stage.twilio.told(true);
    assert!(forged.len() >= 20 && forged.iter().all(|answer| *answer == Some(204)), "{forged:?}");
    let failures = stage.account.live.all("/v1/plugins/twilio-voice/failures");
    let seen = failures.iter().filter(|failure| failure.to_string().contains("X-Twilio-Signature")).count();
    assert!(seen >= 3, "forged callbacks are not visible: {failures:#?}");
    assert!(shown(&first).values().flatten().all(|(status, _)| status != "busy"), "a forgery was believed");

    // The doubts outlive the server: nothing is dialled again when it comes back.
    let (before, asked) = (shown(&first), stage.twilio.asked().len());
    let host = stage.host.restarted();
    let first = Campaign { api: first.api.at(host.api.base()), ..first };
    let second = Campaign { api: second.api.at(host.api.base()), ..second };
    patience::pass(Duration::from_secs(3));
    assert_eq!(shown(&first), before, "a restart changed what is shown");
    assert_eq!((stage.twilio.asked().len(), second.calls().len()), (asked, 0), "a restart dialled");
}

#[test]
fn a_refused_caller_id_is_replaced_and_nothing_is_dialled_from_it() {
    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    stage.twilio.refuses_caller(CALLER_IDS[0]);
    let phones: Vec<String> = (0..6).map(people::phone).collect();
    let campaign = campaign(&stage.account, &gateway, &phones);
    campaign.start();
    campaign.completed(LIMIT);
    let dials = stage.twilio.dials();
    assert_eq!(dials.len(), 6, "{dials:?}");
    assert!(dials.iter().all(|dial| dial.from == CALLER_IDS[1]), "{dials:?}");
    assert!(leads(&campaign).values().all(|lead| *lead == pair(["completed", "contacted"])), "{:?}", leads(&campaign));
    let refused = campaign.calls().iter().filter(|call| call["reason"] == "refused").count();
    assert_eq!(refused + 6, stage.twilio.asked().len(), "each refusal is a call that is shown as refused");
    never_twice(&stage.twilio, &[&campaign]);
}

#[test]
fn a_refused_account_pauses_the_campaign_with_the_reason() {
    let stage = Stage::new();
    let gateway = stage.twilio_voice(&stage.account);
    stage.twilio.suspend();
    let phones: Vec<String> = (0..6).map(people::phone).collect();
    let campaign = campaign(&stage.account, &gateway, &phones);
    campaign.start();
    let paused = patience::until("the campaign is paused", LIMIT, || {
        let now = campaign.now();
        (now["status"] == "paused").then_some(now)
    });
    assert_eq!(paused["status_reason"]["code"], "account_refused", "{paused}");
    assert!(paused["status_reason"].to_string().contains("20003"), "{paused}");
    patience::until("nothing is open", LIMIT, || (campaign.stats()["open_attempts"] == 0).then_some(()));
    assert!(stage.twilio.dials().is_empty());
    assert!(
        leads(&campaign).values().all(|(status, _)| status == "created" || status == "scheduled"),
        "{:?}",
        leads(&campaign)
    );
    never_twice(&stage.twilio, &[&campaign]);
}

#[test]
fn a_provider_that_is_down_is_not_asked_for_every_lead() {
    let stage = Stage::new();
    let plugin = upload(&stage.account, twilio_voice());
    let gateway = stage.gateway(&stage.account, &plugin, &json!({"calls_per_second": 20}));
    let phones: Vec<String> = (0..80).map(people::phone).collect();
    for phone in &phones {
        stage.twilio.plan(phone, Plan { listed: false, ..Plan::silent(Answer::ErrorAfter(503)) });
    }
    let fields = json!({"max_concurrent_calls": 25, "max_retries": 1});
    let campaign = campaign_with(&stage.account, &gateway, &phones, &fields);
    campaign.start();
    let paused = patience::within(LIMIT, || (campaign.now()["status"] == "paused").then(|| campaign.now()));
    let paused = paused.unwrap_or_else(|| panic!("{} of 80 were dialled into doubt", stage.twilio.dials().len()));
    assert_eq!(paused["status_reason"]["code"], "breaker_opened", "{paused}");
    let dials = stage.twilio.dials().len();
    assert!((20..=25).contains(&dials), "{dials} dials until the brake");
    assert_eq!(leads(&campaign).len(), 80);
    never_twice(&stage.twilio, &[&campaign]);
}

#[test]
fn nothing_is_dialled_faster_than_the_gateway_says() {
    let stage = Stage::new();
    let plugin = upload(&stage.account, twilio_voice());
    let gateway = stage.gateway(&stage.account, &plugin, &json!({"calls_per_second": 5}));
    let phones: Vec<String> = (0..12).map(people::phone).collect();
    let campaign = campaign(&stage.account, &gateway, &phones);
    let watch = patience::Stopwatch::start();
    campaign.start();
    campaign.completed(LIMIT);
    let took = watch.elapsed();
    assert!(took >= Duration::from_secs(2), "12 dials at 5 per second took {took:?}");
    assert!(took < Duration::from_secs(10), "12 dials at 5 per second took {took:?}");
    assert_eq!(stage.twilio.dials().len(), 12);
}
