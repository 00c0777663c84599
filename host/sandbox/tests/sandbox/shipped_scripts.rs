//! The scripts that ship, each with the cases that stand beside it.

use std::path::{Path, PathBuf};

use campanile_domain::attempt::Outcome;
use campanile_domain::policy::Decision;
use campanile_domain::time::Timestamp;
use campanile_domain::variable::Value;
use campanile_domain::zone::{Zone, parse_local};
use campanile_sandbox::{BundledBody, bundled};
use serde::Deserialize;

use crate::support::{after, decide};

/// Calls that ended like this, one a round, the last at nine on a Monday unless `now` says otherwise.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    calls: Vec<Outcome>,
    #[serde(default = "empty")]
    settings: serde_json::Value,
    /// Absent: no goal; null: undetermined.
    #[serde(default, deserialize_with = "present")]
    goal: Option<Value>,
    now: Option<String>,
    attempts_left: Option<u32>,
    builtin: Option<Builtin>,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Builtin {
    NextContact,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    decision: String,
    reason: Option<String>,
    /// Local time at the lead.
    at: Option<String>,
    contact: Option<u16>,
}

fn empty() -> serde_json::Value {
    serde_json::json!({})
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn berlin(text: &str) -> Timestamp {
    parse_local(text, &Zone::parse("Europe/Berlin").unwrap()).unwrap()
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts")
}

fn run(policy: &str, case: Case) {
    let mut input = after(&case.calls);
    input.goal = case.goal;
    input.attempts_left = case.attempts_left.unwrap_or(input.attempts_left);
    if let Some(now) = &case.now {
        input.now = berlin(now);
    }
    if let Some(Builtin::NextContact) = case.builtin {
        input.builtin = Decision::NextContact { reason: "unanswered".into() };
    }
    let decision = decide(policy, case.settings, input);
    let title = format!("{policy}: {}: {decision:?}", case.name);
    assert_eq!(decision.word(), case.expect.decision, "{title}");
    if let Some(reason) = case.expect.reason {
        assert_eq!(decision.reason(), reason, "{title}");
    }
    let (at, contact) = match &decision {
        Decision::Retry(retry) => (Some(retry.not_before), retry.contact),
        _ => (None, None),
    };
    if let Some(expected) = case.expect.at {
        assert_eq!(at, Some(berlin(&expected)), "{title}");
    }
    if case.expect.contact.is_some() {
        assert_eq!(contact, case.expect.contact, "{title}");
    }
}

#[test]
fn every_script_that_ships_decides_its_cases() {
    for one in bundled() {
        let BundledBody::Script(_) = one.body else { continue };
        let file = scripts().join(format!("{}.cases.json", one.name.replace('-', "_")));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let cases: Vec<Case> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(cases.len() >= 3, "{}", file.display());
        for case in cases {
            run(one.name, case);
        }
    }
}

#[test]
fn every_script_ships_and_begins_with_its_name_purpose_input_and_output() {
    let mut sources = 0;
    for entry in std::fs::read_dir(scripts()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rhai") {
            continue;
        }
        sources += 1;
        let name = path.file_stem().unwrap().to_str().unwrap().replace('_', "-");
        let one = bundled().iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name} does not ship"));
        let BundledBody::Script(source) = one.body else { panic!("{name} is not a script") };
        assert_eq!(source.lines().next().unwrap(), format!("// {name}, version {}", one.version));
        for heading in ["// Purpose: ", "// Input: ", "// Output: "] {
            assert!(source.contains(heading), "{name} has no {heading:?}");
        }
    }
    assert!(sources >= 2);
}
