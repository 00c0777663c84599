//! A script's own settings: declared by `settings()`, read by `setting("name")`.
//!
//! `number(default, "title")`, `number(default, "title", least, most)`, `text(default, "title")`, `flag(default, "title")`
//! and `choice(default, ["a", "b"], "title")` declare one each. They become the JSON Schema that forms and the host's check
//! are made from.

use rhai::{Array, Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, Map};
use serde_json::{Value, json};

use crate::diagnosis::{Diagnosis, no_property, trouble};
use crate::{question, suggest};

/// One setting as a script declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    name: String,
    property: Value,
}

/// What the declaring functions return; its name is the key in the script's map.
#[derive(Clone, Debug)]
struct Setting(Value);

impl Declared {
    /// What `settings()` returned.
    pub fn read(declaration: Dynamic) -> Result<Vec<Self>, Diagnosis> {
        let wrong = |what: String| {
            Diagnosis::of_script(what).with_hint("settings() answers #{ name: number(1, \"title\"), ... }")
        };
        let given = declaration.type_name();
        let Some(map) = declaration.try_cast::<Map>() else {
            return Err(wrong(format!("`settings` answered {given}")));
        };
        map.into_iter()
            .map(|(name, declared)| match declared.try_cast::<Setting>() {
                Some(Setting(property)) => Ok(Self { name: name.to_string(), property }),
                None => Err(wrong(format!("the setting `{name}` is not declared by number, text, flag or choice"))),
            })
            .collect()
    }

    /// JSON Schema of all of them.
    pub fn schema(all: &[Self]) -> Value {
        let properties: serde_json::Map<_, _> =
            all.iter().map(|setting| (setting.name.clone(), setting.property.clone())).collect();
        json!({ "type": "object", "additionalProperties": false, "properties": properties })
    }

    /// The values in force: what is given (the host has checked it against the schema), else the defaults.
    pub fn fill(all: &[Self], given: &serde_json::Map<String, Value>) -> Result<Map, Diagnosis> {
        let known = || all.iter().map(|setting| setting.name.as_str());
        if let Some(unknown) = given.keys().find(|name| known().all(|known| known != name.as_str())) {
            let hint = suggest::hint(unknown, known().collect::<Vec<_>>());
            return Err(Diagnosis::of_script(format!("the script declares no setting `{unknown}`")).with_hint(hint));
        }
        all.iter().map(|setting| Ok((setting.name.as_str().into(), setting.value(given.get(&setting.name))?))).collect()
    }

    fn value(&self, given: Option<&Value>) -> Result<Dynamic, Diagnosis> {
        let value = given.unwrap_or(&self.property["default"]);
        let wrong =
            |what: &str| Err(Diagnosis::of_script(format!("the setting `{}` must be {what}, not {value}", self.name)));
        match self.property["type"].as_str() {
            Some("boolean") => value.as_bool().map_or_else(|| wrong("true or false"), |value| Ok(value.into())),
            Some("string") => match (value.as_str(), self.property["enum"].as_array()) {
                (Some(_), Some(choices)) if !choices.contains(value) => {
                    wrong(&format!("one of {}", self.property["enum"]))
                }
                (Some(text), _) => Ok(text.to_owned().into()),
                (None, _) => wrong("a text"),
            },
            kind => {
                let Some(number) = value.as_f64() else { return wrong("a number") };
                let below = self.property["minimum"].as_f64().is_some_and(|least| number < least);
                let above = self.property["maximum"].as_f64().is_some_and(|most| number > most);
                if below || above {
                    return wrong(&format!("from {} to {}", self.property["minimum"], self.property["maximum"]));
                }
                match value.as_i64() {
                    Some(whole) => Ok((whole as INT).into()),
                    None if kind == Some("integer") => wrong("a whole number"),
                    None => Ok(number.into()),
                }
            }
        }
    }
}

fn whole(default: INT, title: &str, limits: Option<(INT, INT)>) -> Setting {
    let mut property = json!({ "type": "integer", "title": title, "default": default });
    if let Some((least, most)) = limits {
        property["minimum"] = json!(least);
        property["maximum"] = json!(most);
    }
    Setting(property)
}

fn fraction(default: FLOAT, title: &str, limits: Option<(FLOAT, FLOAT)>) -> Setting {
    let mut property = json!({ "type": "number", "title": title, "default": default });
    if let Some((least, most)) = limits {
        property["minimum"] = json!(least);
        property["maximum"] = json!(most);
    }
    Setting(property)
}

fn choice(default: &str, choices: Array, title: &str) -> Result<Setting, Box<EvalAltResult>> {
    let choices: Vec<String> = choices
        .into_iter()
        .filter_map(|choice| choice.try_cast::<ImmutableString>())
        .map(|choice| choice.to_string())
        .collect();
    if !choices.iter().any(|choice| choice == default) {
        return trouble(format!("{default:?} is the default but not among the choices"), None);
    }
    Ok(Setting(json!({ "type": "string", "title": title, "default": default, "enum": choices })))
}

fn setting(name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    let settings = question::settings();
    match settings.get(name) {
        Some(value) => Ok(value.clone()),
        None if settings.is_empty() => {
            trouble(format!("there is no setting `{name}`"), "declare it: fn settings() { #{ ... } }".to_owned())
        }
        None => {
            let known: Vec<_> = settings.keys().map(|known| known.as_str()).collect();
            no_property("settings()", name, &known)
        }
    }
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Setting>("declared setting");
    engine.register_fn("setting", setting);
    engine.register_fn("number", |default: INT, title: &str| whole(default, title, None));
    engine.register_fn("number", |default: INT, title: &str, least: INT, most: INT| {
        whole(default, title, Some((least, most)))
    });
    engine.register_fn("number", |default: FLOAT, title: &str| fraction(default, title, None));
    engine.register_fn("number", |default: FLOAT, title: &str, least: FLOAT, most: FLOAT| {
        fraction(default, title, Some((least, most)))
    });
    engine.register_fn("text", |default: &str, title: &str| {
        Setting(json!({ "type": "string", "title": title, "default": default }))
    });
    engine.register_fn("flag", |default: bool, title: &str| {
        Setting(json!({ "type": "boolean", "title": title, "default": default }))
    });
    engine.register_fn("choice", choice);
}
