//! Brings contacts in from Close.
//!
//! Contacts are asked of the search ("advanced filtering") rather than of the list, whose `_skip` loses people when somebody
//! is deleted meanwhile; `place` says how its limits are lived with. The whole is read by when contacts were created, what
//! changed by when they were updated, where whoever changes meanwhile moves to the end and is seen again. Deleted
//! contacts are in no search, so they are noticed when everything is read again.

mod place;
mod settings;

use campanile_plugin_sdk::dates;
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{IncomingContact, IncomingLead, LeadImporter, Page, Rejected};
use campanile_plugin_sdk::records::{Fields, field, instant, text};
use campanile_plugin_sdk::sync::Run;
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, narrowed};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use place::Place;
pub use settings::Settings;

/// The most that the search answers at once.
const MOST: u32 = 200;

/// The importer.
pub struct CloseImporter;

#[derive(Deserialize)]
struct Found {
    data: Vec<Json>,
    #[serde(default)]
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct Known {
    data: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
    /// Of what a Smart View shows.
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

impl LeadImporter for CloseImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = ask(settings, "me")?;
        match answer.status {
            401 | 403 => return Ok(Checked::misconfigured("Close does not take the API key.", ["api_key"])),
            500.. => return Ok(Checked::unreachable(format!("Close answers {}.", answer.status))),
            _ => {}
        }
        let me: Json = answer.ok()?.json()?;
        let organisation = me.pointer("/organizations/0/name").and_then(text).unwrap_or_else(|| "Close".to_owned());
        if !settings.customs().is_empty() {
            let known: Known = ask(settings, "custom_field/contact")?.ok()?.json()?;
            let unknown = |field: &str| known.data.iter().all(|one| one.id != field);
            let missing: Vec<_> = settings.customs().into_iter().filter(|(_, field)| unknown(field)).collect();
            if let [(_, first), ..] = missing.as_slice() {
                let why = format!("{organisation} has no custom field {first} of contacts; choose one that it has.");
                return Ok(Checked::misconfigured(why, missing.iter().map(|(setting, _)| *setting)));
            }
        }
        let answer = search(settings, &Place::default(), "date_created", 1)?;
        if matches!(answer.status, 400 | 404) {
            let mut wrong = vec!["variables", "do_not_call"];
            wrong.extend((!settings.smart_view.is_empty()).then_some("smart_view"));
            let why = format!("Close does not know what is asked for: {}", answer.error().message);
            return Ok(Checked::misconfigured(why, wrong));
        }
        answer.ok()?;
        Ok(Checked::ready(format!("Connected to {organisation}.")))
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        let known = |path: &str| Ok::<_, PluginError>(ask(settings, path)?.ok()?.json::<Known>()?.data);
        let choices: Vec<Choice> = match setting {
            "phone_types" => settings::TYPES.map(|kind| Choice::new(kind, kind)).into(),
            "do_not_call" | "variables" => {
                known("custom_field/contact")?.into_iter().map(|field| Choice::new(field.id, field.name)).collect()
            }
            "smart_view" => {
                let of_contacts = |view: &Named| view.kind.as_deref().is_none_or(|kind| kind == "contact");
                let views = known("saved_search")?.into_iter().filter(of_contacts);
                views.map(|view| Choice::new(view.id, view.name)).collect()
            }
            _ => Vec::new(),
        };
        Ok(narrowed(choices, query))
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let run = Run::<Place>::at(cursor, settings.pace());
        let mut place = run.next().cloned().unwrap_or_else(|| Place::from(run.since()));
        let sorted_by = if run.since().is_some() { "date_updated" } else { "date_created" };
        let limit = limit.clamp(1, MOST);
        let mut answer = search(settings, &place, sorted_by, limit)?;
        if answer.status == 400 && place.cursor.is_some() {
            place = place.again();
            answer = search(settings, &place, sorted_by, limit)?;
        }
        let Found { data, cursor } = answer.ok()?.json()?;
        let last = data.iter().rev().find_map(|last| instant(field(last, sorted_by)?));
        let next = place.after(data.len() as u64, last, cursor.filter(|cursor| !cursor.is_empty())).map_err(|at| {
            let (window, at) = (place::WINDOW, dates::to_rfc3339(at));
            let why = format!("{window} contacts have the {sorted_by} {at}, more than Close's search shows");
            PluginError::new("too_many_at_once", format!("{why}; choose a Smart View that leaves some of them out"))
        })?;
        let fields = settings.fields();
        Ok(run.page(data.iter().map(|record| lead(settings, &fields, record)), next))
    }
}

campanile_plugin_sdk::export!(lead_importer: CloseImporter);

fn ask(settings: &Settings, path: &str) -> Result<Response, PluginError> {
    Ok(Request::get(settings.at(path)).auth("key").send()?)
}

/// A page of the search.
fn search(settings: &Settings, place: &Place, sorted_by: &str, limit: u32) -> Result<Response, PluginError> {
    let of = |name: &str| json!({ "type": "regular_field", "object_type": "contact", "field_name": name });
    let mut queries = vec![json!({ "type": "object_type", "object_type": "contact" })];
    if !settings.smart_view.is_empty() {
        queries.push(json!({ "type": "saved_search", "saved_search_id": settings.smart_view }));
    }
    if let Some(from) = place.from {
        let start = json!({ "type": "fixed_utc", "value": dates::to_rfc3339(from) });
        let condition = json!({ "type": "moment_range", "on_or_after": start });
        queries.push(json!({ "type": "field_condition", "field": of(sorted_by), "condition": condition }));
    }
    let mut question = json!({
        "query": { "type": "and", "queries": queries },
        "_fields": { "contact": settings.asked() },
        "sort": [{ "direction": "asc", "field": of(sorted_by) }],
        "_limit": limit,
    });
    if let Some(cursor) = &place.cursor {
        question["cursor"] = cursor.as_str().into();
    }
    Ok(Request::post(settings.at("data/search")).auth("key").json(&question)?.send()?)
}

/// The lead of a contact, its phones in the order that is wanted, with the type that Close gives them.
fn lead(settings: &Settings, fields: &Fields, record: &Json) -> Result<IncomingLead, Rejected> {
    let phones = field(record, "phones").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<(usize, IncomingContact)> = Vec::new();
    for one in phones {
        let kind = field(one, "type").and_then(text).unwrap_or_else(|| "other".to_owned());
        let (Some(phone), Some(place)) = (field(one, "phone").and_then(text), settings.place_of(&kind)) else {
            continue;
        };
        if found.iter().all(|(_, known)| known.phone != phone) {
            found.push((place, IncomingContact { label: Some(kind), ..IncomingContact::new(phone) }));
        }
    }
    found.sort_by_key(|(place, _)| *place);
    fields.lead_with(record, found.into_iter().map(|(_, contact)| contact).collect(), false)
}

#[cfg(test)]
mod tests;
