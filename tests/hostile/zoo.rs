//! The cage: one running server to which every animal is brought, and which must be well after each of them.
//!
//! Nothing is known of the inside. What became of an upload is read where its author reads it, and after every row the same
//! process must take, compile, test and stage a harmless plugin and say that it is ready.
//!
//! **No answer comes later than the limit plus 100 ms.** What that means depends on what stops a guest, and none of it is
//! time on this machine's wall, which a neighbour stretches at will:
//! - a policy is stopped by fuel: no case uses a unit more than its kind is given. That the fuel is worth no more time than the
//!   limit and 100 ms is asserted where the thread's own clock can be read, in `host/sandbox/tests/sandbox/hostile.rs`;
//! - whoever may wait for the network is stopped by processor time, as the report of its cases says it (`used`, in
//!   milliseconds by the clock of the thread): at most the limit and 100 ms;
//! - whoever waits is given up by the time on the wall, and is asserted to have used next to no processor time; that the wait
//!   itself ends at its limit is asserted by the order of two timers of one runtime, in `host/sandbox/tests/sandbox/waiting.rs`.

use std::cell::Cell;
use std::time::Duration;

use campanile_tests::account::Account;
use campanile_tests::host::Host;
use campanile_tests::http::{Answer, Api};
use campanile_tests::patience::{self, Stopwatch};
use serde_json::Value;

use super::frame::{Frame, INNOCENT, component};

/// No answer comes later than the limit and this, in milliseconds.
const LATER_MS: u64 = 100;

/// What one call of a kind may use, as docs/plugin-guide.md promises it: units of fuel, or milliseconds of running.
fn limit(kind: &str) -> u64 {
    match kind {
        "retry-policy" => 20_000_000,
        "lead-importer" => 10_000,
        _ => 2_000,
    }
}

/// The longest that an upload may be at the gates: compiling is given up after three minutes.
pub const GATES: Duration = Duration::from_secs(300);

pub struct Zoo {
    pub host: Host,
    pub account: Account,
    innocents: Cell<u32>,
}

/// Sends a component.
pub fn send(api: &Api, bytes: Vec<u8>) -> Answer {
    api.upload("/v1/plugins", "application/wasm", bytes)
}

/// Waits until a version is through the gates.
pub fn settled(api: &Api, name: &str, version: &str) -> Value {
    let path = format!("/v1/plugins/{name}/versions/{version}");
    patience::until(&format!("{name}@{version} is through"), GATES, || {
        let read = api.get(&path).ok();
        let waits = ["compiling", "testing"].contains(&read["state"].as_str().unwrap_or_default());
        (!waits).then_some(read)
    })
}

/// The codes of a refusal, and its text.
pub fn codes(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let codes = body["errors"].as_array().into_iter().flatten().filter_map(|one| one["code"].as_str());
    codes.map(str::to_owned).collect()
}

impl Zoo {
    pub fn open() -> Self {
        let host = Host::start(&[]);
        let account = host.account("Zoo");
        Self { host, account, innocents: Cell::new(0) }
    }

    pub fn api(&self) -> &Api {
        &self.account.live
    }

    /// The same process takes a harmless plugin through every gate.
    pub fn recovers(&self, after: &str) {
        let number = self.innocents.get();
        self.innocents.set(number + 1);
        let version = format!("1.0.{number}");
        let sent = send(self.api(), component(&Frame { version: &version, ..INNOCENT }));
        assert_eq!(sent.status, 202, "after {after}: {}", sent.text);
        let staged = settled(self.api(), INNOCENT.name, &version);
        assert_eq!(staged["state"], "staged", "after {after}: {staged}");
        assert_eq!(self.host.api.get("/readyz").status, 200, "after {after}");
    }

    /// Admission says no, with this code.
    pub fn refused(&self, row: &str, bytes: Vec<u8>, code: &str) -> Answer {
        let watch = Stopwatch::start();
        let answer = send(self.api(), bytes);
        println!("{row:<34} refused   {:<24} {:>6} ms", codes(&answer).join(" "), watch.elapsed().as_millis());
        assert_eq!(answer.problem(), (422, "CE0026".to_owned()), "{row}: {}", answer.text);
        assert!(codes(&answer).iter().any(|found| found == code), "{row}, {code}: {}", answer.text);
        let host_failed = answer.text.contains("the host failed");
        assert!(!host_failed, "{row}: {}", answer.text);
        self.recovers(row);
        answer
    }

    /// It is admitted; what became of it.
    pub fn through(&self, row: &str, name: &str, bytes: Vec<u8>) -> Value {
        let watch = Stopwatch::start();
        let sent = send(self.api(), bytes);
        assert_eq!(sent.status, 202, "{row}: {}", sent.text);
        let version = settled(self.api(), name, "1.0.0");
        println!(
            "{row:<34} {:<9} {:<24} {:>6} ms",
            text(&version, "/state"),
            seen(&version),
            watch.elapsed().as_millis()
        );
        version
    }

    /// No case took more than its kind's limit: see the head of this file.
    fn in_time(&self, row: &str, kind: &str, cases: &[Value]) {
        let is_fuel = kind == "retry-policy";
        let most = if is_fuel { limit(kind) } else { limit(kind) + LATER_MS };
        for case in cases {
            let used = case["used"].as_u64().unwrap_or_else(|| panic!("{row}: {case}"));
            assert!(used <= most, "{row} used {used} of {most}: {case}");
            // Whoever waits uses nothing, and is given up by the time on the wall.
            let waited = text(case, "/detail").ends_with("(timed_out)");
            assert!(!waited || is_fuel || used <= LATER_MS, "{row} waited and used {used} ms: {case}");
        }
    }

    /// It is admitted, and rejected by conformance: the finding, and a case that ended in this code of the sandbox.
    pub fn rejected(&self, row: &str, frame: &Frame<'_>, code: &str) -> Value {
        let version = self.through(row, frame.name, component(frame));
        assert_eq!(version["state"], "rejected", "{row}: {version}");
        assert_eq!(
            version.pointer("/report/findings/0/code"),
            Some(&"plugin_not_conforming".into()),
            "{row}: {version}"
        );
        let coded = format!("({code})");
        let cases = version.pointer("/report/cases").and_then(Value::as_array).unwrap();
        assert!(cases.iter().any(|case| text(case, "/detail").ends_with(&coded)), "{row}, {code}: {cases:#?}");
        self.in_time(row, frame.kind, cases);
        self.recovers(row);
        version
    }
}

/// A text in JSON, or nothing.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The codes in a version's report, in short.
fn seen(version: &Value) -> String {
    let cases = version.pointer("/report/cases").and_then(Value::as_array).into_iter().flatten();
    let details = cases.filter(|case| case["passed"] == false).map(|case| text(case, "/detail"));
    let mut codes: Vec<_> = details.filter_map(|detail| detail.strip_suffix(')')?.rsplit_once('(')).collect();
    codes.sort_unstable_by_key(|(_, code)| *code);
    codes.dedup_by_key(|(_, code)| *code);
    let codes: Vec<_> = codes.into_iter().map(|(_, code)| code).collect();
    if codes.is_empty() { text(version, "/report/findings/0/code").to_owned() } else { codes.join(" ") }
}
