//! Rows of a tab as texts, and how they are read in pieces.
//!
//! A tab has no cursor: rows are read by their numbers, and whoever deletes a row meanwhile moves everybody below it up by one.
//! So each piece begins with the last row of the piece before, which must still be of the same person; if it is not, or the tab
//! does not reach that far any more, the run begins again. What else the row says may change: a cell with a clock in it, or
//! results that are written back, would make the run begin again for ever.
//! The header is read with every piece, because columns move too.

use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::types::PluginError;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::settings::{Header, Settings};

/// Where a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The last row that was read, from 1.
    pub row: u64,
    /// Whose it was.
    pub mark: String,
    /// The tab's name.
    pub sheet: String,
    /// Rows that the tab has.
    pub rows: u64,
}

/// The header and some rows.
pub struct Piece {
    /// The header row.
    pub header: Vec<String>,
    /// The rows that were asked for; those at the end that are empty are missing.
    pub rows: Vec<Vec<String>>,
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

#[derive(Deserialize)]
struct Spreadsheet {
    sheets: Vec<Sheet>,
}

#[derive(Deserialize)]
struct Sheet {
    properties: Tab,
}

/// A tab.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tab {
    /// Its name.
    pub title: String,
    #[serde(default)]
    grid_properties: Grid,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Grid {
    #[serde(default)]
    row_count: u64,
}

impl Tab {
    /// Rows that it has, the empty ones too.
    pub fn rows(&self) -> u64 {
        self.grid_properties.row_count
    }
}

/// The tabs of the spreadsheet.
pub fn ask_tabs(settings: &Settings) -> Result<Response, PluginError> {
    let fields = "properties.title,sheets.properties(title,gridProperties.rowCount)";
    Ok(Request::get(settings.at("")).query("fields", fields).auth("google").send()?)
}

/// The tabs in an answer.
pub fn tabs(answer: &Response) -> Result<Vec<Tab>, PluginError> {
    let found: Spreadsheet = answer.json()?;
    Ok(found.sheets.into_iter().map(|sheet| sheet.properties).collect())
}

/// The tab that is meant.
pub fn tab(settings: &Settings, tabs: Vec<Tab>) -> Result<Tab, PluginError> {
    let names = tabs.iter().map(|tab| tab.title.clone()).collect::<Vec<_>>().join(", ");
    let meant = tabs.into_iter().find(|tab| settings.sheet.is_empty() || tab.title == settings.sheet);
    let message = format!("the spreadsheet has no tab {:?}; it has: {names}", settings.sheet);
    meant.ok_or_else(|| PluginError::new("tab_missing", message))
}

/// Asks for the header and the rows between two numbers, both included. Cells come as they are shown: as numbers they would
/// have lost leading zeros and plus signs.
pub fn ask(settings: &Settings, sheet: &str, from: u64, to: u64) -> Result<Response, PluginError> {
    let request = Request::get(settings.at("/values:batchGet"))
        .query("ranges", Settings::range(sheet, 1, 1))
        .query("ranges", Settings::range(sheet, from, to))
        .query("valueRenderOption", "FORMATTED_VALUE")
        .query("majorDimension", "ROWS");
    Ok(request.auth("google").send()?)
}

/// Reads them.
pub fn read(settings: &Settings, sheet: &str, from: u64, to: u64) -> Result<Piece, PluginError> {
    piece(&ask(settings, sheet, from, to)?.ok()?)
}

/// Reads them where the tab still has that name and that many rows; Google refuses a range that begins below the last row.
pub fn read_on(settings: &Settings, sheet: &str, from: u64, to: u64) -> Result<Option<Piece>, PluginError> {
    let answer = ask(settings, sheet, from, to)?;
    if answer.status == 400 {
        return Ok(None);
    }
    piece(&answer.ok()?).map(Some)
}

fn piece(answer: &Response) -> Result<Piece, PluginError> {
    let batch: Batch = answer.json()?;
    let mut ranges = batch.ranges.into_iter().map(|range| range.values);
    let texts =
        |rows: Vec<Vec<Json>>| rows.into_iter().map(|row| row.iter().map(text).collect()).collect::<Vec<Vec<_>>>();
    let header = texts(ranges.next().unwrap_or_default()).into_iter().next().unwrap_or_default();
    Ok(Piece { header, rows: texts(ranges.next().unwrap_or_default()) })
}

fn text(cell: &Json) -> String {
    match cell {
        Json::String(text) => text.trim().to_owned(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// Whose row it is, in few letters: its key, or its phones where there is no column for a key.
pub fn mark(settings: &Settings, header: &Header, row: &[String]) -> String {
    let columns =
        if settings.key.is_empty() { settings.phones.as_slice() } else { std::slice::from_ref(&settings.key) };
    let mut digest = Sha256::new();
    for column in columns {
        let cell = header.place(column).and_then(|place| row.get(place)).map_or("", String::as_str);
        digest.update((cell.len() as u64).to_le_bytes());
        digest.update(cell);
    }
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
