//! What a tenant sets.

use std::collections::BTreeMap;

use campanile_plugin_sdk::sink::Places;
use campanile_plugin_sdk::url::encode;
use serde::Deserialize;

/// The settings; their schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub spreadsheet: String,
    pub sheet: String,
    pub key: String,
    pub status: String,
    pub outcome: String,
    pub last_call: String,
    pub next_call: String,
    pub attempts: String,
    pub variables: BTreeMap<String, String>,
    pub api_base: String,
}

impl Default for Settings {
    fn default() -> Self {
        let none = String::new;
        Self {
            spreadsheet: none(),
            sheet: none(),
            key: none(),
            status: "Status".to_owned(),
            outcome: "Outcome".to_owned(),
            last_call: none(),
            next_call: none(),
            attempts: none(),
            variables: BTreeMap::new(),
            api_base: "https://sheets.googleapis.com".to_owned(),
        }
    }
}

impl Settings {
    /// An address of the API about the spreadsheet, whose id may have been set as its address.
    pub fn at(&self, rest: &str) -> String {
        let written = self.spreadsheet.trim();
        let behind = written.split_once("/d/").map_or(written, |(_, rest)| rest);
        let id = behind.split(['/', '?', '#']).next().unwrap_or_default();
        format!("{}/v4/spreadsheets/{}{rest}", self.api_base.trim_end_matches('/'), encode(id))
    }

    /// The columns that results go to.
    pub fn places(&self) -> Places<'_> {
        Places {
            status: &self.status,
            outcome: &self.outcome,
            last_call: &self.last_call,
            next_call: &self.next_call,
            attempts: &self.attempts,
            variables: &self.variables,
        }
    }

    /// The columns that are named, each with the setting that names it.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &str)> {
        std::iter::once(("key", self.key.as_str())).chain(self.places().named())
    }
}
