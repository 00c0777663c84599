//! What a tenant sets, and what an event writes into which column.

use std::collections::BTreeMap;

use campanile_plugin_sdk::sink::{ResultEvent, written};
use campanile_plugin_sdk::types::{PluginError, find};
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

    /// The columns that are named, each with the setting that names it.
    pub fn columns(&self) -> Vec<(&'static str, &str)> {
        let single = [
            ("key", &self.key),
            ("status", &self.status),
            ("outcome", &self.outcome),
            ("last_call", &self.last_call),
            ("next_call", &self.next_call),
            ("attempts", &self.attempts),
        ];
        let all = single.into_iter().chain(self.variables.values().map(|column| ("variables", column)));
        all.map(|(setting, column)| (setting, column.as_str())).filter(|(_, column)| !column.is_empty()).collect()
    }

    /// What an event writes, by column.
    pub fn cells(&self, event: &ResultEvent) -> Result<Vec<(&str, String)>, PluginError> {
        let told = event.told()?;
        let mut cells = vec![
            (self.status.as_str(), told.lead.status),
            (self.next_call.as_str(), told.lead.next_call_at.unwrap_or_default()),
            (self.attempts.as_str(), told.lead.attempts.to_string()),
        ];
        if let Some(call) = told.call {
            let outcome = match call.reason {
                Some(reason) => format!("{}: {reason}", call.status),
                None => call.status,
            };
            cells.extend([(self.outcome.as_str(), outcome), (self.last_call.as_str(), call.started_at)]);
        }
        for (variable, column) in &self.variables {
            cells.extend(find(&event.variables, variable).and_then(written).map(|text| (column.as_str(), text)));
        }
        cells.retain(|(column, _)| !column.is_empty());
        Ok(cells)
    }
}
