//! Brings persons in from Pipedrive, by version 2 of its API.
//!
//! A list by id, with a cursor that names the id it goes on from, so that nobody is skipped when somebody is deleted or
//! changes meanwhile; `updated_since` is inclusive. The list does not show who was deleted: that is told by a webhook
//! or noticed when everything is read again.

mod person;
mod push;
mod settings;

use campanile_plugin_sdk::dates;
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{LeadImporter, Page};
use campanile_plugin_sdk::records::{Chosen, field, text};
use campanile_plugin_sdk::sync::Run;
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, Webhook, narrowed};
use serde::Deserialize;
use serde_json::Value as Json;

pub use settings::Settings;

/// The most that the list answers at once.
const MOST: u32 = 500;
/// The most fields of a company's own that can be asked for by name; without names, all come.
const MOST_OWN: usize = 15;
/// How long somebody who was shut out for asking too much is to wait.
const SHUT_OUT_MS: u64 = 600_000;
const PERSONS: &str = "/api/v2/persons";
const FIELDS: &str = "/api/v2/personFields";

/// The importer.
pub struct PipedriveImporter;

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    data: Option<Vec<Json>>,
    #[serde(default)]
    additional_data: Option<More>,
}

#[derive(Deserialize)]
struct More {
    #[serde(default)]
    next_cursor: Option<String>,
}

impl LeadImporter for PipedriveImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = ask(settings, "/api/v1/users/me").auth("token").send()?;
        match answered(answer) {
            Err(error) if error.code == "http_not_permitted" => {
                Ok(Checked::misconfigured("Pipedrive does not take the API token.", ["token"]))
            }
            Err(error) if error.is_passing() => Ok(Checked::unreachable(error.message)),
            other => {
                let me: Json = other?.json()?;
                let said = |name: &str| me.pointer(name).and_then(text);
                let known = own_fields(settings)?;
                let missing: Vec<_> = settings
                    .named()
                    .filter(|(_, name)| {
                        settings::place(name).starts_with('/') && !known.iter().any(|(key, _)| key == name)
                    })
                    .collect();
                if !missing.is_empty() {
                    let names: Vec<_> = missing.iter().map(|(_, name)| *name).collect();
                    let why = format!("Pipedrive has no person field {}.", names.join(", "));
                    return Ok(Checked::misconfigured(why, missing.iter().map(|(setting, _)| *setting)));
                }
                let probe = answered(list(settings, None, None, 1)?);
                if !settings.filter.is_empty() && probe.as_ref().is_err_and(|error| error.code != "http_not_permitted")
                {
                    let why = format!("Pipedrive has no filter {} for persons.", settings.filter);
                    return Ok(Checked::misconfigured(why, ["filter"]));
                }
                probe?;
                let who = said("/data/name").unwrap_or_else(|| "somebody".to_owned());
                let company = said("/data/company_name").map(|company| format!(" of {company}")).unwrap_or_default();
                Ok(Checked::ready(format!("Pipedrive knows you as {who}{company}.")))
            }
        }
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        let all = match setting {
            "phone_labels" => {
                ["mobile", "work", "home", "other"].map(|label| (label.to_owned(), label.to_owned())).to_vec()
            }
            "filter" => {
                let request = ask(settings, "/api/v1/filters").query("type", "people").auth("token");
                let found: Found = answered(request.send()?)?.json()?;
                pairs(&found.data.unwrap_or_default(), "id", "name")
            }
            "do_not_call_labels" => person_fields(settings)?
                .iter()
                .filter(|known| known.get("field_code").and_then(Json::as_str) == Some("label_ids"))
                .flat_map(|known| {
                    pairs(known.get("options").and_then(Json::as_array).map_or(&[], Vec::as_slice), "id", "label")
                })
                .collect(),
            "phone_fields" | "do_not_call" => own_fields(settings)?,
            setting if Chosen::SETTINGS.contains(&setting) => own_fields(settings)?,
            _ => Vec::new(),
        };
        Ok(narrowed(all.into_iter().map(|(value, label)| Choice::new(value, label)), query))
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let mut run = Run::<String>::at(cursor, settings.pace());
        let mut answer = list(settings, run.since(), run.next(), limit)?;
        if answer.status == 400 && run.next().is_some() {
            // The cursor is not known any more. If something else is wrong, the question without it says so.
            run = run.again();
            answer = list(settings, run.since(), None, limit)?;
        }
        let found: Found = answered(answer)?.json()?;
        let next = found.additional_data.and_then(|more| more.next_cursor).filter(|next| !next.is_empty());
        if next.is_some() && next.as_ref() == run.next() {
            return Err(PluginError::new("paging_stuck", "Pipedrive answers the same cursor again and again"));
        }
        let persons = found.data.unwrap_or_default();
        Ok(run.page(persons.iter().map(|one| person::lead(settings, one)), next))
    }

    fn receive(webhook: &Webhook, settings: &Settings) -> Result<Page, PluginError> {
        push::receive(webhook, settings)
    }
}

campanile_plugin_sdk::export!(lead_importer: PipedriveImporter);

fn ask(settings: &Settings, path: &str) -> Request {
    Request::get(settings.at(path))
}

/// The persons, with what the settings name and nothing else where that can be said.
fn persons(settings: &Settings) -> Request {
    let own = settings.own_fields();
    let request = ask(settings, PERSONS).auth("token");
    match own.len() {
        1..=MOST_OWN => request.query("custom_fields", own.join(",")),
        _ => request,
    }
}

/// A page of the list.
fn list(settings: &Settings, since: Option<i64>, cursor: Option<&String>, limit: u32) -> Result<Response, PluginError> {
    let mut request =
        persons(settings).query("limit", limit.clamp(1, MOST)).query("sort_by", "id").query("sort_direction", "asc");
    if !settings.filter.is_empty() {
        request = request.query("filter_id", &settings.filter);
    }
    if let Some(since) = since {
        request = request.query("updated_since", dates::to_rfc3339(since));
    }
    if let Some(cursor) = cursor {
        request = request.query("cursor", cursor);
    }
    Ok(request.send()?)
}

/// The answer, if it is one. Whoever goes on asking after 429 is shut out with 403, by a page instead of JSON.
fn answered(answer: Response) -> Result<Response, PluginError> {
    match answer.status {
        429 => {
            let reset = answer.header("x-ratelimit-reset").and_then(|text| text.trim().parse::<f64>().ok());
            Err(answer.busy(reset.filter(|seconds| *seconds >= 0.0).map(|seconds| (seconds * 1_000.0).ceil() as u64)))
        }
        403 if answer.json::<Json>().map_or(true, |body| body.get("success").is_none()) => {
            Err(answer.busy(Some(SHUT_OUT_MS)))
        }
        _ => answer.ok(),
    }
}

/// The fields that persons have.
fn person_fields(settings: &Settings) -> Result<Vec<Json>, PluginError> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    // A company has tens of fields, rarely hundreds.
    for _ in 0..10 {
        let mut request = ask(settings, FIELDS).query("limit", MOST).auth("token");
        if let Some(cursor) = &cursor {
            request = request.query("cursor", cursor);
        }
        let found: Found = answered(request.send()?)?.json()?;
        all.extend(found.data.unwrap_or_default());
        cursor = found.additional_data.and_then(|more| more.next_cursor).filter(|next| !next.is_empty());
        if cursor.is_none() {
            break;
        }
    }
    Ok(all)
}

fn own_fields(settings: &Settings) -> Result<Vec<(String, String)>, PluginError> {
    Ok(pairs(&person_fields(settings)?, "field_code", "field_name"))
}

fn pairs(records: &[Json], value: &str, label: &str) -> Vec<(String, String)> {
    let pair = |record: &Json| Some((field(record, value).and_then(text)?, field(record, label).and_then(text)?));
    records.iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests;
