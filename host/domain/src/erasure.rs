//! What a person leaves behind, and how it is recognised in texts that nobody wrote for us.
//!
//! Most of what is kept of a person hangs on their lead and is found by it. The rest lies in texts of others: a provider's
//! webhook, a rejected row of a file, a plugin's complaint. There a phone is recognised however it is written, and the ids
//! that we, the provider or the account's other system gave are recognised as they are.
//!
//! It must never miss a spelling for the sake of not erasing a stranger's line: those texts are kept for diagnosis, and a
//! line too many that goes does no harm.

use serde_json::Value;

use crate::phone::Phone;
use crate::time::Timestamp;

/// What stands in the place of a text that was erased.
pub const ERASED: &str = "erased";
/// The longest country code, in digits (ITU-T E.164, 6.2.1).
const COUNTRY_CODE: usize = 3;
/// The fewest digits of a number that are looked for.
const LEAST_DIGITS: usize = 7;
/// Shorter words are in too many texts.
const LEAST_WORD: usize = 4;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    numbers: Vec<String>,
    words: Vec<String>,
}

impl Traces {
    /// A number of the person. Its end is looked for, because national spellings leave the country code out.
    pub fn phone(&mut self, phone: Phone) {
        let digits = phone.digits().to_string();
        let kept = digits.len().saturating_sub(COUNTRY_CODE).max(LEAST_DIGITS).min(digits.len());
        let end = digits[digits.len() - kept..].to_owned();
        if !self.numbers.contains(&end) {
            self.numbers.push(end);
        }
    }

    /// An id of the person, their lead or their calls. Too short a word is not looked for.
    pub fn word(&mut self, word: impl Into<String>) {
        let word = word.into();
        if word.chars().count() >= LEAST_WORD && !self.words.contains(&word) {
            self.words.push(word);
        }
    }

    /// Whether a text speaks of the person.
    pub fn found_in(&self, text: &str) -> bool {
        if self.words.iter().any(|word| text.contains(word.as_str())) {
            return true;
        }
        if self.numbers.is_empty() {
            return false;
        }
        let compact: String = text.chars().filter(|letter| !is_separator(*letter)).collect();
        self.numbers.iter().any(|number| compact.contains(number.as_str()))
    }

    /// Whether any text or number of a document speaks of the person.
    pub fn found_within(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.found_in(text),
            Value::Number(number) => self.found_in(&number.to_string()),
            Value::Array(list) => list.iter().any(|value| self.found_within(value)),
            Value::Object(fields) => fields.iter().any(|(name, value)| self.found_in(name) || self.found_within(value)),
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// Erases every text of a document that speaks of the person; whether there was one.
    pub fn blank(&self, value: &mut Value) -> bool {
        match value {
            // An instant has as many digits as a number and is nobody's.
            Value::String(text) if text.parse::<Timestamp>().is_err() && self.found_in(text) => {
                ERASED.clone_into(text);
                true
            }
            Value::Number(number) if self.found_in(&number.to_string()) => {
                *value = Value::Null;
                true
            }
            Value::Array(list) => list.iter_mut().filter_map(|value| self.blank(value).then_some(())).count() > 0,
            Value::Object(fields) => {
                fields.values_mut().filter_map(|value| self.blank(value).then_some(())).count() > 0
            }
            _ => false,
        }
    }
}

/// What people put between the digits of a number.
fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '(' | ')' | '.' | '/' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(phone: &str) -> Traces {
        let mut traces = Traces::default();
        traces.phone(phone.parse().unwrap());
        traces
    }

    #[test]
    fn a_number_is_recognised_however_it_is_written() {
        let us = of("+14155552671");
        for written in
            ["+14155552671", "(415) 555-2671", "415.555.2671", "001 415 555 2671", r#"{"to":"tel:+1-415-555-2671"}"#]
        {
            assert!(us.found_in(written), "{written}");
        }
        assert!(!us.found_in("(415) 555-2672") && !us.found_in("1999, 42"));
        assert!(of("+493023125144").found_in("030/23125144") && of("+37251234567").found_in("5123 4567"));
    }

    #[test]
    fn ids_are_recognised_and_short_ones_are_not_looked_for() {
        let mut traces = Traces::default();
        for word in ["42", "crm-1042"] {
            traces.word(word);
        }
        assert!(traces.found_in(r#"{"contact":"crm-1042"}"#) && !traces.found_in("42"));
    }

    #[test]
    fn documents_keep_what_is_not_the_persons() {
        let traces = of("+14155552671");
        let mut document =
            json!({"to": 14155552671_u64, "why": "+1 415 555 2671 is busy", "n": 3, "list": ["x", "(415) 555-2671"]});
        assert!(traces.found_within(&document) && traces.blank(&mut document));
        assert_eq!(document, json!({"to": null, "why": "erased", "n": 3, "list": ["x", "erased"]}));
        assert!(!traces.blank(&mut document));
    }

    proptest! {
        #[test]
        fn separators_hide_nothing(digits in 1_000_000_000_u64..999_999_999_999_999, between in "[ ()./-]{0,3}", at in 1_usize..9) {
            let text = digits.to_string();
            let written = format!("x{}{between}{}y", &text[..at], &text[at..]);
            let mut traces = Traces::default();
            traces.phone(format!("+{text}").parse().unwrap());
            prop_assert!(traces.found_in(&written));
        }
    }
}
