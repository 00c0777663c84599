//! A campaign written as a TOML file, in the field names of the API.
//!
//! `name` may be left out. Dates may be TOML's own or text; everything else reads as it would over HTTP, so that what was
//! rehearsed can be created as it is.

use std::path::Path;

use campanile_domain::campaign::CampaignConfig;
use serde_json::{Map, Value};

use crate::exit::Failure;

/// Reads a campaign file; without one, a campaign with every default.
pub fn read(path: Option<&Path>) -> Result<CampaignConfig, Failure> {
    let Some(path) = path else { return Ok(CampaignConfig::named("rehearsal")) };
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::not_found(format!("{shown} cannot be read: {error}")))?;
    let table: toml::Table = text.parse().map_err(|error| Failure::invalid(format!("{shown} is not TOML: {error}")))?;
    let mut fields: Map<String, Value> = table.into_iter().map(|(key, value)| (key, json(value))).collect();
    fields.entry("name").or_insert_with(|| Value::String("rehearsal".into()));
    serde_json::from_value(Value::Object(fields)).map_err(|error| {
        Failure::invalid(format!("{shown} is not a campaign: {error}"))
            .next("the fields are those of POST /v1/campaigns")
    })
}

fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(truth) => Value::Bool(truth),
        toml::Value::Datetime(at) => Value::String(at.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => Value::Object(table.into_iter().map(|(key, value)| (key, json(value))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CampaignConfig, Failure> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(Some(file.path()))
    }

    #[test]
    fn the_fields_are_those_of_the_api() {
        let config = parse(
            "max_retries = 2\ntime_zone = \"America/New_York\"\nstarts_at = 2026-03-02T09:00:00Z\n\
             [calling_hours]\nstart = \"09:00\"\nend = \"18:00\"\ndays = [\"monday\"]\n",
        )
        .unwrap();
        assert_eq!((config.name.as_str(), config.max_retries), ("rehearsal", 2));
        assert_eq!(config.starts_at.unwrap().to_string(), "2026-03-02T09:00:00Z");
        assert_eq!(config.calling_hours.minutes_per_week(), 9 * 60);
    }

    #[test]
    fn an_unknown_field_is_named() {
        let failure = parse("max_retry = 2\n").unwrap_err();
        assert!(format!("{failure:?}").contains("max_retry"), "{failure:?}");
    }
}
