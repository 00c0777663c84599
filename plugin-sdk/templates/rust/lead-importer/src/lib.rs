//! Brings people in from a list that is served as JSON:
//!
//! `GET {base_url}/people?after=CURSOR&limit=N` answers `{"people": [{"id", "name", "phone", "country", "updated_at"}],
//! "next": "..."}`.

use campanile_plugin_sdk::dates;
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{IncomingLead, LeadImporter, Page, Rejected};
use campanile_plugin_sdk::types::{Checked, PluginError};

/// What a source may set; the same names as in campanile.toml.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Settings {
    base_url: String,
}

#[derive(serde::Deserialize)]
struct Told {
    people: Vec<Person>,
    next: Option<String>,
}

#[derive(serde::Deserialize)]
struct Person {
    id: serde_json::Value,
    #[serde(default)]
    phone: String,
    name: Option<String>,
    country: Option<String>,
    updated_at: Option<String>,
    #[serde(default)]
    do_not_call: bool,
}

struct Plugin;

impl LeadImporter for Plugin {
    type Settings = Settings;

    // Whether it can pull; shown while somebody fills in the settings.
    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        Ok(match ask(settings, None, 1)?.status {
            200 => Checked::ready("The list answers."),
            401 | 403 => Checked::misconfigured("The list does not accept the token.", ["token"]),
            status => Checked::unreachable(format!("The list answers {status}.")),
        })
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        // What is not 2xx becomes the error that it is, with how long the list asked to be left alone.
        let told: Told = ask(settings, cursor, limit)?.ok()?.json()?;
        let mut page = Page::delta([]);
        page.more = told.next.is_some();
        page.cursor = told.next.or(cursor.map(str::to_owned));
        for person in told.people {
            let id = person.id.as_str().map_or_else(|| person.id.to_string(), str::to_owned);
            if person.phone.is_empty() {
                page.rejected.push(Rejected::new(id, "phone", "phone_missing", "there is no phone"));
            } else {
                page.leads.push(lead(id, person));
            }
        }
        Ok(page)
    }
}

campanile_plugin_sdk::export!(lead_importer: Plugin);

fn lead(id: String, person: Person) -> IncomingLead {
    let mut lead = IncomingLead::new(id, person.phone);
    lead.contacts[0].name = person.name;
    lead.country = person.country;
    lead.do_not_call = person.do_not_call;
    lead.updated_at = person.updated_at.as_deref().and_then(dates::rfc3339);
    lead
}

// The host adds the token after it has checked the address.
fn ask(settings: &Settings, after: Option<&str>, limit: u32) -> Result<Response, PluginError> {
    let mut request = Request::get(format!("{}/people", settings.base_url.trim_end_matches('/')));
    if let Some(after) = after {
        request = request.query("after", after);
    }
    Ok(request.query("limit", limit).auth("api").send()?)
}
