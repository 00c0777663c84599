//! Brings leads in from any system that answers a list of JSON records over HTTP, by settings alone.
//!
//! One request a page. What a record is, the SDK's [`Fields`](campanile_plugin_sdk::records::Fields) say; here is only how
//! such systems page, and how they are asked for what changed. Waiting, repeating and knowing people again are the host's.

mod place;
mod settings;

use campanile_plugin_sdk::clock;
use campanile_plugin_sdk::dates;
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{LeadImporter, Mode, Page};
use campanile_plugin_sdk::records::{field, is_yes, text};
use campanile_plugin_sdk::types::{Checked, PluginError};
use serde_json::Value as Json;

use place::Place;
pub use settings::Settings;
use settings::{Asked, Style, Written};

const MINUTE_MS: i64 = 60_000;

/// The importer.
pub struct JsonImporter;

impl LeadImporter for JsonImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = ask(settings, &Place::default(), 1)?;
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
        let mut place = Place::read(cursor);
        let began = *place.began.get_or_insert_with(clock::now);
        let size = settings.paging.size.min(u64::from(limit.max(1)));
        let answer = ask(settings, &place, size)?.ok()?;
        let body: Json = answer.json()?;
        let records = records(settings, &body)?;
        let mut page = Page::delta([]);
        for record in records {
            match settings.fields.lead(record) {
                Ok(lead) => page.leads.push(lead),
                Err(rejected) => page.rejected.push(rejected),
            }
        }
        let next = next(settings, &place, size, records.len() as u64, &body, &answer)?;
        page.more = next.is_some();
        let snapshot = settings.changes.style == Asked::Snapshot;
        if snapshot {
            page.mode = if page.more { Mode::SnapshotPart } else { Mode::SnapshotEnd };
        }
        page.cursor = match next {
            Some(next) => Some(Place { began: Some(began), since: place.since, ..next }.write()),
            None if snapshot => None,
            None => {
                let since = began - settings.changes.overlap_minutes * MINUTE_MS;
                Some(Place { since: Some(since), ..Place::default() }.write())
            }
        };
        Ok(page)
    }
}

campanile_plugin_sdk::export!(lead_importer: JsonImporter);

/// Asks for a page.
fn ask(settings: &Settings, place: &Place, size: u64) -> Result<Response, PluginError> {
    let paging = &settings.paging;
    let mut request = match (&place.text, paging.style) {
        // The address of the next page says everything.
        (Some(address), Style::Link) => Request::get(address),
        _ => {
            let mut request = Request::get(&settings.url);
            if paging.style != Style::None && !paging.size_param.is_empty() {
                request = request.query(&paging.size_param, size);
            }
            match (paging.style, place.number, &place.text) {
                (Style::Page, number, _) => request = request.query(paging.param(), number.unwrap_or(paging.first)),
                (Style::Offset, number, _) => request = request.query(paging.param(), number.unwrap_or(0)),
                (Style::Cursor, _, Some(cursor)) => request = request.query(paging.param(), cursor),
                _ => {}
            }
            match (settings.changes.style, place.since) {
                (Asked::Since, Some(since)) => request.query(&settings.changes.param, written(settings, since)),
                _ => request,
            }
        }
    };
    request = request.header("accept", "application/json");
    if let Some(block) = settings.auth.block() {
        request = request.auth(block);
    }
    Ok(request.send()?)
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
    place: &Place,
    size: u64,
    found: u64,
    body: &Json,
    answer: &Response,
) -> Result<Option<Place>, PluginError> {
    let paging = &settings.paging;
    let told = (!paging.next.is_empty()).then(|| field(body, &paging.next)).flatten();
    let more = if paging.next.is_empty() { found >= size } else { told.is_some_and(is_yes) };
    let numbered = |number: u64| Place { number: Some(number), ..Place::default() };
    let lettered = |text: String| {
        if place.text.as_deref() == Some(text.as_str()) {
            let message = format!("the system answered the same next page again ({text}); it would never end");
            return Err(PluginError::new("paging_stuck", message));
        }
        Ok(Place { text: Some(text), ..Place::default() })
    };
    match paging.style {
        Style::None => Ok(None),
        // An empty page is the last one, whatever it says.
        Style::Page => Ok((more && found > 0).then(|| numbered(place.number.unwrap_or(paging.first) + 1))),
        Style::Offset => Ok((more && found > 0).then(|| numbered(place.number.unwrap_or(0) + found))),
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
