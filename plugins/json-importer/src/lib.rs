//! Brings leads in from any system that answers a list of JSON records over HTTP, by settings alone.
//!
//! One request a page. What a record is, the SDK's [`Fields`](campanile_plugin_sdk::records::Fields) say; here is only how
//! such systems page, and how they are asked for what changed. Waiting, repeating and knowing people again are the host's.

mod settings;

use campanile_plugin_sdk::dates;
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{LeadImporter, Page};
use campanile_plugin_sdk::records::{field, is_yes, text};
use campanile_plugin_sdk::sync::Run;
use campanile_plugin_sdk::types::{Checked, PluginError};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use settings::Settings;
use settings::{Paging, Style, Written};

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Place {
    /// Its number, or how many records come before it.
    Number(u64),
    /// The system's cursor, or the page's address.
    Text(String),
}

/// The importer.
pub struct JsonImporter;

impl LeadImporter for JsonImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = ask(settings, None, None, 1)?;
        if matches!(answer.status, 401 | 403) {
            let secret = if settings.auth.block() == Some("basic") { "password" } else { "token" };
            return Ok(Checked::misconfigured(format!("The system answers {}.", answer.status), [secret]));
        }
        if answer.status >= 500 {
            return Ok(Checked::unreachable(format!("The system answers {}.", answer.status)));
        }
        let body: Json = answer.ok()?.json()?;
        let records = match records(settings, &body) {
            Ok(records) => records,
            Err(error) => return Ok(Checked::misconfigured(error.message, ["records"])),
        };
        let Some(first) = records.first() else {
            return Ok(Checked::ready("The list answers and is empty."));
        };
        Ok(match settings.fields.lead(first) {
            Ok(lead) => Checked::ready(format!("The list answers; its first record is {}.", lead.external_id)),
            Err(rejected) if rejected.code == "id_missing" => {
                Checked::misconfigured(format!("In the first record, {}.", rejected.message), ["fields"])
            }
            // One person without a phone proves nothing.
            Err(rejected) => Checked::ready(format!("The list answers; in its first record, {}.", rejected.message)),
        })
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let run = Run::<Place>::at(cursor, settings.changes.pace());
        let size = settings.paging.size.min(u64::from(limit.max(1)));
        let answer = ask(settings, run.since(), run.next(), size)?.ok()?;
        let body: Json = answer.json()?;
        let records = records(settings, &body)?;
        let next = next(settings, run.next(), size, records.len() as u64, &body, &answer)?;
        Ok(run.page(records.iter().map(|record| settings.fields.lead(record)), next))
    }
}

campanile_plugin_sdk::export!(lead_importer: JsonImporter);

/// Asks for a page.
fn ask(settings: &Settings, since: Option<i64>, place: Option<&Place>, size: u64) -> Result<Response, PluginError> {
    let paging = &settings.paging;
    let mut request = match (place, paging.style) {
        // The address of the next page says everything.
        (Some(Place::Text(address)), Style::Link) => Request::get(address),
        _ => {
            let mut request = Request::get(&settings.url);
            if paging.style != Style::None && !paging.size_param.is_empty() {
                request = request.query(&paging.size_param, size);
            }
            match (paging.style, place) {
                (Style::Page | Style::Offset, place) => {
                    request = request.query(paging.param(), number(paging, place));
                }
                (Style::Cursor, Some(Place::Text(cursor))) => request = request.query(paging.param(), cursor),
                _ => {}
            }
            match since {
                Some(since) => request.query(&settings.changes.param, written(settings, since)),
                None => request,
            }
        }
    };
    request = request.header("accept", "application/json");
    if let Some(block) = settings.auth.block() {
        request = request.auth(block);
    }
    Ok(request.send()?)
}

/// The number that a page has where pages are counted.
fn number(paging: &Paging, place: Option<&Place>) -> u64 {
    match (place, paging.style) {
        (Some(Place::Number(number)), _) => *number,
        (_, Style::Page) => paging.first,
        _ => 0,
    }
}

fn written(settings: &Settings, at: i64) -> String {
    match settings.changes.format {
        Written::Rfc3339 => dates::to_rfc3339(at),
        Written::Unix => at.div_euclid(1_000).to_string(),
        Written::UnixMs => at.to_string(),
    }
}

fn records<'a>(settings: &Settings, body: &'a Json) -> Result<&'a [Json], PluginError> {
    let found = if settings.records.is_empty() { Some(body) } else { body.pointer(&settings.records) };
    found.and_then(Json::as_array).map(Vec::as_slice).ok_or_else(|| {
        let place = if settings.records.is_empty() { "The answer itself" } else { &settings.records };
        let keys: Vec<_> = body.as_object().into_iter().flatten().map(|(key, _)| format!("/{key}")).collect();
        let has = if keys.is_empty() { String::new() } else { format!("; the answer has {}", keys.join(", ")) };
        PluginError::new("no_list", format!("{place} is no list of records{has}"))
    })
}

/// Where the next page is; none after the last.
fn next(
    settings: &Settings,
    place: Option<&Place>,
    size: u64,
    found: u64,
    body: &Json,
    answer: &Response,
) -> Result<Option<Place>, PluginError> {
    let paging = &settings.paging;
    let told = (!paging.next.is_empty()).then(|| field(body, &paging.next)).flatten();
    let more = if paging.next.is_empty() { found >= size } else { told.is_some_and(is_yes) };
    let lettered = |text: String| {
        if matches!(place, Some(Place::Text(before)) if *before == text) {
            let message = format!("the system answered the same next page again ({text}); it would never end");
            return Err(PluginError::new("paging_stuck", message));
        }
        Ok(Place::Text(text))
    };
    let here = number(paging, place);
    match paging.style {
        Style::None => Ok(None),
        // An empty page is the last one, whatever it says.
        Style::Page => Ok((more && found > 0).then(|| Place::Number(here + 1))),
        Style::Offset => Ok((more && found > 0).then(|| Place::Number(here + found))),
        Style::Cursor => told.and_then(text).map(lettered).transpose(),
        Style::Link if paging.next.is_empty() => answer.header("link").and_then(next_link).map(lettered).transpose(),
        Style::Link => told.and_then(text).map(lettered).transpose(),
    }
}

/// The target of `rel="next"` (RFC 8288).
fn next_link(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters.split(';').any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
        });
        is_next.then(|| target.to_owned())
    })
}

#[cfg(test)]
mod tests;
