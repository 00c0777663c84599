//! Cases for tests: what a plugin is asked, what it is lent, and what it must answer.
//!
//! One JSON file per case, in the words of the API and of the records: names in snake_case, instants in RFC 3339, so that a
//! decision's record is a case as it stands. What a case leaves out of its question is usual (see `bench`); what it leaves out
//! of its expectation does not matter.

use std::path::{Path, PathBuf};

use campanile_domain::hours::CallingHours;
use campanile_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::exit::Failure;

/// One case.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A sentence that is true when it passes.
    pub name: String,
    /// The function of the contract, for the kinds that have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The instance's settings.
    #[serde(default = "empty")]
    pub settings: Value,
    /// The calling hours that `calendar` answers from; without them it is always open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calling_hours: Option<CallingHours>,
    /// The answers that requests get, in order, for the kinds that reach out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<Value>,
    /// What is asked.
    #[serde(default = "empty")]
    pub input: Value,
    /// What the answer must contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Value>,
    /// What its error must contain, where it must fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_error: Option<Value>,
}

fn empty() -> Value {
    serde_json::json!({})
}

impl Case {
    /// What is wrong with an answer, if anything is.
    pub fn difference(&self, answer: &Result<Value, Value>) -> Option<String> {
        match (answer, &self.expect, &self.expect_error) {
            (Ok(answer), _, Some(_)) => Some(format!("it must fail and answers {answer}")),
            (Err(error), _, Some(expected)) => difference("", expected, error),
            (Err(error), ..) => Some(format!("it fails: {error}")),
            (Ok(answer), Some(expected), None) => difference("", expected, answer),
            (Ok(_), None, None) => None,
        }
    }
}

/// The cases of a project, by file name.
pub fn read_all(folder: &Path) -> Result<Vec<(PathBuf, Case)>, Failure> {
    let fixtures = folder.join("fixtures");
    let unreadable = |error: std::io::Error| {
        Failure::not_found(format!("{} cannot be read: {error}", fixtures.display()))
            .next("write a case: campanile plugin fixture pull lead_...")
    };
    let entries = fixtures.read_dir().map_err(unreadable)?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(unreadable)?;
        let fixture = serde_json::from_str(&text).map_err(|error| {
            Failure::invalid(format!("{} is no case: {error}", path.display()))
                .next("a case has name, settings, input, and expect or expect_error")
        })?;
        all.push((path, fixture));
    }
    Ok(all)
}

/// The first place at which the answer is not what is expected. Null and absent are the same.
pub fn difference(place: &str, expected: &Value, got: &Value) -> Option<String> {
    let shown = if place.is_empty() { "it" } else { place };
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => expected.iter().find_map(|(name, expected)| {
            let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            difference(&place, expected, got.get(name).unwrap_or(&Value::Null))
        }),
        (Value::Array(expected), Value::Array(got)) if expected.len() != got.len() => {
            Some(format!("{shown} has {} entries, expected {}", got.len(), expected.len()))
        }
        (Value::Array(expected), Value::Array(got)) => {
            let mut pairs = expected.iter().zip(got).enumerate();
            pairs.find_map(|(index, (expected, got))| difference(&format!("{place}[{index}]"), expected, got))
        }
        (Value::Number(expected), Value::Number(got)) if expected.as_f64() == got.as_f64() => None,
        // An instant of the contract is a number, and a date to whoever writes a case.
        (Value::String(expected), Value::Number(got))
            if expected.parse::<Timestamp>().is_ok_and(|at| got.as_i64() == Some(at.millis())) =>
        {
            None
        }
        (expected, got) if expected == got => None,
        (expected, got) => Some(format!("{shown} is {got}, expected {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_expected_does_not_matter_and_the_first_difference_is_named() {
        let expected = json!({"a": 1, "list": [{"b": true}], "none": null});
        assert_eq!(difference("", &expected, &json!({"a": 1.0, "list": [{"b": true, "c": 2}], "d": 3})), None);
        let wrong = difference("", &expected, &json!({"a": 1, "list": [{"b": false}]}));
        assert_eq!(wrong.as_deref(), Some("list[0].b is false, expected true"));
        let longer = difference("", &expected, &json!({"a": 1, "list": []}));
        assert_eq!(longer.as_deref(), Some("list has 0 entries, expected 1"));
    }

    #[test]
    fn an_error_that_was_not_expected_fails_and_one_that_was_is_compared() {
        let case = |expectation: Value| -> Case {
            let mut whole = json!({"name": "n"});
            whole["expect_error"] = expectation;
            serde_json::from_value(whole).unwrap()
        };
        let failed = Err(json!({"code": "policy_error"}));
        assert_eq!(case(json!({"code": "policy_error"})).difference(&failed), None);
        assert!(case(json!({"code": "other"})).difference(&failed).is_some());
        assert!(case(Value::Null).difference(&failed).is_some());
        assert!(case(json!({"code": "policy_error"})).difference(&Ok(json!(1))).is_some());
    }
}
