//! Texts that some providers write as numbers.
//!
//! Twilio writes every number of a call as a text, those who speak its API write some as numbers, and both write nothing
//! as null or as an empty text. All of them are read as a text that is there or is not.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A text or a number as text; null and an empty text are nothing.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}
