//! Data that every kind of plugin shares, under the contract's names, with the few questions that plugins ask of it.

pub use crate::bindings::campanile::plugin::types::{
    AnsweredBy, Attempt, Checked, Choice, Contact, Extra, Failure, Health, Outcome, PluginError, Role, Speaker,
    Timestamp, Utterance, Value, ValueType, Variable, VariableSpec, Webhook,
};

impl PluginError {
    /// A failure with a code in snake_case for machines and a sentence for the tenant.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry_after_ms: None, extra: Extra::new() }
    }

    /// Whether it passes by itself: the other system is down, slow or busy, and nobody has to change anything.
    pub fn is_passing(&self) -> bool {
        let codes = ["http_broken", "http_too_many_requests", "http_unreachable", "http_timed_out"];
        codes.contains(&self.code.as_str())
    }

    /// The same, with how long the other system asked to be left alone.
    #[must_use]
    pub fn retry_in(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}

impl Checked {
    /// Everything is there; say as whom.
    pub fn ready(summary: impl Into<String>) -> Self {
        Self { health: Health::Ready, summary: summary.into(), missing: Vec::new() }
    }

    /// A person must change something: say what is wrong, and name the settings and secrets.
    pub fn misconfigured<S: Into<String>>(summary: impl Into<String>, missing: impl IntoIterator<Item = S>) -> Self {
        let missing = missing.into_iter().map(Into::into).collect();
        Self { health: Health::Misconfigured, summary: summary.into(), missing }
    }

    /// The other system cannot be asked now.
    pub fn unreachable(summary: impl Into<String>) -> Self {
        Self { health: Health::Unreachable, summary: summary.into(), missing: Vec::new() }
    }
}

impl Choice {
    /// A choice of a form: what is kept, and what a person reads.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// The choices whose value or label holds what the person typed, whatever its capitals.
pub fn narrowed(choices: impl IntoIterator<Item = Choice>, query: &str) -> Vec<Choice> {
    let query = query.to_lowercase();
    let fits = |choice: &Choice| [&choice.value, &choice.label].iter().any(|text| text.to_lowercase().contains(&query));
    choices.into_iter().filter(fits).collect()
}

impl Variable {
    /// A variable.
    pub fn new(name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl Value {
    /// The text that it is, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// The value of the variable called `name`, if it is there; [`Value::Undetermined`] is a value.
pub fn find<'a>(variables: &'a [Variable], name: &str) -> Option<&'a Value> {
    variables.iter().find(|variable| variable.name == name).map(|variable| &variable.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_narrowed_by_value_and_by_label() {
        let all = || [Choice::new("cf_1", "Plan"), Choice::new("city", "Town")];
        let values = |query: &str| narrowed(all(), query).into_iter().map(|choice| choice.value).collect::<Vec<_>>();
        assert_eq!(
            (values("PLAN"), values("ci"), values("").len()),
            (vec!["cf_1".to_owned()], vec!["city".to_owned()], 2)
        );
        assert!(values("weather").is_empty());
    }

    #[test]
    fn what_passes_asks_for_nobody() {
        assert!(PluginError::new("http_broken", "").is_passing());
        assert!(!PluginError::new("http_not_permitted", "").is_passing());
    }
}
