//! Settings against their schema.
//!
//! Settings are a form: booleans, numbers, texts and choices, in groups and lists where a plugin needs them. That is the
//! part of JSON Schema that is accepted in a manifest and checked here; anything else is refused when the plugin is read,
//! so that a rule an author wrote is never silently ignored. Problems are all reported at once, each naming the setting,
//! because a form shows them beside its fields.

use serde_json::{Map, Value};

/// One setting that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("settings.{name}: {rule}")]
pub struct SettingProblem {
    /// Which setting; within a group or a list, with the way to it: `fields.phones.0`.
    pub name: String,
    /// What it must be.
    pub rule: String,
}

/// Groups within groups, the settings themselves counted; a form that is deeper helps nobody.
const DEEPEST: usize = 4;
const OF_ALL: &[&str] = &["type", "title", "description", "default", "enum"];
const OF_NUMBER: &[&str] = &["minimum", "maximum"];
const OF_TEXT: &[&str] = &["minLength", "maxLength"];
const OF_GROUP: &[&str] = &["properties", "required", "additionalProperties", "maxProperties"];
const OF_LIST: &[&str] = &["items", "minItems", "maxItems"];

/// The rules that a type may have beside those of all; `None` for a type that is not known.
fn rules_of(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "boolean" => Some(&[]),
        "integer" | "number" => Some(OF_NUMBER),
        "string" => Some(OF_TEXT),
        "object" => Some(OF_GROUP),
        "array" => Some(OF_LIST),
        _ => None,
    }
}

fn kind_of(schema: &Value) -> &str {
    schema.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// Whether a schema is one that [`check`] understands in full.
pub fn check_schema(schema: &Value) -> Result<(), String> {
    if kind_of(schema) != "object" {
        return Err("its type must be \"object\"".to_owned());
    }
    check_rules(schema, "the schema", 1)
}

fn check_rules(schema: &Value, place: &str, depth: usize) -> Result<(), String> {
    let rules = schema.as_object().ok_or_else(|| format!("{place} must be an object"))?;
    if depth > DEEPEST {
        return Err(format!("{place} is a group within {DEEPEST} groups; write it flatter"));
    }
    let kind = kind_of(schema);
    let own = rules_of(kind).ok_or_else(|| {
        format!("{place} has the type {kind:?}; known: boolean, integer, number, string, object, array")
    })?;
    if let Some(strange) = rules.keys().find(|key| !OF_ALL.contains(&key.as_str()) && !own.contains(&key.as_str())) {
        let known: Vec<_> = OF_ALL.iter().chain(own).copied().collect();
        return Err(format!("{place} uses {strange:?}; known here: {}", known.join(", ")));
    }
    for (name, property) in properties(schema) {
        check_rules(property, name, depth + 1)?;
    }
    match schema.get("additionalProperties") {
        None | Some(Value::Bool(_)) => {}
        Some(others) => check_rules(others, &format!("additionalProperties of {place}"), depth + 1)?,
    }
    match (kind, schema.get("items")) {
        ("array", None) => return Err(format!("{place} is a list without items; say what it holds")),
        (_, Some(items)) => check_rules(items, &format!("items of {place}"), depth + 1)?,
        _ => {}
    }
    if let Some(default) = schema.get("default") {
        let mut found = Vec::new();
        check_value(default, schema, "", &mut found);
        if let Some(SettingProblem { rule, .. }) = found.first() {
            return Err(format!("the default of {place} {rule}"));
        }
    }
    Ok(())
}

/// Everything about `settings` that does not fit `schema` (`None`: a plugin without settings).
pub fn check(settings: &Value, schema: Option<&Value>) -> Vec<SettingProblem> {
    let mut problems = Vec::new();
    match settings.as_object() {
        None => add(&mut problems, "", format!("must be an object of settings, not {settings}")),
        Some(given) => check_group(given, schema.unwrap_or(&Value::Null), "", &mut problems),
    }
    problems
}

fn add(problems: &mut Vec<SettingProblem>, name: &str, rule: String) {
    problems.push(SettingProblem { name: name.to_owned(), rule });
}

fn within(place: &str, name: impl std::fmt::Display) -> String {
    if place.is_empty() { name.to_string() } else { format!("{place}.{name}") }
}

fn check_group(given: &Map<String, Value>, schema: &Value, place: &str, problems: &mut Vec<SettingProblem>) {
    for (name, value) in given {
        let at = within(place, name);
        let others = schema.get("additionalProperties").unwrap_or(&Value::Null);
        match (properties(schema).find(|(known, _)| *known == name), others) {
            (Some((_, property)), _) => check_value(value, property, &at, problems),
            (None, Value::Bool(true)) => {}
            (None, Value::Object(_)) => check_value(value, others, &at, problems),
            (None, _) => {
                let known: Vec<_> = properties(schema).map(|(known, _)| known.as_str()).collect();
                let rule = match (known.is_empty(), place.is_empty()) {
                    (true, true) => "there is no such setting; it has none".to_owned(),
                    (true, false) => "there is no such setting".to_owned(),
                    _ => format!("there is no such setting; known: {}", known.join(", ")),
                };
                add(problems, &at, rule);
            }
        }
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !given.contains_key(name) {
            add(problems, &within(place, name), "must be set".to_owned());
        }
    }
    if let Err(rule) = measured(given.len() as f64, schema, [None, Some("maxProperties")], "a number of settings") {
        add(problems, place, rule);
    }
}

/// A measure against two of a schema's limits.
fn measured(measure: f64, schema: &Value, [least, most]: [Option<&str>; 2], what: &str) -> Result<(), String> {
    let limit = |name: Option<&str>| name.and_then(|name| schema.get(name)).and_then(Value::as_f64);
    let (least, most) = (limit(least), limit(most));
    if least.is_some_and(|least| measure < least) || most.is_some_and(|most| measure > most) {
        let text = |limit: Option<f64>| limit.map_or("any".to_owned(), |limit| limit.to_string());
        return Err(format!("must have {what} from {} to {}, not {measure}", text(least), text(most)));
    }
    Ok(())
}

fn check_value(value: &Value, schema: &Value, place: &str, problems: &mut Vec<SettingProblem>) {
    let kind = kind_of(schema);
    let fits = match kind {
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => value.is_string(),
    };
    if !fits {
        return add(problems, place, format!("must be of type {kind}, not {value}"));
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array)
        && !choices.contains(value)
    {
        let choices: Vec<_> = choices.iter().map(Value::to_string).collect();
        return add(problems, place, format!("must be one of {}, not {value}", choices.join(", ")));
    }
    let within_limits = match value {
        Value::Number(number) => {
            measured(number.as_f64().unwrap_or_default(), schema, [Some("minimum"), Some("maximum")], "a value")
        }
        Value::String(text) => {
            measured(text.chars().count() as f64, schema, [Some("minLength"), Some("maxLength")], "a length")
        }
        Value::Array(items) => measured(items.len() as f64, schema, [Some("minItems"), Some("maxItems")], "a length"),
        _ => Ok(()),
    };
    if let Err(rule) = within_limits {
        add(problems, place, rule);
    }
    match value {
        Value::Object(group) => check_group(group, schema, place, problems),
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                check_value(item, schema.get("items").unwrap_or(&Value::Null), &within(place, position), problems);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "required": ["mode"], "additionalProperties": false, "properties": {
            "minutes": {"type": "integer", "minimum": 10, "maximum": 60, "default": 15},
            "mode": {"type": "string", "enum": ["soft", "hard"]},
        }})
    }

    #[test]
    fn every_problem_is_named_with_its_rule() {
        assert_eq!(check_schema(&schema()), Ok(()));
        assert_eq!(check(&json!({"mode": "soft", "minutes": 10}), Some(&schema())), []);
        let problems = check(&json!({"minutes": 5, "minuets": 7}), Some(&schema()));
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "settings.minutes: must have a value from 10 to 60, not 5",
                "settings.minuets: there is no such setting; known: minutes, mode",
                "settings.mode: must be set",
            ]
        );
        assert!(check(&json!({"mode": "mild"}), Some(&schema()))[0].rule.contains("\"soft\", \"hard\""));
        assert!(check(&json!({"x": 1}), None)[0].rule.contains("it has none"));
    }

    #[test]
    fn groups_and_lists_are_checked_to_the_bottom() {
        let schema = json!({"type": "object", "additionalProperties": false, "properties": {
            "fields": {"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
                "id": {"type": "string"},
                "phones": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "minLength": 1}},
                "variables": {"type": "object", "maxProperties": 1, "additionalProperties": {"type": "string"}},
            }},
        }});
        assert_eq!(check_schema(&schema), Ok(()));
        let good = json!({"fields": {"id": "a", "phones": ["b"], "variables": {"c": "d"}}});
        assert_eq!(check(&good, Some(&schema)), []);
        let bad = json!({"fields": {"phones": ["", 7, "x"], "variables": {"c": 1, "d": "e"}, "fone": "x"}});
        let texts: Vec<_> = check(&bad, Some(&schema)).iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "settings.fields.phones: must have a length from 1 to 2, not 3",
                "settings.fields.phones.0: must have a length from 1 to any, not 0",
                "settings.fields.phones.1: must be of type string, not 7",
                "settings.fields.variables.c: must be of type string, not 1",
                "settings.fields.variables: must have a number of settings from any to 1, not 2",
                "settings.fields.fone: there is no such setting; known: id, phones, variables",
                "settings.fields.id: must be set",
            ]
        );
        let list = json!({"type": "object", "properties": {"a": {"type": "array"}}});
        assert!(check_schema(&list).unwrap_err().contains("without items"));
        let mut deep = json!({"type": "string"});
        for _ in 0..5 {
            deep = json!({"type": "object", "properties": {"a": deep}});
        }
        assert!(check_schema(&deep).unwrap_err().contains("flatter"));
    }

    #[test]
    fn a_schema_with_a_rule_that_would_be_ignored_is_refused() {
        let patterned = json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^a"}}});
        assert!(check_schema(&patterned).unwrap_err().contains("pattern"));
        let wrong_default = json!({"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}});
        assert!(check_schema(&wrong_default).unwrap_err().contains("default of a"));
    }
}
