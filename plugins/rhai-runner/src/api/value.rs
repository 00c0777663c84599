//! Variables' values as the language's own, and back.

use campanile_plugin_sdk::types::{Value, Variable};
use rhai::{Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, Map};

use super::instant::Instant;
use super::undetermined::Undetermined;
use crate::diagnosis::trouble;
use crate::suggest;

/// Variables of a lead, a contact or an attempt. One that is not there is undetermined, and says so when compared.
#[derive(Clone, Debug)]
pub struct Variables {
    owner: &'static str,
    all: std::rc::Rc<[Variable]>,
}

impl Variables {
    pub fn new(owner: &'static str, all: &[Variable]) -> Self {
        Self { owner, all: all.into() }
    }
}

/// Whole numbers become integers, so that they print and compare as people write them.
pub fn show(value: &Value, what: impl FnOnce() -> String) -> Dynamic {
    match value {
        Value::Boolean(value) => (*value).into(),
        Value::Number(value) if value.fract() == 0.0 && value.abs() < 9.0e15 => (*value as INT).into(),
        Value::Number(value) => (*value).into(),
        Value::Text(value) => value.into(),
        Value::DateTime(at) => Dynamic::from(Instant(*at)),
        Value::Undetermined => Dynamic::from(Undetermined::new(what())),
    }
}

fn property(variables: &mut Variables, name: &str) -> Dynamic {
    let owner = variables.owner;
    match variables.all.iter().find(|variable| variable.name == name) {
        Some(variable) => show(&variable.value, || format!("{owner}.vars.{name}")),
        None => {
            let near = suggest::nearest(name, variables.all.iter().map(|variable| variable.name.as_str()));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            Dynamic::from(Undetermined::new(format!("{owner}.vars.{name} (there is no such variable{near})")))
        }
    }
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Variables>("variables");
    engine.register_indexer_get(property);
    engine.register_fn("has", |variables: &mut Variables, name: &str| {
        variables.all.iter().any(|variable| variable.name == name)
    });
}

/// What a script sets, as variables.
pub fn read(map: Map) -> Result<Vec<Variable>, Box<EvalAltResult>> {
    map.into_iter()
        .map(|(name, value)| Ok(Variable { value: read_one(&name, value)?, name: name.to_string() }))
        .collect()
}

pub fn read_one(name: &str, value: Dynamic) -> Result<Value, Box<EvalAltResult>> {
    if let Ok(value) = value.as_bool() {
        return Ok(Value::Boolean(value));
    }
    if let Ok(value) = value.as_int() {
        return Ok(Value::Number(value as FLOAT));
    }
    if let Ok(value) = value.as_float() {
        return Ok(Value::Number(value));
    }
    if let Some(at) = value.clone().try_cast::<Instant>() {
        return Ok(Value::DateTime(at.0));
    }
    if value.is::<Undetermined>() {
        return Ok(Value::Undetermined);
    }
    match value.clone().try_cast::<ImmutableString>() {
        Some(text) => Ok(Value::Text(text.to_string())),
        None => {
            let hint = "a variable holds true or false, a number, a text or a point in time".to_owned();
            trouble(format!("the variable `{name}` cannot be {}", value.type_name()), hint)
        }
    }
}
