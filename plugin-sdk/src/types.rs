//! Data that every kind of plugin shares, under the contract's names, with the few questions that plugins ask of it.

pub use crate::bindings::campanile::plugin::types::{
    AnsweredBy, Attempt, Contact, Extra, Failure, Outcome, PluginError, Timestamp, Value, Variable,
};

impl PluginError {
    /// A failure with a code in snake_case for machines and a sentence for the tenant.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry_after_ms: None, extra: Extra::new() }
    }
}

/// The value of the variable called `name`, if it is there; [`Value::Undetermined`] is a value.
pub fn find<'a>(variables: &'a [Variable], name: &str) -> Option<&'a Value> {
    variables.iter().find(|variable| variable.name == name).map(|variable| &variable.value)
}
