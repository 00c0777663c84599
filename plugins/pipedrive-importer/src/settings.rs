//! What a tenant sets, and which fields of a person follow from it.

use std::collections::BTreeMap;

use campanile_plugin_sdk::records::Fields;
use campanile_plugin_sdk::sync::Pace;
use serde::Deserialize;

/// The settings; their schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// A saved filter, by its number.
    pub filter: String,
    /// Labels of the phones to call, in their order; empty: all, the primary one first.
    pub phone_labels: Vec<String>,
    /// Fields that hold phones too.
    pub phone_fields: Vec<String>,
    /// Field that says never to call.
    pub do_not_call: String,
    /// Its values that say so; empty: everything that is not a no.
    pub do_not_call_values: Vec<String>,
    /// Labels of persons that say so.
    pub do_not_call_labels: Vec<String>,
    /// Field with the country.
    pub country: String,
    /// Field with the language.
    pub language: String,
    /// Field with the time zone.
    pub time_zone: String,
    /// Field that says on what ground the person may be called.
    pub consent: String,
    /// Field with the priority.
    pub priority: String,
    /// Variables by their names.
    pub variables: BTreeMap<String, String>,
    /// Hours after which everything is read again.
    pub full_every_hours: u32,
    /// With which user webhooks come.
    pub webhook_user: String,
    /// Address of the API.
    pub api_base: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            filter: String::new(),
            phone_labels: Vec::new(),
            phone_fields: Vec::new(),
            do_not_call: String::new(),
            do_not_call_values: Vec::new(),
            do_not_call_labels: Vec::new(),
            country: String::new(),
            language: String::new(),
            time_zone: String::new(),
            consent: String::new(),
            priority: String::new(),
            variables: BTreeMap::new(),
            full_every_hours: 24,
            webhook_user: "campanile".to_owned(),
            api_base: "https://api.pipedrive.com".to_owned(),
        }
    }
}

/// Where a field is in a person: those that a company made itself have 40 hexadecimal digits for a name and a place of
/// their own.
pub fn place(field: &str) -> String {
    if is_own(field) { format!("/custom_fields/{field}") } else { field.to_owned() }
}

fn is_own(field: &str) -> bool {
    field.len() == 40 && field.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Settings {
    /// How it keeps up.
    pub fn pace(&self) -> Pace {
        Pace::hours(self.full_every_hours)
    }

    /// An address of the API.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.api_base.trim_end_matches('/'))
    }

    /// Every field that a setting names, with the setting.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let single = [
            ("do_not_call", &self.do_not_call),
            ("country", &self.country),
            ("language", &self.language),
            ("time_zone", &self.time_zone),
            ("consent", &self.consent),
            ("priority", &self.priority),
        ];
        let phones = self.phone_fields.iter().map(|field| ("phone_fields", field));
        let variables = self.variables.values().map(|field| ("variables", field));
        let all = single.into_iter().chain(phones).chain(variables);
        all.map(|(setting, field)| (setting, field.as_str())).filter(|(_, field)| !field.is_empty())
    }

    /// The company's own fields among them, each once.
    pub fn own_fields(&self) -> Vec<&str> {
        let mut own: Vec<_> = self.named().map(|(_, field)| field).filter(|field| is_own(field)).collect();
        own.sort_unstable();
        own.dedup();
        own
    }

    /// What a person's fields are, but for the phones.
    pub fn fields(&self) -> Fields {
        Fields {
            external_id: "id".to_owned(),
            name: vec!["name".to_owned()],
            country: place(&self.country),
            language: place(&self.language),
            time_zone: place(&self.time_zone),
            deleted: "is_deleted".to_owned(),
            consent: place(&self.consent),
            priority: place(&self.priority),
            updated_at: "update_time".to_owned(),
            variables: self.variables.iter().map(|(name, from)| (name.clone(), place(from))).collect(),
            ..Fields::default()
        }
    }
}
