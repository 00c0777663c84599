//! What a decision costs. Not part of a plain test run: `cargo test --release -p campanile-sandbox --test sandbox speed --
//! --ignored --nocapture`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use campanile_domain::attempt::Outcome::{Busy, Unanswered};
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::Kind;
use campanile_domain::ports::policy::{PolicyCall, PolicyRunner};
use campanile_sandbox::{Options, Sandbox};
use futures::executor::block_on;
use serde_json::json;

use crate::hostile::endless;
use crate::support::{after, cache, call};

#[expect(clippy::disallowed_methods, reason = "measuring is what this does")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

#[test]
#[ignore = "measures; run by hand"]
fn speed_of_decisions() {
    let policies = Sandbox::new(Options::default()).unwrap();
    println!("instances: {:?}", policies.allocation(Kind::RetryPolicy));
    for (policy, most) in [("patient-retry", 500), ("goal-retry", 500)] {
        let call = call(policy, json!({}), after(&[Unanswered, Busy]));
        let (first, compile) = timed(|| block_on(policies.decide(&call)));
        let usage = first.usage;
        first.decision.unwrap();
        let mut per_call: Vec<Duration> =
            (0..5_000).map(|_| timed(|| block_on(policies.decide(&call)).decision.unwrap()).1).collect();
        per_call.sort_unstable();
        let (least, median, slow) = (per_call[0], per_call[2_500], per_call[4_950]);
        println!(
            "{policy}: first call with compiling {compile:?}, then least {least:?}, median {median:?}, p99 {slow:?}, {usage:?}"
        );
        assert!(median < Duration::from_micros(most), "{policy}");
    }
    let cold = call("goal-retry", json!({}), after(&[Busy]));
    let mut total = Duration::ZERO;
    for settings in 0..50 {
        let mut call = cold.clone();
        call.settings = json!({"busy_minutes": 10 + settings});
        total += timed(|| block_on(policies.decide(&call)).decision.unwrap()).1;
    }
    println!("goal-retry with a new runner each: {:?}", total / 50);
}

/// Waits of single decisions, one after the other, as a lead sees them; sorted.
fn waits(runtime: &tokio::runtime::Runtime, sandbox: &Sandbox, call: &PolicyCall, count: usize) -> Vec<Duration> {
    let mut waits: Vec<Duration> =
        (0..count).map(|_| timed(|| runtime.block_on(sandbox.decide(call)).decision.unwrap()).1).collect();
    waits.sort_unstable();
    waits
}

#[test]
#[ignore = "measures; run by hand"]
fn a_neighbour_that_loops_costs_the_others_little() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let options = Options { threads: Some(2), cache_folder: Some(cache()), ..Options::default() };
    let sandbox = runtime.block_on(async { Sandbox::new(options).unwrap() });
    let evil = TenantKey(666);
    sandbox.install_component(evil, &endless("evil-neighbour")).unwrap();
    let call = call("patient-retry", json!({}), after(&[Unanswered, Busy]));
    let attack = PolicyCall { tenant: evil, ..super::support::call("evil-neighbour", json!({}), after(&[Busy])) };
    waits(&runtime, &sandbox, &call, 1_000);
    let alone = waits(&runtime, &sandbox, &call, 10_000);
    let stop = Arc::new(AtomicBool::new(false));
    let loops: Vec<_> = (0..16)
        .map(|_| {
            let (sandbox, attack, stop) = (sandbox.clone(), attack.clone(), Arc::clone(&stop));
            runtime.spawn(async move {
                let mut stopped = 0_u32;
                while !stop.load(Ordering::Relaxed) {
                    assert!(sandbox.decide(&attack).await.decision.is_err());
                    stopped += 1;
                }
                stopped
            })
        })
        .collect();
    let beside = waits(&runtime, &sandbox, &call, 10_000);
    let (decided, took) = timed(|| {
        let many = (0..8).map(|_| {
            let (sandbox, call) = (sandbox.clone(), call.clone());
            runtime.spawn(async move {
                for _ in 0..2_500 {
                    sandbox.decide(&call).await.decision.unwrap();
                }
            })
        });
        let many: Vec<_> = many.collect();
        runtime.block_on(async { futures::future::join_all(many).await }).len() * 2_500
    });
    stop.store(true, Ordering::Relaxed);
    let stopped: u32 = loops.into_iter().map(|one| runtime.block_on(one).unwrap()).sum();
    let show = |waits: &[Duration]| (waits[waits.len() / 2], waits[waits.len() * 99 / 100]);
    println!("median and p99 alone {:?}, beside a neighbour with 16 endless loops {:?}", show(&alone), show(&beside));
    println!("{:.0} decisions a second beside it, {stopped} loops were stopped", decided as f64 / took.as_secs_f64());
}

#[test]
#[ignore = "measures; run by hand"]
fn memory_after_a_million_calls() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    };
    let sandbox = Sandbox::new(Options { cache_folder: Some(cache()), ..Options::default() }).unwrap();
    let call = call("patient-retry", json!({}), after(&[Unanswered, Busy]));
    let mut at = Vec::new();
    for count in 1..=1_000_000_u32 {
        block_on(sandbox.decide(&call)).decision.unwrap();
        if count == 10_000 || count == 1_000_000 {
            at.push(resident());
        }
    }
    println!("resident after 10,000 calls {} MiB, after 1,000,000 {} MiB", at[0], at[1]);
    assert!(at[1] <= at[0] + 8, "{at:?}");
}
