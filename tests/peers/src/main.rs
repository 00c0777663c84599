//! `campanile-peers GUEST.wasm SCRIPT.rhai CALLS`: what one decision costs at the peers, one line each.
//!
//! `extism-warm`: the peer's plugin called again in the instance it has; `extism-fresh`: in a new instance of the compiled
//! plugin, which is what a host of strangers needs. Both with the question written and the answer read as JSON, because
//! that is the peer's way in and out. `rhai-native`: the same script as in the sandbox, by the same interpreter compiled for
//! this machine, engine and script kept: what the sandbox adds is what is more. Each is the median of CALLS calls (a tenth of
//! them for `extism-fresh`), in nanoseconds. `tests/bench/run` runs it several times, between the rounds of our own.

use std::time::Instant;

use campanile_plugin_sdk::policy::{self, Input, Strategy, Trigger};
use campanile_plugin_sdk::types::{self, AnsweredBy, Failure, Outcome};
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

#[path = "../guest/src/question.rs"]
mod question;

use question::{Attempt, Contact, Decision, Question, Retry, Settings};

/// Monday 2026-03-02, 09:00 in Berlin, and a minute.
const NOW: i64 = 1_772_438_460_000;
const HOUR_MS: i64 = 3_600_000;
const PHONES: [&str; 2] = ["+14155550100", "+14155550101"];

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [guest, script, calls] = &words[..] else { return Err("campanile-peers GUEST.wasm SCRIPT.rhai CALLS".into()) };
    let calls: usize = calls.parse()?;
    let question = question();
    let builder = PluginBuilder::new(Manifest::new([Wasm::data(std::fs::read(guest)?)])).with_wasi(false).with_cache_disabled();
    let compiled = CompiledPlugin::new(builder)?;
    let mut plugin = Plugin::new_from_compiled(&compiled)?;
    let decided = ask(&mut plugin, &question)?;
    // After no answer and a busy line: again in a quarter of an hour, as ours says.
    let Decision::Retry(Retry { not_before, contact: Some(0), .. }) = decided else {
        return Err("another answer".into());
    };
    assert_eq!(not_before, NOW - 60_000 + 15 * 60_000, "the peer decides as ours does");
    show("extism-warm", calls, || ask(&mut plugin, &question).map(|_| ()))?;
    show("extism-fresh", calls / 10, || ask(&mut Plugin::new_from_compiled(&compiled)?, &question).map(|_| ()))?;
    let script = std::fs::read_to_string(script)?;
    let script = rhai_runner::Loaded::new(&script, &serde_json::Map::new()).map_err(|found| found.to_string())?;
    let input = input();
    show("rhai-native", calls, || script.decide(&input).map(|_| ()).map_err(|found| found.to_string().into()))
}

fn show(name: &str, calls: usize, mut call: impl FnMut() -> Result<(), Failed>) -> Result<(), Failed> {
    for _ in 0..calls / 5 {
        call()?;
    }
    let mut took = Vec::with_capacity(calls);
    for _ in 0..calls {
        let begun = Instant::now();
        call()?;
        took.push(begun.elapsed().as_nanos());
    }
    took.sort_unstable();
    println!("{name} {}", took[took.len() / 2]);
    Ok(())
}

fn ask(plugin: &mut Plugin, question: &Question) -> Result<Decision, Failed> {
    let answer: &[u8] = plugin.call("decide", serde_json::to_vec(question)?)?;
    Ok(serde_json::from_slice(answer)?)
}

fn question() -> Question {
    let attempt = |number: u32, outcome: &str| Attempt {
        number,
        era: 1,
        round: number,
        contact: 0,
        phone: PHONES[0].into(),
        outcome: outcome.into(),
        failure: "none".into(),
        answered_by: "unknown".into(),
        started_at: ended(number) - 60_000,
        ended_at: Some(ended(number)),
        talk_ms: 0,
        variables: Vec::new(),
    };
    let contact =
        |position: u32| Contact { position, phone: PHONES[position as usize].into(), label: None, usable: true };
    Question {
        trigger: "settled".into(),
        now: NOW,
        campaign_id: "cmp_7".into(),
        lead_id: "lead_9".into(),
        zone: "Europe/Berlin".into(),
        era: 1,
        round: 2,
        max_retries: 5,
        retry_interval_ms: HOUR_MS as u64,
        retry_on_voicemail: false,
        retry_until_goal: true,
        goal: None,
        strategy: "escalate".into(),
        attempts_left: 10,
        campaign_ends_at: None,
        contacts: vec![contact(0), contact(1)],
        attempts: vec![attempt(1, "unanswered"), attempt(2, "busy")],
        lead_variables: Vec::new(),
        builtin: Decision::Retry(Retry {
            not_before: NOW + HOUR_MS,
            not_after: None,
            contact: None,
            priority: None,
            variables: Vec::new(),
            reason: "not reached".into(),
        }),
        settings: Settings::default(),
    }
}

/// Calls an hour apart, the last one a minute ago.
fn ended(number: u32) -> i64 {
    NOW - 60_000 - (2 - i64::from(number)) * HOUR_MS
}

fn input() -> Input {
    let attempt = |number: u32, outcome| types::Attempt {
        number,
        era: 1,
        round: number,
        contact: 0,
        phone: PHONES[0].into(),
        outcome,
        failure: Failure::None,
        answered_by: AnsweredBy::Unknown,
        started_at: ended(number) - 60_000,
        ended_at: Some(ended(number)),
        talk_ms: 0,
        variables: Vec::new(),
        extra: Vec::new(),
    };
    let contact = |position: u32| types::Contact {
        position,
        phone: PHONES[position as usize].into(),
        name: None,
        label: None,
        usable: true,
        zone: "Europe/Berlin".into(),
        variables: Vec::new(),
    };
    Input {
        trigger: Trigger::Settled,
        now: NOW,
        campaign_id: "cmp_7".into(),
        lead_id: "lead_9".into(),
        zone: "Europe/Berlin".into(),
        era: 1,
        round: 2,
        max_retries: 5,
        retry_interval_ms: HOUR_MS as u64,
        retry_on_voicemail: false,
        retry_until_goal: true,
        goal: None,
        strategy: Strategy::Escalate,
        attempts_left: 10,
        campaign_ends_at: None,
        contacts: vec![contact(0), contact(1)],
        attempts: vec![attempt(1, Outcome::Unanswered), attempt(2, Outcome::Busy)],
        lead_variables: Vec::new(),
        builtin: policy::Decision::Retry(policy::Retry::at(NOW + HOUR_MS, "not reached")),
        extra: Vec::new(),
    }
}
