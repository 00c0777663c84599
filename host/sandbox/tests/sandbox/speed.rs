//! What a decision costs. Not part of a plain test run: `cargo test --release -p campanile-sandbox --test sandbox speed --
//! --ignored --nocapture`.

use std::time::{Duration, Instant};

use campanile_domain::attempt::Outcome::{Busy, Unanswered};
use campanile_domain::plugin::Kind;
use campanile_domain::ports::policy::PolicyRunner;
use campanile_sandbox::{Options, Sandbox};
use futures::executor::block_on;
use serde_json::json;

use crate::support::{after, call};

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
