//! What a tenant sets.

use std::collections::BTreeMap;

use campanile_plugin_sdk::records::Fields;
use campanile_plugin_sdk::sync::Pace;
use serde::Deserialize;

/// The types of phones that Close knows.
pub const TYPES: [&str; 7] = ["office", "mobile", "direct", "home", "fax", "url", "other"];

/// The settings; their schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Only contacts of this Smart View; empty: all.
    pub smart_view: String,
    /// Types of phones to call, in their order; empty: every phone but faxes, in Close's order.
    pub phone_types: Vec<String>,
    /// Custom field that says never to call.
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
            smart_view: String::new(),
            phone_types: Vec::new(),
            do_not_call: String::new(),
            variables: BTreeMap::new(),
            full_every_hours: 24,
            api_base: "https://api.close.com".to_owned(),
        }
    }
}

/// A field's name in a record: a custom field is `custom.cf_...` there.
fn name(field: &str) -> String {
    if field.starts_with("cf_") { format!("custom.{field}") } else { field.to_owned() }
}

impl Settings {
    /// How it keeps up.
    pub fn pace(&self) -> Pace {
        Pace::hours(self.full_every_hours)
    }

    /// An address of the API.
    pub fn at(&self, path: &str) -> String {
        format!("{}/api/v1/{path}/", self.api_base.trim_end_matches('/'))
    }

    /// Where a type of phone comes in the order of calls; `None`: it is not called.
    pub fn place_of(&self, kind: &str) -> Option<usize> {
        if self.phone_types.is_empty() {
            return (!["fax", "url"].contains(&kind)).then_some(0);
        }
        self.phone_types.iter().position(|wanted| wanted.eq_ignore_ascii_case(kind))
    }

    /// The custom fields that are chosen, with the settings that chose them.
    pub fn customs(&self) -> Vec<(&'static str, &str)> {
        let variables = self.variables.values().map(|field| ("variables", field.as_str()));
        let all = variables.chain([("do_not_call", self.do_not_call.as_str())]);
        all.filter(|(_, field)| field.starts_with("cf_")).collect()
    }

    /// The fields to ask for, each once.
    pub fn asked(&self) -> Vec<String> {
        let always = ["date_created", "date_updated", "id", "name", "phones"].map(str::to_owned);
        let chosen = self.variables.values().chain([&self.do_not_call]).filter(|field| !field.is_empty());
        let mut all: Vec<_> = always.into_iter().chain(chosen.map(|field| name(field))).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What the fields of a contact are. The phones are taken out of their list by [`crate::lead`].
    pub fn fields(&self) -> Fields {
        let own = |field: &str| field.to_owned();
        Fields {
            external_id: own("id"),
            phones: vec![own("phones")],
            name: vec![own("name")],
            country: own("/phones/0/country"),
            do_not_call: name(&self.do_not_call),
            updated_at: own("date_updated"),
            variables: self.variables.iter().map(|(variable, field)| (variable.clone(), name(field))).collect(),
            ..Fields::default()
        }
    }
}
