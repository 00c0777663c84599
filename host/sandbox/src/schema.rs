//! Settings against their schema.
//!
//! Settings are a flat form: an object of booleans, numbers, texts and choices. That is the part of JSON Schema that is
//! accepted in a manifest and checked here; anything else is refused when the plugin is read, so that a rule an author
//! wrote is never silently ignored. Problems are all reported at once, each naming the setting, because a form shows them
//! beside its fields.

use serde_json::{Map, Value};

/// One setting that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("settings.{name}: {rule}")]
pub struct SettingProblem {
    /// Which setting.
    pub name: String,
    /// What it must be.
    pub rule: String,
}

const OF_OBJECT: &[&str] = &["type", "title", "description", "properties", "required", "additionalProperties"];
const OF_PROPERTY: &[&str] =
    &["type", "title", "description", "default", "minimum", "maximum", "enum", "minLength", "maxLength"];
const TYPES: &[&str] = &["boolean", "integer", "number", "string"];

fn only(known: &[&str], object: &Map<String, Value>, place: &str) -> Result<(), String> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{place} uses {key:?}; known here: {}", known.join(", "))),
        None => Ok(()),
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// Whether a schema is one that [`check`] understands in full.
pub fn check_schema(schema: &Value) -> Result<(), String> {
    let object = schema.as_object().ok_or("it must be an object")?;
    only(OF_OBJECT, object, "the schema")?;
    if object.get("type").and_then(Value::as_str) != Some("object") {
        return Err("its type must be \"object\"".to_owned());
    }
    for (name, property) in properties(schema) {
        let rules = property.as_object().ok_or_else(|| format!("{name} must be an object"))?;
        only(OF_PROPERTY, rules, name)?;
        let kind = rules.get("type").and_then(Value::as_str).unwrap_or_default();
        if !TYPES.contains(&kind) {
            return Err(format!("{name} has the type {kind:?}; known: {}", TYPES.join(", ")));
        }
        if let Some(default) = rules.get("default") {
            check_one(default, property).map_err(|rule| format!("the default of {name} {rule}"))?;
        }
    }
    Ok(())
}

/// Everything about `settings` that does not fit `schema` (`None`: a plugin without settings).
pub fn check(settings: &Value, schema: Option<&Value>) -> Vec<SettingProblem> {
    let problem = |name: &str, rule: String| SettingProblem { name: name.to_owned(), rule };
    let Some(given) = settings.as_object() else {
        return vec![problem("", format!("must be an object of settings, not {settings}"))];
    };
    let none = Value::Null;
    let schema = schema.unwrap_or(&none);
    let mut problems = Vec::new();
    for (name, value) in given {
        match properties(schema).find(|(known, _)| *known == name) {
            Some((_, property)) => {
                if let Err(rule) = check_one(value, property) {
                    problems.push(problem(name, rule));
                }
            }
            None if schema.get("additionalProperties") == Some(&Value::Bool(true)) => {}
            None => {
                let known: Vec<_> = properties(schema).map(|(known, _)| known.as_str()).collect();
                let rule = if known.is_empty() {
                    "there is no such setting; it has none".to_owned()
                } else {
                    format!("there is no such setting; known: {}", known.join(", "))
                };
                problems.push(problem(name, rule));
            }
        }
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !given.contains_key(name) {
            problems.push(problem(name, "must be set".to_owned()));
        }
    }
    problems
}

fn check_one(value: &Value, property: &Value) -> Result<(), String> {
    let fits = match property.get("type").and_then(Value::as_str) {
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        _ => value.is_string(),
    };
    if !fits {
        let kind = property.get("type").and_then(Value::as_str).unwrap_or("string");
        return Err(format!("must be of type {kind}, not {value}"));
    }
    if let Some(choices) = property.get("enum").and_then(Value::as_array)
        && !choices.contains(value)
    {
        let choices: Vec<_> = choices.iter().map(Value::to_string).collect();
        return Err(format!("must be one of {}, not {value}", choices.join(", ")));
    }
    let limit = |name: &str| property.get(name).and_then(Value::as_f64);
    let measured = |measure: f64, least: Option<f64>, most: Option<f64>, what: &str| {
        if least.is_some_and(|least| measure < least) || most.is_some_and(|most| measure > most) {
            let text = |limit: Option<f64>| limit.map_or("any".to_owned(), |limit| limit.to_string());
            return Err(format!("must have {what} from {} to {}, not {value}", text(least), text(most)));
        }
        Ok(())
    };
    if let Some(number) = value.as_f64() {
        measured(number, limit("minimum"), limit("maximum"), "a value")?;
    }
    if let Some(text) = value.as_str() {
        measured(text.chars().count() as f64, limit("minLength"), limit("maxLength"), "a length")?;
    }
    Ok(())
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
    fn a_schema_with_a_rule_that_would_be_ignored_is_refused() {
        let patterned = json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^a"}}});
        assert!(check_schema(&patterned).unwrap_err().contains("pattern"));
        let wrong_default = json!({"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}});
        assert!(check_schema(&wrong_default).unwrap_err().contains("default of a"));
    }
}
