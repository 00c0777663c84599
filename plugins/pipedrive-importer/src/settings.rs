//! What a tenant sets, and which fields of a person follow from it.

use campanile_plugin_sdk::records::{Chosen, Fields};
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
    /// What is known of people, and their variables.
    #[serde(flatten)]
    pub chosen: Chosen,
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
            chosen: Chosen::default(),
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
        let phones = self.phone_fields.iter().map(|field| ("phone_fields", field.as_str()));
        let own = [("do_not_call", self.do_not_call.as_str())].into_iter().chain(phones);
        own.filter(|(_, field)| !field.is_empty()).chain(self.chosen.named())
    }

    /// The company's own fields among them, each once.
    pub fn own_fields(&self) -> Vec<&str> {
        let mut own: Vec<_> = self.named().map(|(_, field)| field).filter(|field| is_own(field)).collect();
        own.sort_unstable();
        own.dedup();
        own
    }

    /// What a person's fields are. Phones and "do not call" are found by [`crate::person`].
    pub fn fields(&self) -> Fields {
        Fields {
            external_id: "id".to_owned(),
            name: vec!["name".to_owned()],
            deleted: "is_deleted".to_owned(),
            updated_at: "update_time".to_owned(),
            phones: vec!["phones".to_owned()],
            ..self.chosen.fields(place)
        }
    }
}
