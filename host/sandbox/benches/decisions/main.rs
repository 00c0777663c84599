//! What one decision costs in the sandbox, beside its floor and its peers, in one run.
//!
//! Started by `tests/bench/run`, which builds the peers first (`CAMPANILE_PEERS`, `CAMPANILE_PEER_GUEST`; without them their
//! lines say that they were not measured). Every round measures everything once, ours and the peers' in turn, so that whatever
//! else the machine does meets all of them; the table shows medians of rounds. The first argument is the number of rounds.

#![expect(clippy::unwrap_used, reason = "a measurement; what is not there ends it")]

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use campanile_domain::attempt::AnsweredBy;
use campanile_domain::attempt::Outcome::{Answered, Busy, Unanswered};
use campanile_domain::evaluation::{EvaluationInput, Talk};
use campanile_domain::ids::{CallId, CampaignId, LeadId, TenantKey};
use campanile_domain::plugin::Kind;
use campanile_domain::ports::mapper::{MapCall, MapRow, RowMapper};
use campanile_domain::ports::policy::{PolicyCall, PolicyRunner};
use campanile_domain::variable::{Role, ValueKind, VariableSpec, Variables};
use campanile_domain::zone::Zone;
use campanile_sandbox::{Options, Sandbox};
use futures::executor::block_on;
use futures::future::join_all;
use serde_json::json;

mod floor;
#[path = "../../tests/sandbox/frame.rs"]
mod frame;
#[expect(dead_code, reason = "shared with the tests, which need more of it")]
#[path = "../../tests/sandbox/support.rs"]
mod support;
mod table;

use floor::Floor;
use frame::component;
use support::{after, cache, call};
use table::{Aim, Figures};

/// Calls of one kind in a round.
const CALLS: usize = 5_000;
/// Decisions of a round that are asked for by many at once.
const CROWD: usize = 20_000;
/// Decisions that one tenant asks for one after the other.
const ONE_BY_ONE: usize = 10_000;
/// The evil neighbour's script.
const ENDLESS: &str = "endless-script";
/// Endless loops that the evil neighbour keeps going.
const LOOPS: usize = 16;

#[expect(clippy::disallowed_methods, reason = "measuring is what this does")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

/// The median of many calls, in nanoseconds, after some that do not count.
fn median(mut one: impl FnMut()) -> f64 {
    (0..CALLS / 5).for_each(|_| one());
    let mut all: Vec<Duration> = (0..CALLS).map(|_| timed(&mut one).1).collect();
    all.sort_unstable();
    all[CALLS / 2].as_nanos() as f64
}

fn question(policy: &str) -> PolicyCall {
    call(policy, json!({}), after(&[Unanswered, Busy]))
}

fn decide(sandbox: &Sandbox, call: &PolicyCall) {
    let _ = block_on(sandbox.decide(call)).decision.unwrap();
}

/// Decisions, one after the other on this thread, as a rehearsal makes them.
fn alone(sandbox: &Sandbox, floor: &mut Floor, figures: &mut Figures) {
    figures.note("reused", median(|| floor.decide().unwrap()));
    let fresh = question("patient-retry");
    figures.note("fresh", median(|| decide(sandbox, &fresh)));
    let script = question("goal-retry");
    figures.note("script", median(|| decide(sandbox, &script)));
}

/// The peers' own round.
fn peers(figures: &mut Figures) {
    let (Some(program), Some(guest)) = (std::env::var_os("CAMPANILE_PEERS"), std::env::var_os("CAMPANILE_PEER_GUEST"))
    else {
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/goal_retry.rhai");
    let ran = Command::new(program).arg(guest).arg(script).arg(CALLS.to_string()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    for line in String::from_utf8(ran.stdout).unwrap().lines() {
        let (name, nanoseconds) = line.split_once(' ').unwrap();
        figures.note(name, nanoseconds.parse().unwrap());
    }
}

/// Decisions a second on two threads, asked for by eight at once.
fn crowd(runtime: &tokio::runtime::Runtime, sandbox: &Sandbox) -> f64 {
    let call = question("patient-retry");
    let (_, took) = timed(|| {
        let many: Vec<_> = (0..8)
            .map(|_| {
                let (sandbox, call) = (sandbox.clone(), call.clone());
                runtime.spawn(async move {
                    for _ in 0..CROWD / 8 {
                        let _ = sandbox.decide(&call).await.decision.unwrap();
                    }
                })
            })
            .collect();
        runtime.block_on(async { join_all(many).await }).into_iter().for_each(|one| one.unwrap());
    });
    CROWD as f64 / took.as_secs_f64()
}

/// How long 99 of 100 decisions take at most that a tenant asks for one after the other, in microseconds.
fn p99(runtime: &tokio::runtime::Runtime, sandbox: &Sandbox, policy: &str) -> f64 {
    let call = question(policy);
    let mut all: Vec<Duration> =
        (0..ONE_BY_ONE).map(|_| timed(|| runtime.block_on(sandbox.decide(&call)).decision.unwrap()).1).collect();
    all.sort_unstable();
    all[ONE_BY_ONE * 99 / 100].as_nanos() as f64 / 1_000.0
}

/// The same, alone and beside a tenant whose policy never ends.
fn beside_evil(runtime: &tokio::runtime::Runtime, sandbox: &Sandbox, evil: TenantKey, figures: &mut Figures) {
    figures.note("crowd", crowd(runtime, sandbox));
    figures.note("p99", p99(runtime, sandbox, "patient-retry"));
    figures.note("p99-script", p99(runtime, sandbox, "goal-retry"));
    let attack = PolicyCall { tenant: evil, ..question("evil-neighbour") };
    let stop = Arc::new(AtomicBool::new(false));
    let loops: Vec<_> = (0..LOOPS)
        .map(|_| {
            let (sandbox, attack, stop) = (sandbox.clone(), attack.clone(), Arc::clone(&stop));
            runtime.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    assert!(sandbox.decide(&attack).await.decision.is_err());
                }
            })
        })
        .collect();
    figures.note("crowd-beside-evil", crowd(runtime, sandbox));
    figures.note("p99-beside-evil", p99(runtime, sandbox, "patient-retry"));
    stop.store(true, Ordering::Relaxed);
    runtime.block_on(async { join_all(loops).await }).into_iter().for_each(|one| one.unwrap());
}

/// One after the other of what an endless script can be asked, until it is told to stop.
async fn endless(sandbox: Sandbox, tenant: TenantKey, turn: usize, stop: Arc<AtomicBool>) {
    let decision = PolicyCall { tenant, ..question(ENDLESS) };
    let mapping = MapCall { tenant, script: ENDLESS.parse().unwrap(), draft: None, columns: Arc::default() };
    let (talk, PolicyCall { policy, settings, calendar, .. }) = (talk(), &decision);
    for turn in turn.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        match turn % 3 {
            0 => assert!(sandbox.decide(&decision).await.decision.is_err()),
            1 => {
                let asked = sandbox.evaluate_script(tenant, (policy, None), settings, &talk, calendar.clone());
                assert!(asked.await.answer.is_err());
            }
            _ => assert!(sandbox.map_rows(&mapping, vec![MapRow { number: 1, cells: Vec::new() }]).await.is_err()),
        }
    }
}

/// A call to be read.
fn talk() -> EvaluationInput {
    let talk = Talk {
        call: CallId(1),
        lead: LeadId(1),
        campaign: CampaignId(1),
        started_at: support::monday(),
        zone: Zone::utc(),
        language: None,
        outcome: Answered,
        answered_by: AnsweredBy::Human,
        talk_ms: 1_000,
        transcript: Vec::new(),
        provided: Variables::default(),
        lead_variables: Variables::default(),
    };
    let kind = ValueKind::Boolean;
    let (description, choices) = (String::new(), Vec::new());
    let wanted = VariableSpec { name: "booked".into(), kind, choices, description, required: false, role: Role::None };
    EvaluationInput { talk, wanted: vec![wanted], goal: None }
}

/// The slowest of 100 decisions of a script, beside a tenant whose script never ends, whatever it is asked.
fn beside_endless(runtime: &tokio::runtime::Runtime, sandbox: &Sandbox, evil: TenantKey, figures: &mut Figures) {
    let stop = Arc::new(AtomicBool::new(false));
    let loops: Vec<_> =
        (0..LOOPS).map(|turn| runtime.spawn(endless(sandbox.clone(), evil, turn, Arc::clone(&stop)))).collect();
    figures.note("p99-beside-script", p99(runtime, sandbox, "goal-retry"));
    stop.store(true, Ordering::Relaxed);
    runtime.block_on(async { join_all(loops).await }).into_iter().for_each(|one| one.unwrap());
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

/// What the process holds after many calls of a sandbox that is new.
fn memory(figures: &mut Figures) {
    let sandbox = Sandbox::new(Options { cache_folder: Some(cache()), ..Options::default() }).unwrap();
    let call = question("patient-retry");
    for count in 1..=1_000_000_u32 {
        decide(&sandbox, &call);
        if count == 10_000 {
            figures.note("resident-10k", resident_mib());
        }
    }
    figures.note("resident-1m", resident_mib());
}

fn main() {
    let rounds: u32 = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(5);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let inline = Sandbox::new(Options { cache_folder: Some(cache()), ..Options::default() }).unwrap();
    let options = Options { threads: Some(2), cache_folder: Some(cache()), ..Options::default() };
    let shared = runtime.block_on(async { Sandbox::new(options).unwrap() });
    let evil = TenantKey(666);
    shared.install_component(evil, &component("evil-neighbour", "(call $endless)", "")).unwrap();
    let script = "fn decide(lead) { loop {} } fn evaluate(talk) { loop {} } fn map_row(row) { loop {} }";
    block_on(shared.install_script(evil, ENDLESS, script)).unwrap();
    let mut floor = Floor::new().unwrap();
    let mut figures = Figures::default();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        alone(&inline, &mut floor, &mut figures);
        peers(&mut figures);
        beside_evil(&runtime, &shared, evil, &mut figures);
        beside_endless(&runtime, &shared, evil, &mut figures);
    }
    eprintln!("memory");
    memory(&mut figures);
    show(&figures, rounds, &inline);
}

fn show(figures: &Figures, rounds: u32, sandbox: &Sandbox) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let load = load.split_whitespace().next().unwrap_or("unknown");
    println!(
        "{rounds} rounds, {processors} processors, load {load}; instances: {:?}\n",
        sandbox.allocation(Kind::RetryPolicy)
    );
    println!("nanoseconds a decision, median of rounds");
    figures.show(
        "ns",
        &[
            ("reused", "policy, reused instance (the floor)"),
            ("fresh", "policy, fresh instance, the whole call"),
            ("extism-warm", "Extism 1.30, the same policy, instance reused"),
            ("extism-fresh", "Extism 1.30, the same policy, instance fresh"),
            ("rhai-native", "Rhai, goal-retry, no sandbox"),
            ("script", "Rhai, goal-retry, in the sandbox, warm"),
        ],
    );
    println!("\ndecisions a second, two threads, eight askers");
    figures.show("/s", &[("crowd", "alone"), ("crowd-beside-evil", "beside a tenant with 16 endless loops")]);
    println!("\nthe slowest of 100 decisions, one tenant asking for one after the other");
    figures.show("us", &[("p99", "alone"), ("p99-beside-evil", "beside a tenant with 16 endless loops")]);
    let scripts = "a script, beside a tenant whose 16 scripts never end";
    figures.show("us", &[("p99-script", "a script, alone"), ("p99-beside-script", scripts)]);
    println!("\nresident memory");
    figures.show("MiB", &[("resident-10k", "after 10,000 calls"), ("resident-1m", "after 1,000,000 calls")]);
    println!();
    figures.ratio("fresh against our reused instance", "fresh", "reused", &Aim::AtMost(8.0));
    figures.ratio("fresh against Extism warm", "fresh", "extism-warm", &Aim::AtMost(1.0));
    figures.ratio("Extism fresh against ours", "extism-fresh", "fresh", &Aim::AtLeast(20.0));
    figures.ratio("script in the sandbox against native Rhai", "script", "rhai-native", &Aim::AtMost(2.5));
    figures.ratio("throughput beside an evil neighbour against alone", "crowd-beside-evil", "crowd", &Aim::None);
    figures.ratio("slowest of 100 beside an evil neighbour against alone", "p99-beside-evil", "p99", &Aim::AtMost(1.5));
    let scripts = "slowest of 100 of a script beside endless scripts against alone";
    figures.ratio(scripts, "p99-beside-script", "p99-script", &Aim::AtMost(1.5));
    figures.ratio("memory after 1,000,000 calls against 10,000", "resident-1m", "resident-10k", &Aim::AtMost(1.1));
}
