//! What a tenant sets, and which properties of a contact follow from it.

use std::collections::BTreeMap;

use campanile_plugin_sdk::records::Fields;
use campanile_plugin_sdk::sync::Pace;
use serde::Deserialize;

/// The settings; their schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Properties that hold phones, in the order they are called.
    pub phones: Vec<String>,
    /// Property that says never to call.
    pub do_not_call: String,
    /// Property that says on what ground the person may be called.
    pub consent: String,
    /// Property with the priority.
    pub priority: String,
    /// Variables by their names.
    pub variables: BTreeMap<String, String>,
    /// Hours after which everything is read again.
    pub full_every_hours: u32,
    /// Address of the API.
    pub api_base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            phones: ["phone", "mobilephone"].map(str::to_owned).to_vec(),
            do_not_call: String::new(),
            consent: String::new(),
            priority: String::new(),
            variables: BTreeMap::new(),
            full_every_hours: 24,
            api_base: "https://api.hubapi.com".to_owned(),
        }
    }
}

/// Properties that are always asked for.
const ALWAYS: [&str; 8] =
    ["country", "firstname", "hs_language", "hs_object_id", "hs_timezone", "lastmodifieddate", "lastname", "state"];

impl Settings {
    /// How it keeps up.
    pub fn pace(&self) -> Pace {
        Pace::hours(self.full_every_hours)
    }

    /// An address of the API.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.api_base.trim_end_matches('/'))
    }

    /// The properties to ask for, each once.
    pub fn properties(&self) -> Vec<&str> {
        let chosen = [&self.do_not_call, &self.consent, &self.priority];
        let chosen =
            chosen.into_iter().filter(|name| !name.is_empty()).chain(&self.phones).chain(self.variables.values());
        let mut all: Vec<&str> = ALWAYS.into_iter().chain(["zip"]).chain(chosen.map(String::as_str)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What a contact's properties are.
    pub fn fields(&self) -> Fields {
        let property = |name: &str| if name.is_empty() { String::new() } else { format!("/properties/{name}") };
        Fields {
            external_id: "id".to_owned(),
            phones: self.phones.iter().map(|name| property(name)).collect(),
            name: vec![property("firstname"), property("lastname")],
            country: property("country"),
            region: property("state"),
            postal_code: property("zip"),
            language: property("hs_language"),
            time_zone: property("hs_timezone"),
            do_not_call: property(&self.do_not_call),
            deleted: "archived".to_owned(),
            consent: property(&self.consent),
            priority: property(&self.priority),
            updated_at: property("lastmodifieddate"),
            variables: self.variables.iter().map(|(name, from)| (name.clone(), property(from))).collect(),
        }
    }
}
