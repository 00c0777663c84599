//! The tab: which columns it has, and in which row a person stands.
//!
//! A sheet has no row ids, so a row is looked up right before it is written, header and key column in one request, and looked
//! up again right after: if somebody moved rows in between, what was written stands beside the wrong person, and the caller
//! is told which, so that it is written again where it belongs.

use std::collections::BTreeMap;

use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::types::PluginError;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::settings::Settings;

/// The tab as it is now.
pub struct Sheet {
    /// Its name.
    pub title: String,
    columns: BTreeMap<String, usize>,
    /// Row numbers by key, from 2; of two rows with one key the first.
    pub rows: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Spreadsheet {
    sheets: Vec<Tab>,
}

#[derive(Deserialize)]
struct Tab {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    title: String,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "valueRanges", default)]
    ranges: Vec<Range>,
}

#[derive(Default, Deserialize)]
struct Range {
    #[serde(default)]
    values: Vec<Vec<Json>>,
}

/// Asks for the tabs.
pub fn ask_tabs(settings: &Settings) -> Result<Response, PluginError> {
    Ok(Request::get(settings.at("")).query("fields", "sheets.properties(title)").auth("google").send()?)
}

/// The tab's name that is meant.
pub fn title(settings: &Settings, answer: &Response) -> Result<String, PluginError> {
    let tabs: Spreadsheet = answer.json()?;
    let mut titles = tabs.sheets.into_iter().map(|tab| tab.properties.title);
    let meant = titles.find(|title| settings.sheet.is_empty() || *title == settings.sheet);
    meant.ok_or_else(|| PluginError::new("misconfigured", format!("the spreadsheet has no tab {:?}", settings.sheet)))
}

/// A column's letters: 0 is A, 26 is AA.
pub fn letters(mut place: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (place % 26) as u8));
        if place < 26 {
            return letters.into_iter().rev().collect();
        }
        place = place / 26 - 1;
    }
}

/// A range of the tab in A1 notation.
pub fn range(title: &str, cells: &str) -> String {
    format!("'{}'!{cells}", title.replace('\'', "''"))
}

fn values(settings: &Settings, title: &str, cells: &str) -> Result<Vec<Vec<String>>, PluginError> {
    let request = Request::get(settings.at("/values:batchGet"))
        .query("ranges", range(title, cells))
        .query("valueRenderOption", "FORMATTED_VALUE")
        .query("majorDimension", "ROWS");
    let batch: Batch = request.auth("google").send()?.ok()?.json()?;
    let text = |cell: Json| match cell {
        Json::String(text) => text.trim().to_owned(),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    let rows = batch.ranges.into_iter().next().unwrap_or_default().values;
    Ok(rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect())
}

impl Sheet {
    /// Reads it: the header, then the key column.
    pub fn read(settings: &Settings, title: String) -> Result<Self, PluginError> {
        let mut columns = BTreeMap::new();
        for (place, name) in values(settings, &title, "1:1")?.into_iter().flatten().enumerate() {
            columns.entry(name.to_lowercase()).or_insert(place);
        }
        let mut sheet = Self { title, columns, rows: BTreeMap::new() };
        if let Some(place) = sheet.place(&settings.key) {
            let column = letters(place);
            let keys = values(settings, &sheet.title, &format!("{column}2:{column}"))?;
            for (row, key) in (2..).zip(keys) {
                if let Some(key) = key.into_iter().next().filter(|key| !key.is_empty()) {
                    sheet.rows.entry(key).or_insert(row);
                }
            }
        }
        Ok(sheet)
    }

    /// Where a column stands.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.get(&column.trim().to_lowercase()).copied()
    }

    /// The settings that name columns which are not there, with the columns.
    pub fn missing<'a>(&self, settings: &'a Settings) -> Vec<(&'static str, &'a str)> {
        settings.columns().filter(|(_, column)| self.place(column).is_none()).collect()
    }
}
