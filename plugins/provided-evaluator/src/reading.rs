//! A provider's value in the type that was asked for.
//!
//! Providers answer in texts where a boolean was meant, in words where a number was, and in dates without a zone. What
//! reads one way only is taken; everything else is told with the reason why it is not, so that a person can add a word.

use campanile_plugin_sdk::calendar::{self, Civil};
use campanile_plugin_sdk::dates;
use campanile_plugin_sdk::types::{Timestamp, Value, ValueType, VariableSpec};

use crate::settings::{DateOrder, Mapping, Settings, listed, same};

/// From here on a number of seconds would be in the year 5138: it is milliseconds.
const MILLISECONDS: f64 = 100_000_000_000.0;

/// What came of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// In the type that was asked for.
    Value(Value),
    /// The provider says that the call did not tell.
    Untold,
    /// It does not fit, and why.
    Misfit(String),
}

/// A value as the variable's type.
pub fn read(told: &Value, spec: &VariableSpec, mapping: &Mapping, settings: &Settings, zone: &str) -> Read {
    if *told == Value::Undetermined {
        return Read::Untold;
    }
    if let Value::Text(text) = told {
        let unknown = text.trim().is_empty() || settings.unknown_words.iter().any(|word| same(word, text));
        // A choice may be called "none", and then the word is the answer.
        if unknown && choice(text, spec, mapping).is_none() {
            return Read::Untold;
        }
    }
    let value = match spec.kind {
        ValueType::Boolean => boolean(told, mapping, settings).map(Value::from),
        ValueType::Number => number(told).map(Value::from),
        ValueType::Text => Some(text(told).into()),
        ValueType::Choice => choice(&text(told), spec, mapping).map(Value::from),
        ValueType::DateTime => date_time(told, settings.dates, zone).map(Value::DateTime),
        _ => None,
    };
    value.map_or_else(|| Read::Misfit(misfit(told, spec)), Read::Value)
}

/// A value as a person writes it.
pub fn text(told: &Value) -> String {
    match told {
        Value::Boolean(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Text(value) => value.trim().to_owned(),
        Value::DateTime(at) => dates::to_rfc3339(*at),
        Value::Undetermined => String::new(),
    }
}

fn misfit(told: &Value, spec: &VariableSpec) -> String {
    let shown: String = text(told).chars().take(200).collect();
    let (must, next) = match spec.kind {
        ValueType::Boolean => ("a word for true or false".to_owned(), "add it to true_words or false_words"),
        ValueType::Number => ("a number".to_owned(), "ask the provider for a number"),
        ValueType::Choice => (format!("one of {}", spec.choices.join(", ")), "add it to synonyms"),
        ValueType::DateTime => ("a date and time that can be told".to_owned(), "ask the provider for 2026-03-05T15:00"),
        _ => ("of a type that is known".to_owned(), "use another type"),
    };
    format!("the provider's \"{shown}\" is not {must}; {next}")
}

fn boolean(told: &Value, mapping: &Mapping, settings: &Settings) -> Option<bool> {
    if let Value::Boolean(value) = told {
        return Some(*value);
    }
    let word = text(told);
    let means = |own: &str, usual: &[String]| {
        let mut own = listed(own).peekable();
        if own.peek().is_some() {
            own.any(|known| same(known, &word))
        } else {
            usual.iter().any(|known| same(known, &word))
        }
    };
    let yes = means(&mapping.true_words, &settings.true_words);
    let no = means(&mapping.false_words, &settings.false_words);
    // A word on both lists means neither.
    (yes != no).then_some(yes)
}

/// A number, or a text that is one: `1,250.50`, `1.250,50`, `1 250`, with a sign or a unit of money before or behind it. A
/// single group of three behind a sign (`1.250`, `1,250`) reads both ways and is none.
fn number(told: &Value) -> Option<f64> {
    let text = match told {
        Value::Number(value) => return value.is_finite().then_some(*value),
        Value::Text(text) => text,
        _ => return None,
    };
    let bare: String =
        text.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, '\'' | '’' | '_')).collect();
    let bare = bare.trim_matches(|letter: char| matches!(letter, '$' | '€' | '£' | '%'));
    let digits = bare.strip_prefix('-').unwrap_or(bare);
    if digits.is_empty() || !digits.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',')) {
        return None;
    }
    let signs: Vec<char> = digits.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    let plain = match signs.as_slice() {
        [] => bare.to_owned(),
        [sign] => {
            let (_, behind) = digits.split_once(*sign)?;
            if behind.len() == 3 && !digits.starts_with('0') {
                return None;
            }
            bare.replace(',', ".")
        }
        [first, .., last] if first == last => grouped(digits, *first).then(|| bare.replace(*first, ""))?,
        [first, .., last] => {
            let (whole, _) = digits.rsplit_once(*last)?;
            let only_last = signs.iter().filter(|sign| *sign == last).count() == 1;
            (only_last && grouped(whole, *first)).then(|| bare.replace(*first, "").replace(',', "."))?
        }
    };
    plain.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether signs stand between groups of three.
fn grouped(digits: &str, sign: char) -> bool {
    let mut groups = digits.split(sign);
    groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && groups.all(|group| group.len() == 3)
}

fn choice(word: &str, spec: &VariableSpec, mapping: &Mapping) -> Option<String> {
    let named = |word: &str| spec.choices.iter().find(|choice| same(choice, word)).cloned();
    let known = spec.choices.iter().find(|choice| *choice == word).cloned();
    known.or_else(|| mapping.synonym(word).and_then(named)).or_else(|| named(word))
}

fn date_time(told: &Value, order: DateOrder, zone: &str) -> Option<Timestamp> {
    match told {
        Value::DateTime(at) => Some(*at),
        Value::Number(value) => since_1970(*value),
        Value::Text(text) => {
            let text = text.trim();
            let all_digits = text.len() > 8 && text.bytes().all(|byte| byte.is_ascii_digit());
            if all_digits {
                return since_1970(text.parse().ok()?);
            }
            dates::rfc3339(text).or_else(|| dates::rfc2822(text)).or_else(|| local(text, order, zone))
        }
        _ => None,
    }
}

/// Seconds or milliseconds since 1970; nothing before 2001, because small numbers are something else.
fn since_1970(value: f64) -> Option<Timestamp> {
    let ms = if value < MILLISECONDS { value * 1_000.0 } else { value };
    (1_000_000_000_000.0..10_000_000_000_000.0).contains(&ms).then_some(ms as Timestamp)
}

/// A date without a zone, with or without a time, on the lead's clock.
fn local(text: &str, order: DateOrder, zone: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    let (year, month, of_month) = match order {
        _ if first.len() == 4 => (first, second, third),
        DateOrder::Iso => return None,
        DateOrder::DayFirst => (third, second, first),
        DateOrder::MonthFirst => (third, first, second),
    };
    if year.len() != 4 {
        return None;
    }
    // Read as if it were UTC, only to have the digits checked; what its clock shows is then asked of the zone's.
    let shown = dates::rfc3339(&format!("{year}-{month:0>2}-{of_month:0>2}T{}Z", time.trim()))?;
    let civil: Civil = calendar::local(shown, "UTC").ok()?;
    calendar::instant(civil, zone).ok()
}
