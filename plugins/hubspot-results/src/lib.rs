//! Writes results back to the HubSpot contacts that leads came from.
//!
//! One batch update a call. A contact that is gone is skipped; a property that is not there concerns every event and asks
//! for a person; a value that one contact's property does not take must not hold up the others, so a batch that is refused
//! for its values is written contact by contact. Writing the same event twice writes the same values.

use std::collections::BTreeMap;

use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::sink::{Ack, Places, ResultEvent, ResultSink};
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, narrowed};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// Contacts that HubSpot takes in one batch.
const BATCH: usize = 100;
const CONTACTS: &str = "/crm/v3/objects/contacts";

/// The sink.
pub struct HubspotResults;

/// What a tenant may set; the schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    status: String,
    outcome: String,
    last_call: String,
    next_call: String,
    attempts: String,
    variables: BTreeMap<String, String>,
    api_base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            status: "campanile_status".to_owned(),
            outcome: "campanile_outcome".to_owned(),
            last_call: String::new(),
            next_call: String::new(),
            attempts: String::new(),
            variables: BTreeMap::new(),
            api_base: "https://api.hubapi.com".to_owned(),
        }
    }
}

impl Settings {
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.api_base.trim_end_matches('/'))
    }

    fn places(&self) -> Places<'_> {
        Places {
            status: &self.status,
            outcome: &self.outcome,
            last_call: &self.last_call,
            next_call: &self.next_call,
            attempts: &self.attempts,
            variables: &self.variables,
        }
    }

    /// What an event writes.
    fn properties(&self, event: &ResultEvent) -> Result<Map<String, Json>, PluginError> {
        let written = self.places().write(event)?;
        Ok(written.into_iter().map(|(property, text)| (property.to_owned(), text.into())).collect())
    }
}

impl ResultSink for HubspotResults {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = Request::get(settings.at("/crm/v3/properties/contacts")).auth("app").send()?;
        match answer.status {
            401 | 403 => {
                let why = "HubSpot does not take the token; it needs crm.objects.contacts.write and crm.schemas.contacts.read.";
                return Ok(Checked::misconfigured(why, ["token"]));
            }
            status if status >= 500 => return Ok(Checked::unreachable(format!("HubSpot answers {status}."))),
            _ => {}
        }
        let known = names(&answer.ok()?)?;
        let missing: Vec<_> =
            settings.places().named().filter(|(_, name)| !known.iter().any(|(k, _)| k == name)).collect();
        if missing.is_empty() {
            return Ok(Checked::ready("HubSpot answers and has every property that is written."));
        }
        let properties: Vec<_> = missing.iter().map(|(_, property)| *property).collect();
        let why =
            format!("HubSpot has no contact property {}; make it under Settings, Properties.", properties.join(", "));
        let mut named: Vec<_> = missing.iter().map(|(setting, _)| *setting).collect();
        named.dedup();
        Ok(Checked::misconfigured(why, named))
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        if !["status", "outcome", "last_call", "next_call", "attempts", "variables"].contains(&setting) {
            return Ok(Vec::new());
        }
        let known = names(&Request::get(settings.at("/crm/v3/properties/contacts")).auth("app").send()?.ok()?)?;
        Ok(narrowed(known.into_iter().map(|(name, label)| Choice::new(name, label)), query))
    }

    fn deliver(events: &[ResultEvent], settings: &Settings) -> Result<Vec<Ack>, PluginError> {
        let mut acks: Vec<Option<Ack>> = events.iter().map(|_| None).collect();
        // Of several events of a contact the last says how it stands.
        let mut last: BTreeMap<u64, (usize, Map<String, Json>)> = BTreeMap::new();
        for (place, event) in events.iter().enumerate() {
            let id = event.external_id.as_deref().and_then(|id| id.parse().ok());
            match (id, settings.properties(event)) {
                (None, _) => acks[place] = Some(Ack::Skipped("the lead did not come from HubSpot".into())),
                (Some(_), Err(error)) => acks[place] = Some(Ack::Failed(error)),
                (Some(id), Ok(properties)) => {
                    if let Some((before, _)) = last.insert(id, (place, properties)) {
                        acks[before] = Some(Ack::Done);
                    }
                }
            }
        }
        let all: Vec<_> = last.into_iter().collect();
        for batch in all.chunks(BATCH) {
            for (place, ack) in write(settings, batch)? {
                acks[place] = Some(ack);
            }
        }
        Ok(acks.into_iter().map(|ack| ack.unwrap_or(Ack::Done)).collect())
    }
}

campanile_plugin_sdk::export!(result_sink: HubspotResults);

type Written = (u64, (usize, Map<String, Json>));

/// Writes some contacts, and says what became of each event.
fn write(settings: &Settings, batch: &[Written]) -> Result<Vec<(usize, Ack)>, PluginError> {
    let inputs: Vec<_> =
        batch.iter().map(|(id, (_, properties))| json!({ "id": id.to_string(), "properties": properties })).collect();
    let request = Request::post(settings.at(&format!("{CONTACTS}/batch/update"))).auth("app");
    let answer = request.json(&json!({ "inputs": inputs }))?.send()?;
    match answer.status {
        207 => {
            let gone = not_found(&answer)?;
            let ack = |id: &u64| if gone.contains(id) { skipped() } else { Ack::Done };
            Ok(batch.iter().map(|(id, (place, _))| (*place, ack(id))).collect())
        }
        400 if is_about_properties(&answer) => Err(PluginError { code: "misconfigured".into(), ..answer.error() }),
        400 if batch.len() > 1 => batch.iter().map(|one| Ok((one.1.0, alone(settings, one)?))).collect(),
        400 => Ok(vec![(batch[0].1.0, refused(&answer))]),
        404 if batch.len() == 1 => Ok(vec![(batch[0].1.0, skipped())]),
        _ => {
            answer.ok()?;
            Ok(batch.iter().map(|(_, (place, _))| (*place, Ack::Done)).collect())
        }
    }
}

/// Writes one contact.
fn alone(settings: &Settings, (id, (_, properties)): &Written) -> Result<Ack, PluginError> {
    let request = Request::patch(settings.at(&format!("{CONTACTS}/{id}"))).auth("app");
    let answer = request.json(&json!({ "properties": properties }))?.send()?;
    match answer.status {
        404 => Ok(skipped()),
        400 => Ok(refused(&answer)),
        _ => answer.ok().map(|_| Ack::Done),
    }
}

fn skipped() -> Ack {
    Ack::Skipped("the contact is not in HubSpot any more".into())
}

/// The contact's properties do not take the values: trying again would not help.
fn refused(answer: &Response) -> Ack {
    Ack::Skipped(format!("HubSpot does not take the values: {}", answer.error().message))
}

fn is_about_properties(answer: &Response) -> bool {
    answer.text().contains("PROPERTY_DOESNT_EXIST")
}

/// The contacts that a 207 says are not there.
fn not_found(answer: &Response) -> Result<Vec<u64>, PluginError> {
    let body: Json = answer.json()?;
    let errors = body.get("errors").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let ids = errors.iter().filter_map(|error| error.pointer("/context/ids")?.as_array()).flatten();
    Ok(ids.filter_map(|id| id.as_str()?.parse().ok()).collect())
}

/// Properties by name and label.
fn names(answer: &Response) -> Result<Vec<(String, String)>, PluginError> {
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
    Ok(answer.json::<Known>()?.results.into_iter().map(|property| (property.name, property.label)).collect())
}

#[cfg(test)]
mod tests;
