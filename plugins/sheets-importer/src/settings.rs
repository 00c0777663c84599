//! What a tenant sets.

use std::collections::BTreeMap;

use campanile_plugin_sdk::types::PluginError;
use campanile_plugin_sdk::url::encode;
use serde::Deserialize;

/// The settings; their schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The spreadsheet's address or id.
    pub spreadsheet: String,
    /// The tab's name; empty: the first one.
    pub sheet: String,
    /// Column that names the person; empty: the primary phone.
    pub key: String,
    /// Columns that hold phones.
    pub phones: Vec<String>,
    /// Columns with the parts of the name.
    pub name: Vec<String>,
    /// Column with the country.
    pub country: String,
    /// Column that says never to call.
    pub do_not_call: String,
    /// Variables by their names.
    pub variables: BTreeMap<String, String>,
    /// Address of the API.
    pub api_base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            spreadsheet: String::new(),
            sheet: String::new(),
            key: String::new(),
            phones: vec!["Phone".to_owned()],
            name: Vec::new(),
            country: String::new(),
            do_not_call: String::new(),
            variables: BTreeMap::new(),
            api_base: "https://sheets.googleapis.com".to_owned(),
        }
    }
}

impl Settings {
    /// The spreadsheet's id, out of its address where that was set.
    pub fn id(&self) -> &str {
        let written = self.spreadsheet.trim();
        let behind = written.split_once("/d/").map_or(written, |(_, rest)| rest);
        behind.split(['/', '?', '#']).next().unwrap_or_default()
    }

    /// An address of the API about the spreadsheet.
    pub fn at(&self, rest: &str) -> String {
        format!("{}/v4/spreadsheets/{}{rest}", self.api_base.trim_end_matches('/'), encode(self.id()))
    }

    /// Rows of a tab in A1 notation.
    pub fn range(sheet: &str, from: u64, to: u64) -> String {
        format!("'{}'!{from}:{to}", sheet.replace('\'', "''"))
    }

    /// The columns that are named, each with the setting that names it.
    pub fn columns(&self) -> Vec<(&'static str, &str)> {
        let single = [("key", &self.key), ("country", &self.country), ("do_not_call", &self.do_not_call)];
        let phones = self.phones.iter().map(|column| ("phones", column));
        let names = self.name.iter().map(|column| ("name", column));
        let variables = self.variables.values().map(|column| ("variables", column));
        let all = single.into_iter().chain(phones).chain(names).chain(variables);
        all.map(|(setting, column)| (setting, column.as_str())).filter(|(_, column)| !column.is_empty()).collect()
    }
}

/// The columns of a header row: where each name stands.
pub struct Header(BTreeMap<String, usize>);

impl Header {
    /// Of a row. Of two columns with one name the first is meant.
    pub fn of(row: &[String]) -> Self {
        let mut places = BTreeMap::new();
        for (place, name) in row.iter().enumerate() {
            places.entry(name.trim().to_lowercase()).or_insert(place);
        }
        Self(places)
    }

    /// Where a column stands.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.0.get(&column.trim().to_lowercase()).copied()
    }

    /// The settings that name columns which are not there, with the columns.
    pub fn missing<'a>(&self, settings: &'a Settings) -> Vec<(&'static str, &'a str)> {
        settings.columns().into_iter().filter(|(_, column)| self.place(column).is_none()).collect()
    }

    /// An error where a column is not there: rows read without it would look like people who lost their phones.
    pub fn must_be_whole(&self, settings: &Settings) -> Result<(), PluginError> {
        let missing: Vec<_> = self.missing(settings).into_iter().map(|(_, column)| column).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message =
            format!("the first row of the tab has no column {}; it has: {}", missing.join(", "), self.names());
        Err(PluginError::new("column_missing", message))
    }

    fn names(&self) -> String {
        self.0.keys().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>().join(", ")
    }
}
