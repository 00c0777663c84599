//! Values and named values.

use campanile_domain::time::Timestamp;
use campanile_domain::variable::{Value, Variables};

use crate::contract::campanile::plugin::types as contract;

pub fn lend(value: &Value) -> contract::Value {
    match value {
        Value::Undetermined => contract::Value::Undetermined,
        Value::Boolean(value) => contract::Value::Boolean(*value),
        Value::Number(value) => contract::Value::Number(*value),
        Value::Text(value) => contract::Value::Text(value.clone()),
        Value::DateTime(value) => contract::Value::DateTime(value.millis()),
    }
}

pub fn lend_all(variables: &Variables) -> Vec<contract::Variable> {
    variables.iter().map(|(name, value)| contract::Variable { name: name.to_owned(), value: lend(value) }).collect()
}

/// A guest's value; a number that is none and an instant beyond the calendar are errors.
pub fn take(value: contract::Value) -> Result<Value, String> {
    Ok(match value {
        contract::Value::Undetermined => Value::Undetermined,
        contract::Value::Boolean(value) => Value::Boolean(value),
        contract::Value::Number(value) => Value::number(value).map_err(|error| error.to_string())?,
        contract::Value::Text(value) => Value::Text(value),
        contract::Value::DateTime(value) => Value::DateTime(instant(value)?),
    })
}

/// An instant of a guest's.
pub fn instant(at: i64) -> Result<Timestamp, String> {
    if (0..=Timestamp::MAX.millis()).contains(&at) {
        return Ok(Timestamp(at));
    }
    Err(format!("{at} is no instant; write Unix milliseconds between 1970 and 9999"))
}

/// Bytes that a list of variables hands over.
pub fn size_all(variables: &[contract::Variable]) -> usize {
    let one = |variable: &contract::Variable| {
        let value = if let contract::Value::Text(text) = &variable.value { text.len() } else { 8 };
        variable.name.len() + value
    };
    variables.iter().map(one).sum()
}

/// The variables that a guest sets; a name given twice or a number that is none is an error naming it.
pub fn take_all(variables: Vec<contract::Variable>) -> Result<Variables, String> {
    let mut taken = Variables::default();
    for contract::Variable { name, value } in variables {
        if name.is_empty() || name.len() > 64 {
            return Err(format!(
                "a variable's name has 1 to 64 characters, not {:?}",
                name.chars().take(70).collect::<String>()
            ));
        }
        let value = take(value).map_err(|rule| format!("the variable {name:?}: {rule}"))?;
        if taken.get(&name).is_some() {
            return Err(format!("the variable {name:?} is set twice"));
        }
        taken.set(name, value);
    }
    Ok(taken)
}
