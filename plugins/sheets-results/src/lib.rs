//! Writes results back to the rows of a Google Sheet that leads came from.
//!
//! One update a call, with every cell as it is and never as a formula (`RAW`): what a person said on the phone must not become one.
//! A row that is gone is skipped. Columns that are not there concern every event and ask for a person.

mod settings;
mod sheet;

use std::collections::{BTreeMap, BTreeSet};

use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::sink::{Ack, ResultEvent, ResultSink};
use campanile_plugin_sdk::types::{Checked, PluginError};
use serde_json::json;

pub use settings::Settings;
use sheet::Sheet;

/// The sink.
pub struct SheetsResults;

impl ResultSink for SheetsResults {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = sheet::ask_tabs(settings)?;
        match answer.status {
            401 => {
                return Ok(Checked::misconfigured("Google does not take the service account's key.", ["private_key"]));
            }
            403 | 404 => {
                let why = "The spreadsheet is not shared with the service account, or there is none of this id.";
                return Ok(Checked::misconfigured(why, ["spreadsheet"]));
            }
            status if status >= 500 => return Ok(Checked::unreachable(format!("Google answers {status}."))),
            _ => {}
        }
        let title = match sheet::title(settings, &answer.ok()?) {
            Ok(title) => title,
            Err(error) => return Ok(Checked::misconfigured(error.message, ["sheet"])),
        };
        let sheet = Sheet::read(settings, title)?;
        let missing = sheet.missing(settings);
        if missing.is_empty() {
            return Ok(Checked::ready(format!(
                "The tab {:?} has every column and {} people.",
                sheet.title,
                sheet.rows.len()
            )));
        }
        let columns: Vec<_> = missing.iter().map(|(_, column)| *column).collect();
        let named: BTreeSet<_> = missing.iter().map(|(setting, _)| *setting).collect();
        Ok(Checked::misconfigured(format!("The tab {:?} has no column {}.", sheet.title, columns.join(", ")), named))
    }

    fn deliver(events: &[ResultEvent], settings: &Settings) -> Result<Vec<Ack>, PluginError> {
        let title = sheet::title(settings, &sheet::ask_tabs(settings)?.ok()?)?;
        let sheet = Sheet::read(settings, title)?;
        let missing: Vec<_> = sheet.missing(settings).into_iter().map(|(_, column)| column).collect();
        if !missing.is_empty() {
            let message = format!("the tab {:?} has no column {}", sheet.title, missing.join(", "));
            return Err(PluginError::new("misconfigured", message));
        }
        let mut acks = Vec::new();
        // Of several events of a person the last says how they stand.
        let mut cells: BTreeMap<(u64, usize), String> = BTreeMap::new();
        let mut written: BTreeMap<&str, u64> = BTreeMap::new();
        for event in events {
            let row = event.external_id.as_deref().and_then(|key| Some((key, *sheet.rows.get(key)?)));
            acks.push(match (row, settings.places().write(event)) {
                (None, _) => Ack::Skipped("no row of the tab has the lead's key".into()),
                (Some(_), Err(error)) => Ack::Failed(error),
                (Some((key, row)), Ok(found)) => {
                    written.insert(key, row);
                    for (column, text) in found {
                        if let Some(place) = sheet.place(column) {
                            cells.insert((row, place), text);
                        }
                    }
                    Ack::Done
                }
            });
        }
        if cells.is_empty() {
            return Ok(acks);
        }
        let data: Vec<_> = cells
            .iter()
            .map(|((row, place), text)| {
                let range = sheet::range(&sheet.title, &format!("{}{row}", sheet::letters(*place)));
                json!({ "range": range, "values": [[text]] })
            })
            .collect();
        let update = json!({ "valueInputOption": "RAW", "data": data });
        Request::post(settings.at("/values:batchUpdate")).auth("google").json(&update)?.send()?.ok()?;
        let after = Sheet::read(settings, sheet.title)?;
        for (event, ack) in events.iter().zip(&mut acks) {
            let Some(key) = event.external_id.as_deref().filter(|_| *ack == Ack::Done) else { continue };
            if after.rows.get(key) != written.get(key) {
                let message = "rows were moved while the result was written; it is written again";
                *ack = Ack::Failed(PluginError::new("row_moved", message));
            }
        }
        Ok(acks)
    }
}

campanile_plugin_sdk::export!(result_sink: SheetsResults);

#[cfg(test)]
mod tests;
