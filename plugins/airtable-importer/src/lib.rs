//! Brings the records of an Airtable table in.
//!
//! Airtable iterates over a table as it was when the iteration began and hands out `offset` to go on; an iteration that was
//! left alone too long is over (`LIST_RECORDS_ITERATOR_NOT_AVAILABLE`) and begins again. What changed is asked for by a
//! formula over the records' own times of change and creation. Empty fields are left out of records, a checkbox that is off
//! too. Records that were deleted or left the view are noticed when everything is read again.

mod record;
mod settings;

use campanile_plugin_sdk::dates;
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{LeadImporter, Page};
use campanile_plugin_sdk::sync::Run;
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, narrowed};
use campanile_plugin_sdk::url::encode;
use serde::Deserialize;
use serde_json::Value as Json;

pub use settings::Settings;

/// The most that Airtable answers at once.
const MOST: u32 = 100;
/// How long whoever asked too fast is refused, in milliseconds, whatever is asked meanwhile.
const PENALTY_MS: u64 = 30_000;

/// The importer.
pub struct AirtableImporter;

#[derive(Deserialize)]
struct Found {
    records: Vec<Json>,
    offset: Option<String>,
}

#[derive(Deserialize)]
struct Schema {
    tables: Vec<Table>,
}

#[derive(Deserialize)]
struct Table {
    id: String,
    name: String,
    fields: Vec<Named>,
    #[serde(default)]
    views: Vec<Named>,
}

#[derive(Deserialize)]
struct Bases {
    bases: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

impl LeadImporter for AirtableImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = list(settings, None, None, 1)?;
        Ok(match answer.status {
            401 => Checked::misconfigured("Airtable does not take the token.", ["token"]),
            403 | 404 => Checked::misconfigured(
                "Airtable does not show this base and table to the token; both must be within what it was made for.",
                ["base", "table", "token"],
            ),
            422 => {
                let why = format!("Airtable does not know what is asked for: {}", answer.error().message);
                Checked::misconfigured(why, wrong(settings, &answer.text()))
            }
            500.. => Checked::unreachable(format!("Airtable answers {}.", answer.status)),
            _ => {
                fine(answer)?;
                Checked::ready("The table answers and has every field that is asked for.")
            }
        })
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        let choices = |all: Vec<Named>, by_name: bool| {
            let all = all.into_iter();
            narrowed(all.map(|one| Choice::new(if by_name { one.name.clone() } else { one.id }, one.name)), query)
        };
        if setting == "base" {
            let bases: Bases = fine(Request::get(settings.at("meta/bases")).auth("token").send()?)?.json()?;
            return Ok(choices(bases.bases, false));
        }
        if !["table", "view", "phones", "name", "country", "time_zone", "do_not_call", "variables"].contains(&setting)
            || settings.base.is_empty()
        {
            return Ok(Vec::new());
        }
        let path = format!("meta/bases/{}/tables", encode(&settings.base));
        let schema: Schema = fine(Request::get(settings.at(&path)).auth("token").send()?)?.json()?;
        if setting == "table" {
            let tables = schema.tables.into_iter().map(|table| Named { id: table.id, name: table.name });
            return Ok(choices(tables.collect(), false));
        }
        let table = schema.tables.into_iter().find(|table| [&table.id, &table.name].contains(&&settings.table));
        Ok(match table {
            Some(table) if setting == "view" => choices(table.views, false),
            Some(table) => choices(table.fields, true),
            None => Vec::new(),
        })
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let mut run = Run::<String>::at(cursor, settings.pace());
        let mut answer = list(settings, run.since(), run.next(), limit.clamp(1, MOST))?;
        if answer.status == 422 && run.next().is_some() && answer.text().contains("LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
        {
            run = run.again();
            answer = list(settings, run.since(), None, limit.clamp(1, MOST))?;
        }
        let found: Found = fine(answer)?.json()?;
        let fields = settings.fields();
        Ok(run.page(found.records.into_iter().map(|record| record::lead(settings, &fields, record)), found.offset))
    }
}

campanile_plugin_sdk::export!(lead_importer: AirtableImporter);

fn list(settings: &Settings, since: Option<i64>, offset: Option<&String>, limit: u32) -> Result<Response, PluginError> {
    let path = format!("{}/{}", encode(&settings.base), encode(&settings.table));
    let mut request = Request::get(settings.at(&path)).query("pageSize", limit);
    for field in settings.asked() {
        request = request.query("fields[]", field);
    }
    if !settings.view.is_empty() {
        request = request.query("view", &settings.view);
    }
    if let Some(since) = since {
        // Not IS_AFTER, which leaves the very instant out; a record that nobody has changed yet has only the other time.
        let since = dates::to_rfc3339(since);
        let by = |time: &str| format!("NOT(IS_BEFORE({time}(), '{since}'))");
        request = request.query("filterByFormula", format!("OR({}, {})", by("LAST_MODIFIED_TIME"), by("CREATED_TIME")));
    }
    if let Some(offset) = offset {
        request = request.query("offset", offset);
    }
    Ok(request.auth("token").send()?)
}

/// The answer where it is one.
fn fine(answer: Response) -> Result<Response, PluginError> {
    if answer.status == 429 { Err(answer.busy(Some(PENALTY_MS))) } else { answer.ok() }
}

/// The settings that a 422 is about: those with the field that it quotes, else whatever may be meant.
fn wrong(settings: &Settings, text: &str) -> Vec<&'static str> {
    if text.contains("VIEW") {
        return vec!["view"];
    }
    if !text.contains("UNKNOWN_FIELD_NAME") {
        return vec!["table"];
    }
    let quoted = |field: &&str| text.contains(&format!("\\\"{field}\\\""));
    let mut wrong: Vec<_> = settings.asked().into_iter().filter(quoted).flat_map(|f| settings.that_choose(f)).collect();
    if wrong.is_empty() {
        wrong = settings.asked().into_iter().flat_map(|field| settings.that_choose(field)).collect();
    }
    wrong.sort_unstable();
    wrong.dedup();
    wrong
}

#[cfg(test)]
mod tests;
