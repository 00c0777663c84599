//! Brings contacts in from HubSpot.
//!
//! Everything is read from the list of contacts, whose `after` is the id it goes on from, so that nobody is skipped when
//! somebody is deleted meanwhile; what changed is asked of the search (see `changes`). The search does not show who was
//! deleted: that is told by a webhook or noticed when everything is read again.

mod changes;
mod push;
mod settings;

use std::collections::BTreeSet;

use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{LeadImporter, Page};
use campanile_plugin_sdk::records::Chosen;
use campanile_plugin_sdk::sync::Run;
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, Webhook, narrowed};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use changes::Since;
pub use settings::Settings;

/// The most that the list and the search answer at once.
const MOST: u32 = 100;
const CONTACTS: &str = "/crm/v3/objects/contacts";

/// The importer.
pub struct HubspotImporter;

/// Where a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Place {
    Changed(Since),
    After(String),
}

#[derive(Deserialize)]
struct Found {
    results: Vec<Json>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    next: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    after: String,
}

impl LeadImporter for HubspotImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = list(settings, None, 1)?;
        if matches!(answer.status, 401 | 403) {
            let why = "HubSpot does not take the token; it needs a private app with crm.objects.contacts.read.";
            return Ok(Checked::misconfigured(why, ["token"]));
        }
        if answer.status >= 500 {
            return Ok(Checked::unreachable(format!("HubSpot answers {}.", answer.status)));
        }
        answer.ok()?;
        let known = names(settings)?;
        // Of those that are always asked for a portal may lack one; only what was chosen is somebody's mistake.
        let missing: Vec<_> = settings.named().filter(|(_, name)| !known.iter().any(|(k, _)| k == name)).collect();
        if !missing.is_empty() {
            let wrong: BTreeSet<_> = missing.iter().map(|(_, property)| *property).collect();
            let named: BTreeSet<_> = missing.iter().map(|(setting, _)| *setting).collect();
            let wrong = wrong.into_iter().collect::<Vec<_>>().join(", ");
            return Ok(Checked::misconfigured(format!("HubSpot has no contact property {wrong}."), named));
        }
        Ok(Checked::ready("HubSpot answers and has every property that was chosen."))
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        if !["phones", "do_not_call"].contains(&setting) && !Chosen::SETTINGS.contains(&setting) {
            return Ok(Vec::new());
        }
        Ok(narrowed(names(settings)?.into_iter().map(|(name, label)| Choice::new(name, label)), query))
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let run = Run::<Place>::at(cursor, settings.pace());
        let limit = limit.clamp(1, MOST);
        let fields = settings.fields();
        match (run.since(), run.next()) {
            (Some(since), place) => {
                let place = match place {
                    Some(Place::Changed(place)) => place.clone(),
                    _ => Since::new(since),
                };
                let question = place.question(&settings.properties(), limit);
                let found: Found = fine(search(settings, &question)?)?.json()?;
                let more = found.paging.as_ref().is_some_and(|paging| paging.next.is_some());
                let next = place.next(&found.results, more)?.map(Place::Changed);
                Ok(run.page(found.results.iter().map(|record| fields.lead(record)), next))
            }
            (None, place) => {
                let after = match place {
                    Some(Place::After(after)) => Some(after.as_str()),
                    _ => None,
                };
                let found: Found = fine(list(settings, after, limit)?)?.json()?;
                let next = found.paging.and_then(|paging| paging.next).map(|next| Place::After(next.after));
                Ok(run.page(found.results.iter().map(|record| fields.lead(record)), next))
            }
        }
    }

    fn receive(webhook: &Webhook, settings: &Settings) -> Result<Page, PluginError> {
        push::receive(webhook, settings)
    }
}

campanile_plugin_sdk::export!(lead_importer: HubspotImporter);

/// The answer where it is one. The day's limit is not over in a moment, and HubSpot does not say when it is.
fn fine(answer: Response) -> Result<Response, PluginError> {
    const DAILY_MS: u64 = 600_000;
    if answer.status == 429 && answer.text().contains("\"DAILY\"") {
        return Err(answer.busy(Some(DAILY_MS)));
    }
    answer.ok()
}

/// A page of the list.
fn list(settings: &Settings, after: Option<&str>, limit: u32) -> Result<Response, PluginError> {
    let mut request = Request::get(settings.at(CONTACTS)).query("limit", limit);
    request = request.query("properties", settings.properties().join(","));
    if let Some(after) = after {
        request = request.query("after", after);
    }
    Ok(request.auth("app").send()?)
}

/// A question to the search.
fn search(settings: &Settings, question: &Json) -> Result<Response, PluginError> {
    Ok(Request::post(settings.at(&format!("{CONTACTS}/search"))).auth("app").json(question)?.send()?)
}

/// The properties that contacts have, by name and label.
fn names(settings: &Settings) -> Result<Vec<(String, String)>, PluginError> {
    #[derive(Deserialize)]
    struct Known {
        results: Vec<Property>,
    }
    #[derive(Deserialize)]
    struct Property {
        name: String,
        #[serde(default)]
        label: String,
    }
    let known: Known = Request::get(settings.at("/crm/v3/properties/contacts")).auth("app").send()?.ok()?.json()?;
    Ok(known.results.into_iter().map(|property| (property.name, property.label)).collect())
}

#[cfg(test)]
mod tests;
