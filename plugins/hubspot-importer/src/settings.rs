//! What a tenant sets, and which properties of a contact follow from it.

use campanile_plugin_sdk::records::{Chosen, Fields};
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
    /// What is known of people, and their variables. What HubSpot has a property for is read without being chosen.
    #[serde(flatten)]
    pub chosen: Chosen,
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
            chosen: Chosen::default(),
            full_every_hours: 24,
            api_base: "https://api.hubapi.com".to_owned(),
        }
    }
}

/// Properties that are always asked for.
const ALWAYS: [&str; 9] = [
    "country",
    "firstname",
    "hs_language",
    "hs_object_id",
    "hs_timezone",
    "lastmodifieddate",
    "lastname",
    "state",
    "zip",
];

impl Settings {
    /// How it keeps up.
    pub fn pace(&self) -> Pace {
        Pace::hours(self.full_every_hours)
    }

    /// An address of the API.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.api_base.trim_end_matches('/'))
    }

    /// Every property that a setting names, with the setting.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let phones = self.phones.iter().map(|property| ("phones", property.as_str()));
        let own = [("do_not_call", self.do_not_call.as_str())].into_iter().chain(phones);
        own.filter(|(_, property)| !property.is_empty()).chain(self.chosen.named())
    }

    /// The properties to ask for, each once.
    pub fn properties(&self) -> Vec<&str> {
        let chosen = self.named().map(|(_, property)| property);
        let mut all: Vec<&str> = ALWAYS.into_iter().chain(chosen).collect();
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
            updated_at: property("lastmodifieddate"),
            ..self.chosen.fields(property)
        }
    }
}
