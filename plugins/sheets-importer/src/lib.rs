//! Brings the rows of a Google Sheet in.
//!
//! A sheet does not tell what changed, so every run reads it whole: who is not in it any more is gone, and whoever did not
//! change costs the host a digest. `rows` says how a sheet that is edited meanwhile is read without losing anybody. People
//! are known by a column of the tenant's choice, else by their primary phone.

mod rows;
mod settings;

use std::collections::BTreeSet;

use campanile_plugin_sdk::importer::{IncomingContact, IncomingLead, LeadImporter, Page, Rejected};
use campanile_plugin_sdk::records::is_yes;
use campanile_plugin_sdk::sync::{Pace, Run};
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, Variable, narrowed};

use rows::Place;
use settings::Header;
pub use settings::Settings;

/// Rows of one piece at most.
const MOST: u64 = 1_000;

/// The importer.
pub struct SheetsImporter;

impl LeadImporter for SheetsImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = rows::ask_tabs(settings)?;
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
        let tab = match rows::tab(settings, rows::tabs(&answer.ok()?)?) {
            Ok(tab) => tab,
            Err(error) => return Ok(Checked::misconfigured(error.message, ["sheet"])),
        };
        let piece = rows::read(settings, &tab.title, 1, 1)?;
        let missing = Header::of(&piece.header).missing(settings);
        if missing.is_empty() {
            return Ok(Checked::ready(format!("The tab {:?} has every column that is asked for.", tab.title)));
        }
        let columns: Vec<_> = missing.iter().map(|(_, column)| *column).collect();
        let named: BTreeSet<_> = missing.iter().map(|(setting, _)| *setting).collect();
        Ok(Checked::misconfigured(format!("The tab {:?} has no column {}.", tab.title, columns.join(", ")), named))
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        if settings.spreadsheet.is_empty() {
            return Ok(Vec::new());
        }
        let tabs = rows::tabs(&rows::ask_tabs(settings)?.ok()?)?;
        let names = match setting {
            "sheet" => tabs.into_iter().map(|tab| tab.title).collect(),
            "key" | "phones" | "name" | "country" | "do_not_call" | "variables" => {
                rows::read(settings, &rows::tab(settings, tabs)?.title, 1, 1)?.header
            }
            _ => Vec::new(),
        };
        let names = names.into_iter().filter(|name| !name.is_empty());
        Ok(narrowed(names.map(|name| Choice::new(name.clone(), name)), query))
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let mut run = Run::<Place>::at(cursor, Pace::hours(0));
        let size = u64::from(limit.max(1)).min(MOST);
        let mut piece = None;
        if let Some(place) = run.next() {
            // The last row of the piece before, again.
            let found = rows::read_on(settings, &place.sheet, place.row, place.row + size)?;
            let same = |found: &rows::Piece| {
                let row = found.rows.first().map(Vec::as_slice).unwrap_or_default();
                rows::mark(settings, &Header::of(&found.header), row) == place.mark
            };
            piece = found.filter(same).map(|found| (place.clone(), found));
        }
        let (before, piece) = match piece {
            Some((place, found)) => (place, found),
            None => {
                if run.next().is_some() {
                    run = run.again();
                }
                let tab = rows::tab(settings, rows::tabs(&rows::ask_tabs(settings)?.ok()?)?)?;
                let found = rows::read(settings, &tab.title, 1, 1 + size)?;
                // The header is the row before the first.
                (Place { row: 1, mark: String::new(), rows: tab.rows(), sheet: tab.title }, found)
            }
        };
        let header = Header::of(&piece.header);
        header.must_be_whole(settings)?;
        let last = before.row + size;
        let mut records = Vec::new();
        let mut seen = BTreeSet::new();
        for (row, number) in piece.rows.iter().skip(1).zip(before.row + 1..) {
            if row.iter().all(String::is_empty) {
                continue;
            }
            let record = lead(settings, &header, row, number);
            // Two rows of one key in a piece would be one person with two truths: the first one holds.
            let again = record.as_ref().is_ok_and(|lead| !seen.insert(lead.external_id.clone()));
            records.push(if again {
                let message = format!("row {number}: an earlier row has the same key; give each person their own");
                Err(Rejected::new(
                    record.map_or_else(|_| String::new(), |lead| lead.external_id),
                    &settings.key,
                    "key_twice",
                    message,
                ))
            } else {
                record
            });
        }
        let row = piece.rows.get(size as usize).map(Vec::as_slice).unwrap_or_default();
        let mark = rows::mark(settings, &header, row);
        let next = (last < before.rows).then_some(Place { row: last, mark, ..before });
        Ok(run.page(records, next))
    }
}

campanile_plugin_sdk::export!(lead_importer: SheetsImporter);

/// The lead of a row.
fn lead(settings: &Settings, header: &Header, row: &[String], number: u64) -> Result<IncomingLead, Rejected> {
    let cell = |column: &str| {
        let place = Some(column).filter(|column| !column.is_empty()).and_then(|column| header.place(column))?;
        row.get(place).filter(|cell| !cell.is_empty()).cloned()
    };
    let contacts: Vec<_> = settings
        .phones
        .iter()
        .filter_map(|column| {
            Some(IncomingContact { label: Some(column.clone()), ..IncomingContact::new(cell(column)?) })
        })
        .collect();
    let id = match settings.key.as_str() {
        "" => contacts.first().map(|contact| contact.phone.chars().filter(char::is_ascii_digit).collect::<String>()),
        key => cell(key),
    };
    let do_not_call = cell(&settings.do_not_call).is_some_and(|text| is_yes(&text.into()));
    let Some(external_id) = id.filter(|id| !id.is_empty()) else {
        let (column, code) =
            if settings.key.is_empty() { ("phones", "phone_missing") } else { (settings.key.as_str(), "id_missing") };
        let message = format!("row {number} has nothing in {column}, so the person could not be recognised again");
        return Err(Rejected::new("", column, code, message));
    };
    if contacts.is_empty() && !do_not_call {
        let columns = settings.phones.join(", ");
        let message = format!("row {number}: none of {columns} holds a phone");
        return Err(Rejected::new(external_id, &columns, "phone_missing", message));
    }
    let parts: Vec<_> = settings.name.iter().filter_map(|column| cell(column)).collect();
    let mut contacts = contacts;
    if let Some(first) = contacts.first_mut() {
        first.name = (!parts.is_empty()).then(|| parts.join(" "));
    }
    let variables = settings.variables.iter();
    Ok(IncomingLead {
        contacts,
        country: cell(&settings.country).filter(|country| country.len() == 2),
        do_not_call,
        variables: variables.filter_map(|(name, column)| Some(Variable::new(name.clone(), cell(column)?))).collect(),
        ..IncomingLead::without_phone(external_id)
    })
}

#[cfg(test)]
mod tests;
