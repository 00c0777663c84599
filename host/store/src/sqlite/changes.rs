//! The names of what a change changed, for the audit. Never a value: a value may be a person's.

use serde::Serialize;
use serde_json::Value;

use super::fault::Done;

/// What follows from any change, or moves by itself.
const BESIDE: [&str; 10] = [
    "updated_at",
    "revision",
    "config_version",
    "next_run_at",
    "next_try_at",
    "status",
    "status_reason",
    "failures_in_a_row",
    "waiting",
    "failed",
];

/// The fields that differ between two states of one thing: `name`, `settings.account`.
pub(crate) fn between(before: &impl Serialize, after: &impl Serialize) -> Done<Vec<String>> {
    let mut names = Vec::new();
    differ(&serde_json::to_value(before)?, &serde_json::to_value(after)?, "", &mut names);
    Ok(names)
}

fn differ(before: &Value, after: &Value, under: &str, names: &mut Vec<String>) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before != after {
            names.push(under.to_owned());
        }
        return;
    };
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
        let (old, new) = (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
        match under {
            "" if BESIDE.contains(&name.as_str()) => {}
            "" => differ(old, new, name, names),
            _ if old != new => names.push(format!("{under}.{name}")),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_told_one_level_deep_and_values_never() {
        let before =
            json!({"name": "a", "settings": {"account": "1", "deep": {"x": 1}}, "hours": null, "updated_at": 1});
        let after = json!({"name": "b", "settings": {"account": "1", "deep": {"x": 2}, "new": 5}, "hours": [1], "updated_at": 2});
        let names = between(&before, &after).unwrap();
        assert_eq!(names, ["name", "settings.deep", "settings.new", "hours"]);
        assert!(between(&before, &before).unwrap().is_empty());
    }
}
