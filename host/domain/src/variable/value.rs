//! Values and named values.
//!
//! On the wire a value is bare JSON: true, 7, "text", null for undetermined. A date-time is an RFC 3339 string in UTC there,
//! as short as it can be, and a string that is exactly that is read back as a date-time: a policy that is asked again from a
//! record must see what it saw. Where a text is asked for it is that text again; [`Value::read`] takes the kind. Numbers are
//! finite and integers that a double cannot hold are refused rather than rounded: they are ids, and ids are texts.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ValueKind;
use crate::time::Timestamp;

/// Below this, doubles tell every integer apart from its neighbours.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A piece of data under a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// The answer that there is no telling; JSON null.
    #[default]
    Undetermined,
    /// True or false.
    Boolean(bool),
    /// A finite number; make one with [`Value::number`] where it may not be.
    Number(f64),
    /// A text, or the choice made.
    Text(String),
    /// An instant.
    DateTime(Timestamp),
}

/// JSON that is no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAValue {
    /// A list or an object.
    #[error("{0} is not a value; write true, false, a number, a text or null (undetermined)")]
    Structure(String),
    /// Infinite, not a number, or an integer that would be rounded.
    #[error("{0} is not a number that can be kept exactly; write it as a text")]
    Number(String),
    /// Another type than the question asks for.
    #[error("{given} is {is} and must be {wanted}")]
    #[expect(missing_docs, reason = "the value, what it is and what it should be")]
    WrongKind { given: String, is: &'static str, wanted: String },
}

impl Value {
    /// A number, unless it is infinite or not a number.
    pub fn number(number: f64) -> Result<Self, NotAValue> {
        if number.is_finite() { Ok(Self::Number(number)) } else { Err(NotAValue::Number(number.to_string())) }
    }

    /// Whether this is a value and not [`Value::Undetermined`].
    pub const fn is_determined(&self) -> bool {
        !matches!(self, Self::Undetermined)
    }

    /// The boolean, if it is one.
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Boolean(value) = self { Some(*value) } else { None }
    }

    /// The number, if it is one.
    pub const fn as_number(&self) -> Option<f64> {
        if let Self::Number(value) = self { Some(*value) } else { None }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }

    /// The instant, if it is one.
    pub const fn as_date_time(&self) -> Option<Timestamp> {
        if let Self::DateTime(value) = self { Some(*value) } else { None }
    }

    /// What it is, for people: `a text`, `undetermined`.
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Undetermined => "undetermined",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::DateTime(_) => "a date-time",
        }
    }

    /// The value as an answer of `kind`; undetermined fits every kind. Only one thing is translated, because JSON has
    /// no instants: a text in RFC 3339 where a date-time is asked for. Choices are not compared here.
    pub fn as_kind(&self, kind: ValueKind) -> Result<Self, NotAValue> {
        if let (Self::Text(text), ValueKind::DateTime) = (self, kind)
            && let Ok(at) = text.parse()
        {
            return Ok(Self::DateTime(at));
        }
        match (self, kind) {
            (Self::Undetermined, _)
            | (Self::Boolean(_), ValueKind::Boolean)
            | (Self::Text(_), ValueKind::Text | ValueKind::Choice)
            | (Self::DateTime(_), ValueKind::DateTime) => Ok(self.clone()),
            (Self::Number(number), ValueKind::Number) => Self::number(*number),
            (Self::DateTime(at), ValueKind::Text | ValueKind::Choice) => Ok(Self::Text(at.to_string())),
            _ => {
                let given = self.to_string();
                Err(NotAValue::WrongKind { given, is: self.what(), wanted: kind.wanted().to_owned() })
            }
        }
    }

    /// Reads bare JSON without a kind; strings stay texts, but for those that a date-time is written as.
    pub fn from_json(json: &serde_json::Value) -> Result<Self, NotAValue> {
        use serde_json::Value as Json;
        match json {
            Json::Null => Ok(Self::Undetermined),
            Json::Bool(value) => Ok(Self::Boolean(*value)),
            Json::String(value) => Ok(written(value).map_or_else(|| Self::Text(value.clone()), Self::DateTime)),
            Json::Array(_) | Json::Object(_) => Err(NotAValue::Structure(json.to_string())),
            Json::Number(number) => match number.as_f64() {
                Some(value) if value.is_finite() && (number.is_f64() || value.abs() < EXACT) => Ok(Self::Number(value)),
                _ => Err(NotAValue::Number(number.to_string())),
            },
        }
    }

    /// Reads bare JSON as an answer of `kind`.
    pub fn read(json: &serde_json::Value, kind: ValueKind) -> Result<Self, NotAValue> {
        Self::from_json(json)?.as_kind(kind)
    }

    /// The bare JSON; whole numbers without a decimal point.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Undetermined => Json::Null,
            Self::Boolean(value) => Json::Bool(*value),
            Self::Number(value) if value.fract() == 0.0 && value.abs() < EXACT => Json::from(*value as i64),
            Self::Number(value) => Json::from(*value),
            Self::Text(value) => Json::String(value.clone()),
            Self::DateTime(value) => Json::String(value.to_string()),
        }
    }
}

/// The instant that is written exactly so.
fn written(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if !(20..=24).contains(&bytes.len()) || bytes[4] != b'-' || bytes[10] != b'T' || !text.ends_with('Z') {
        return None;
    }
    text.parse().ok().filter(|at: &Timestamp| at.to_string() == text)
}

impl fmt::Display for Value {
    /// As the JSON shows it; `undetermined` for null.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_determined() { self.to_json().fmt(f) } else { f.write_str("undetermined") }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
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

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::DateTime(value)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Self::Number(number) = self {
            Self::number(*number).map_err(serde::ser::Error::custom)?;
        }
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&serde_json::Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Named values, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variables(pub BTreeMap<String, Value>);

impl Variables {
    /// Nothing known.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The value called `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Sets the value called `name`.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// These over `under`: a contact's over the lead's, a patch over what was there. Of two with one name this wins,
    /// an undetermined one too: it says that the other no longer holds.
    pub fn over(&self, under: &Self) -> Self {
        let mut merged = under.0.clone();
        merged.extend(self.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self(merged)
    }
}

impl FromIterator<(String, Value)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_bare_json_and_null_is_undetermined() {
        let read: Variables = serde_json::from_str(r#"{"d":7,"a":true,"c":"x","b":null,"e":1.5}"#).unwrap();
        assert_eq!(read.get("b"), Some(&Value::Undetermined));
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"a":true,"b":null,"c":"x","d":7,"e":1.5}"#);
    }

    #[test]
    fn structures_and_numbers_that_would_be_rounded_are_refused() {
        for wrong in [json!([]), json!({"a": 1}), json!(9_007_199_254_740_993i64), json!(u64::MAX)] {
            let told = Value::from_json(&wrong).unwrap_err().to_string();
            assert!(told.starts_with(&wrong.to_string()) && told.contains("write"), "{told}");
        }
        assert!(Value::number(f64::NAN).is_err() && Value::number(f64::INFINITY).is_err());
        assert!(serde_json::to_string(&Value::Number(f64::NAN)).is_err());
    }

    #[test]
    fn only_an_instant_in_rfc_3339_is_translated() {
        let at: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
        assert_eq!(Value::read(&json!("2026-03-02T09:00:00+01:00"), ValueKind::DateTime), Ok(Value::DateTime(at)));
        assert_eq!(Value::from_json(&Value::DateTime(at).to_json()), Ok(Value::DateTime(at)), "as it was");
        let early = Value::DateTime(at + 1);
        assert_eq!(Value::from_json(&early.to_json()), Ok(early));
        for text in ["2026-03-02T09:00:00+01:00", "2026-03-02T08:00:00.000Z", "2026-13-02T08:00:00Z", "2026-03-02"] {
            assert_eq!(Value::from_json(&json!(text)), Ok(Value::Text(text.into())), "{text}");
        }
        assert_eq!(Value::read(&json!("2026-03-02T08:00:00Z"), ValueKind::Text), Ok("2026-03-02T08:00:00Z".into()));
        assert_eq!(Value::DateTime(at).to_json(), json!("2026-03-02T08:00:00Z"));
        for (given, kind) in [
            (json!("true"), ValueKind::Boolean),
            (json!(1), ValueKind::Boolean),
            (json!("7"), ValueKind::Number),
            (json!(7), ValueKind::Text),
            (json!(false), ValueKind::Choice),
            (json!("2026-03-02"), ValueKind::DateTime),
            (json!("2026-03-02T08:00:00"), ValueKind::DateTime),
            (json!(1_772_438_400), ValueKind::DateTime),
        ] {
            let told = Value::read(&given, kind).unwrap_err().to_string();
            assert!(told.contains(&given.to_string()) && told.contains(kind.wanted()), "{told}");
        }
        for kind in [ValueKind::Boolean, ValueKind::Number, ValueKind::Text, ValueKind::DateTime, ValueKind::Choice] {
            assert_eq!(Value::read(&json!(null), kind), Ok(Value::Undetermined));
        }
    }

    #[test]
    fn the_contacts_variables_win_over_the_leads() {
        let mut lead = Variables::new();
        lead.set("city", "Bern");
        lead.set("name", "Ada");
        let mut contact = Variables::new();
        contact.set("city", "Basel");
        let merged = contact.over(&lead);
        assert_eq!(serde_json::to_string(&merged).unwrap(), r#"{"city":"Basel","name":"Ada"}"#);
        assert_eq!(Variables::new().over(&lead), lead);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Undetermined),
            any::<bool>().prop_map(Value::Boolean),
            // The JSON reader is exact for the fifteen digits that people write, and not always beyond.
            (-999_999_999_999_999..=999_999_999_999_999i64, 0..9)
                .prop_map(|(digits, shift)| Value::Number(digits as f64 / 10f64.powi(shift))),
            any::<i32>().prop_map(|number| Value::Number(number.into())),
            ".*".prop_map(Value::Text),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in any_value()) {
            let text = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
