//! A campaign written as a TOML or JSON file, in the field names of the API; and other files of fields.
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
    let mut fields = read_fields(path)?;
    fields.entry("name").or_insert_with(|| Value::String("rehearsal".into()));
    serde_json::from_value(Value::Object(fields)).map_err(|error| {
        Failure::invalid(format!("{} is not a campaign: {error}", path.display()))
            .next("the fields are those of POST /v1/campaigns")
    })
}

/// Reads a file of fields, whatever they are the fields of.
pub fn read_fields(path: &Path) -> Result<Map<String, Value>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::not_found(format!("{} cannot be read: {error}", path.display())).next("check the path")
    })?;
    fields(path, &text)
}

/// Fields out of a text: JSON by the file's name or the text's first letter, else TOML.
pub fn fields(path: &Path, text: &str) -> Result<Map<String, Value>, Failure> {
    let shown = path.display();
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json || text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| {
            Failure::invalid(format!("{shown} is no JSON object: {error}")).next("write {\"name\": value, ...}")
        });
    }
    let table: toml::Table = text.parse().map_err(|error| {
        Failure::invalid(format!("{shown} is not TOML: {error}")).next("write name = value, a line each")
    })?;
    Ok(table.into_iter().map(|(key, value)| (key, json(value))).collect())
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
    fn a_file_may_be_json() {
        let text = " {\"max_retries\": 2, \"name\": \"x\"}";
        assert_eq!(parse(text).unwrap().max_retries, 2);
        assert!(fields(Path::new("x.JSON"), "max_retries = 2").is_err());
        assert!(fields(Path::new("x.toml"), "= 1").is_err());
    }

    #[test]
    fn an_unknown_field_is_named() {
        let failure = parse("max_retry = 2\n").unwrap_err();
        assert!(format!("{failure:?}").contains("max_retry"), "{failure:?}");
    }
}
