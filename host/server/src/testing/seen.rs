//! Which problems were seen of which operation, by all tests together.
//!
//! That every code which is answered is listed is asked at every answer. The other way round, whether every code that is listed can
//! be answered, only all tests know, and they run side by side or in processes of their own. So each leaves a line in the file that
//! `CAMPANILE_SEEN` names, and `tests/run` asks afterwards.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;

use serde_json::Value;

use crate::openapi::SPECIAL;

const FILE: &str = "CAMPANILE_SEEN";

/// Refusals that no test of this crate can bring about, and why.
const NOT_HERE: [(&str, &str, &str, &str); 1] =
    [("get", "/v1/events", "CE0039", "no event of a test is so old that it is let go; the rule has a test of its own")];

/// An operation, by its id, answered with a code.
pub(super) fn note(operation: &str, code: &str) {
    if let Some(file) = std::env::var_os(FILE) {
        let mut file = OpenOptions::new().append(true).create(true).open(file).unwrap();
        // In one piece: others write, too.
        file.write_all(format!("{operation} {code}\n").as_bytes()).unwrap();
    }
}

/// Run after all others: `CAMPANILE_SEEN=FILE cargo test -p campanile-server`, then the same with `every_refusal -- --ignored`.
#[test]
#[ignore = "asks what the other tests saw, so it comes after them"]
fn every_refusal_of_the_table_was_seen() {
    let file = std::env::var_os(FILE).expect("CAMPANILE_SEEN names the file that the other tests wrote");
    let seen = std::fs::read_to_string(file).unwrap();
    let seen: BTreeSet<&str> = seen.lines().collect();
    let document: Value = serde_json::to_value(crate::openapi()).unwrap();
    let mut unseen = Vec::new();
    for (method, path, codes) in SPECIAL {
        let operation = document["paths"][path][method]["operationId"].as_str().unwrap();
        for code in *codes {
            let known =
                NOT_HERE.iter().any(|(verb, place, known, _)| (verb, place, known) == (method, path, &code.code));
            if seen.contains(format!("{operation} {}", code.code).as_str()) == known {
                unseen.push(format!("{method} {path} {}{}", code.code, if known { " was seen after all" } else { "" }));
            }
        }
    }
    assert!(unseen.is_empty(), "listed and never answered in any test:\n{}", unseen.join("\n"));
}
