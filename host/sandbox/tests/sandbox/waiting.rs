//! Whoever waits is given up at the limit, by the clock of the runtime that it waits on.
//!
//! Time on the wall says nothing on a busy machine. Here a second timer of the same runtime, on the same thread, is set to the
//! limit and 100 ms when the call begins: whatever delays one delays the other, and a call that is not given up by then loses
//! the race everywhere.

use std::time::Duration;

use campanile_domain::attempt::Outcome;
use campanile_domain::ports::policy::PolicyRunner;
use serde_json::json;

use crate::support::{TENANT, after, call, policies};
use crate::zoo::{Frame, INNOCENT, component};

/// How long a policy that was built with a clock to wait on may wait; docs/plugin-guide.md says the same.
const LIMIT_MS: u64 = 2_000;
const LATER_MS: u64 = 100;

/// Waits so many milliseconds.
fn wait(ms: u64) -> String {
    format!("(call $block (call $after (i64.const {})))", ms * 1_000_000)
}

async fn given_up(name: &str, body: &str, extra: &str) {
    let frame = Frame { name, body, extra, waits: true, ..INNOCENT };
    policies().install_component(TENANT, &component(&frame)).unwrap();
    let asked = call(name, json!({}), after(&[Outcome::Busy]));
    // Compiled by the first call, so that the second is nothing but the call.
    for _ in 0..2 {
        let answer = policies().decide(&asked).await;
        assert_eq!(answer.decision.unwrap_err().code, "policy_timed_out", "{name}");
    }
    let race = tokio::time::timeout(Duration::from_millis(LIMIT_MS + LATER_MS), policies().decide(&asked));
    let answer = race.await.unwrap_or_else(|_| panic!("{name} was not given up in time"));
    assert_eq!(answer.decision.unwrap_err().code, "policy_timed_out", "{name}");
}

#[tokio::test]
async fn waiting_ends_at_its_limit() {
    let hour = format!("{} (unreachable)", wait(3_600_000));
    given_up("waits-an-hour", &hour, "").await;
}

#[tokio::test]
async fn a_start_and_a_call_that_both_wait_share_the_limit() {
    // Neither is too long by itself.
    let body = format!("{} (call $answer (i32.const 0))", wait(LIMIT_MS * 3 / 4));
    let start = format!("(func (export \"_initialize\") {})", wait(LIMIT_MS * 3 / 4));
    given_up("waits-twice", &body, &start).await;
}
