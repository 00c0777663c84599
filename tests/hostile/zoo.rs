//! The cage: one running server to which every animal is brought, and which must be well after each of them.
//!
//! Nothing is known of the inside. What became of an upload is read where its author reads it, and after every row the same
//! process must take, compile, test and stage a harmless plugin and say that it is ready.

use std::cell::Cell;
use std::time::Duration;

use campanile_tests::account::Account;
use campanile_tests::host::Host;
use campanile_tests::http::{Answer, Api};
use campanile_tests::patience::{self, Stopwatch};
use serde_json::Value;

use super::frame::{Frame, INNOCENT, component};

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
