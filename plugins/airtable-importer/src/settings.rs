//! What a tenant sets.

use std::collections::BTreeMap;

use campanile_plugin_sdk::records::Fields;
use campanile_plugin_sdk::sync::Pace;
use serde::Deserialize;

/// The settings; their schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Which base.
    pub base: String,
    /// Which table.
    pub table: String,
    /// Only records of this view; empty: all.
    pub view: String,
    /// Fields that hold phones, in the order they are called.
    pub phones: Vec<String>,
    /// Fields with the parts of the name.
    pub name: Vec<String>,
    /// Field with the country.
    pub country: String,
    /// Field with the time zone.
    pub time_zone: String,
    /// Field that says never to call.
    pub do_not_call: String,
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
            base: String::new(),
            table: String::new(),
            view: String::new(),
            phones: Vec::new(),
            name: Vec::new(),
            country: String::new(),
            time_zone: String::new(),
            do_not_call: String::new(),
            variables: BTreeMap::new(),
            full_every_hours: 6,
            api_base: "https://api.airtable.com".to_owned(),
        }
    }
}

impl Settings {
    /// How it keeps up.
    pub fn pace(&self) -> Pace {
        Pace::hours(self.full_every_hours)
    }

    /// An address of the API.
    pub fn at(&self, path: &str) -> String {
        format!("{}/v0/{path}", self.api_base.trim_end_matches('/'))
    }

    /// The fields to ask for, each once. A field that is not asked for never leaves Airtable.
    pub fn asked(&self) -> Vec<&str> {
        let single = [&self.country, &self.time_zone, &self.do_not_call];
        let chosen = self.phones.iter().chain(&self.name).chain(self.variables.values()).chain(single);
        let mut all: Vec<_> = chosen.map(String::as_str).filter(|name| !name.is_empty()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The settings that choose a field of this name.
    pub fn that_choose(&self, field: &str) -> Vec<&'static str> {
        let all = [
            ("phones", self.phones.iter().any(|name| name == field)),
            ("name", self.name.iter().any(|name| name == field)),
            ("country", self.country == field),
            ("time_zone", self.time_zone == field),
            ("do_not_call", self.do_not_call == field),
            ("variables", self.variables.values().any(|name| name == field)),
        ];
        all.into_iter().filter(|(_, chosen)| *chosen).map(|(setting, _)| setting).collect()
    }

    /// What the fields of a record are. Names of fields may hold what a JSON pointer must escape.
    pub fn fields(&self) -> Fields {
        let own = |name: &str| match name {
            "" => String::new(),
            name => format!("/fields/{}", name.replace('~', "~0").replace('/', "~1")),
        };
        Fields {
            external_id: "id".to_owned(),
            phones: self.phones.clone(),
            name: self.name.iter().map(|name| own(name)).collect(),
            country: own(&self.country),
            time_zone: own(&self.time_zone),
            do_not_call: own(&self.do_not_call),
            variables: self.variables.iter().map(|(name, field)| (name.clone(), own(field))).collect(),
            ..Fields::default()
        }
    }
}
