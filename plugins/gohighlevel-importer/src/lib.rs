//! Brings contacts in from a GoHighLevel location.
//!
//! Everything comes from the search, which goes on behind the sort values of the last contact (`searchAfter`): by when
//! contacts were added for the whole, which never changes, and by when they were updated for what changed, where whoever
//! changes meanwhile moves to the end and is seen again. A page says nothing about whether it is the last; an empty one is,
//! and a page that cannot be gone on from is an error rather than an end, because an end says who is gone.
//! Deleted contacts are in no search, so they are noticed when everything is read again.

mod contact;
mod settings;

use std::collections::BTreeMap;

use campanile_plugin_sdk::dates;
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{LeadImporter, Page};
use campanile_plugin_sdk::sync::Run;
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, narrowed};
use campanile_plugin_sdk::url::encode;
use serde::Deserialize;
use serde_json::{Value as Json, json};

pub use settings::Settings;

/// The most that the search answers at once.
const MOST: u32 = 500;
/// The version of the API that this importer was written for; the API asks for one.
const VERSION: &str = "2021-07-28";
/// How long the day's limit is waited for, in milliseconds: the answer does not say when it is over.
const DAILY_MS: u64 = 3_600_000;

/// The importer.
pub struct GohighlevelImporter;

#[derive(Deserialize)]
struct Found {
    contacts: Vec<Json>,
    #[serde(default)]
    total: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Customs {
    custom_fields: Vec<Named>,
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

impl LeadImporter for GohighlevelImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = search(settings, None, None, 1)?;
        match answer.status {
            401 => {
                let why = "GoHighLevel does not take the token, or the token lacks the scope contacts.readonly.";
                return Ok(Checked::misconfigured(why, ["token"]));
            }
            400 | 403 | 422 => {
                let why = "GoHighLevel does not show this location to the token; make the token in this sub-account.";
                return Ok(Checked::misconfigured(why, ["location_id", "token"]));
            }
            500.. => return Ok(Checked::unreachable(format!("GoHighLevel answers {}.", answer.status))),
            _ => {}
        }
        let found: Found = fine(answer)?.json()?;
        if !settings.customs().is_empty() {
            let answer = ask(settings, "customFields")?;
            if matches!(answer.status, 401 | 403) {
                let why = "the token lacks the scope locations/customFields.readonly, which custom fields need.";
                return Ok(Checked::misconfigured(why, ["token"]));
            }
            let known = fine(answer)?.json::<Customs>()?.custom_fields;
            let unknown = |field: &str| known.iter().all(|one| one.id != field && one.name != field);
            let missing: Vec<_> = settings.customs().into_iter().filter(|(_, field)| unknown(field)).collect();
            if let [(_, first), ..] = missing.as_slice() {
                let why = format!("the location has no contact field {first}; choose one that it has.");
                return Ok(Checked::misconfigured(why, missing.iter().map(|(setting, _)| *setting)));
            }
        }
        let many = found.total.map(|total| format!(" Contacts: {total}.")).unwrap_or_default();
        Ok(Checked::ready(format!("GoHighLevel shows the location.{many}")))
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        let choices: Vec<Choice> = match setting {
            "tag" => {
                let known: Tags = fine(ask(settings, "tags")?)?.json()?;
                known.tags.into_iter().map(|tag| Choice::new(tag.name.clone(), tag.name)).collect()
            }
            "phones" | "do_not_call" | "variables" => {
                let known: Customs = fine(ask(settings, "customFields")?)?.json()?;
                let own = settings::OWN.iter().map(|field| Choice::new(*field, *field));
                own.chain(known.custom_fields.into_iter().map(|field| Choice::new(field.id, field.name))).collect()
            }
            _ => Vec::new(),
        };
        Ok(narrowed(choices, query))
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let run = Run::<Json>::at(cursor, settings.pace());
        let found: Found = fine(search(settings, run.since(), run.next(), limit.clamp(1, MOST))?)?.json()?;
        let next =
            found.contacts.iter().rev().find_map(|last| last.get("searchAfter").filter(|after| after.is_array()));
        if !found.contacts.is_empty() && (next.is_none() || next == run.next()) {
            let why = "GoHighLevel's page does not say where the next one begins; nothing of it was taken, ask again";
            return Err(PluginError::new("place_missing", why));
        }
        let names = if settings.wants_names() && next.is_some() { names(settings)? } else { BTreeMap::new() };
        let fields = settings.fields();
        let next = next.cloned();
        Ok(run.page(found.contacts.iter().map(|found| contact::lead(found, settings, &fields, &names)), next))
    }
}

campanile_plugin_sdk::export!(lead_importer: GohighlevelImporter);

fn asked(request: Request) -> Request {
    request.header("version", VERSION).header("accept", "application/json").auth("integration")
}

/// What the location has of something.
fn ask(settings: &Settings, what: &str) -> Result<Response, PluginError> {
    let path = format!("/locations/{}/{what}", encode(&settings.location_id));
    Ok(asked(Request::get(settings.at(&path))).send()?)
}

/// The names of custom fields by their ids.
fn names(settings: &Settings) -> Result<BTreeMap<String, String>, PluginError> {
    let known: Customs = fine(ask(settings, "customFields")?)?.json()?;
    Ok(known.custom_fields.into_iter().map(|field| (field.id, field.name)).collect())
}

fn search(settings: &Settings, since: Option<i64>, after: Option<&Json>, limit: u32) -> Result<Response, PluginError> {
    let mut filters = Vec::new();
    if !settings.tag.is_empty() {
        filters.push(json!({ "field": "tags", "operator": "eq", "value": settings.tag }));
    }
    if let Some(since) = since {
        let from = dates::to_rfc3339(since);
        filters.push(json!({ "field": "dateUpdated", "operator": "range", "value": { "gte": from } }));
    }
    let sorted_by = if since.is_some() { "dateUpdated" } else { "dateAdded" };
    let mut question = json!({
        "locationId": settings.location_id,
        "pageLimit": limit,
        "filters": filters,
        "sort": [{ "field": sorted_by, "direction": "asc" }],
    });
    if let Some(after) = after {
        question["searchAfter"] = after.clone();
    }
    Ok(asked(Request::post(settings.at("/contacts/search"))).json(&question)?.send()?)
}

/// The answer where it is one. A 429 says in headers of its own what is used up: the interval's requests or the day's.
fn fine(answer: Response) -> Result<Response, PluginError> {
    if answer.status != 429 {
        return answer.ok();
    }
    let number = |name: &str| answer.header(name).and_then(|value| value.trim().parse::<u64>().ok());
    let wait = match number("x-ratelimit-daily-remaining") {
        Some(0) => Some(DAILY_MS),
        _ => number("x-ratelimit-interval-milliseconds"),
    };
    Err(answer.busy(wait))
}

#[cfg(test)]
mod tests;
