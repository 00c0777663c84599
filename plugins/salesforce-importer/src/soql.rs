//! Questions in Salesforce's language, put together from names and values of others.
//!
//! A name must be a name and a value is escaped. A condition is the tenant's own: it stands in brackets and can ask for
//! nothing that the tenant's application may not read.

use campanile_plugin_sdk::dates;

use crate::settings::Settings;

/// Whether a text is a field, perhaps of a related record: `Phone`, `Score__c`, `Account.Name`.
pub fn is_field(text: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|one: char| one.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.split('.').count() <= 6 && text.split('.').all(word)
}

/// A text as a value.
pub fn text(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('\'');
    for one in value.chars() {
        match one {
            '\'' | '\\' => quoted.extend(['\\', one]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            one => quoted.push(one),
        }
    }
    quoted.push('\'');
    quoted
}

/// Who is asked for: everybody who fulfils the condition, or whoever changed since then, inclusive and whatever they
/// fulfil.
pub fn people(settings: &Settings, selected: &[&str], since: Option<i64>) -> String {
    let mut conditions = Vec::new();
    match since {
        Some(since) => conditions.push(format!("SystemModstamp >= {}", dates::to_rfc3339(since))),
        None => {
            if settings.skips_converted() {
                conditions.push("IsConverted = false".to_owned());
            }
            if !settings.condition.trim().is_empty() {
                conditions.push(format!("({})", settings.condition.trim()));
            }
        }
    }
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let (fields, object) = (selected.join(","), settings.object.name());
    format!("SELECT {fields} FROM {object}{filter} ORDER BY SystemModstamp, Id")
}

/// Which of these fulfil the condition.
pub fn fulfilling(settings: &Settings, ids: &[&str]) -> String {
    let (object, condition) = (settings.object.name(), settings.condition.trim());
    let ids: Vec<_> = ids.iter().map(|id| text(id)).collect();
    format!("SELECT Id FROM {object} WHERE Id IN ({}) AND ({condition})", ids.join(","))
}
