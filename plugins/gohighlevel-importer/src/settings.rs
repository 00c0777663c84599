//! What a tenant sets.

use std::collections::BTreeMap;

use campanile_plugin_sdk::records::Fields;
use campanile_plugin_sdk::sync::Pace;
use serde::Deserialize;

use crate::contact::NAME;

/// A contact's own fields that may be asked for; everything else is a custom field.
pub const OWN: [&str; 26] = [
    "additionalPhones",
    "address",
    "address1",
    "assignedTo",
    "businessId",
    "businessName",
    "city",
    "companyName",
    "contactName",
    "country",
    "dateAdded",
    "dateOfBirth",
    "dateUpdated",
    "dnd",
    "email",
    "firstName",
    "id",
    "lastName",
    "phone",
    "postalCode",
    "source",
    "state",
    "tags",
    "timezone",
    "type",
    "website",
];

/// The settings; their schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Which location.
    pub location_id: String,
    /// Only contacts with this tag; empty: all.
    pub tag: String,
    /// Fields that hold phones, in the order they are called.
    pub phones: Vec<String>,
    /// Field that says never to call, beside "do not disturb".
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
            location_id: String::new(),
            tag: String::new(),
            phones: ["phone", "additionalPhones"].map(str::to_owned).to_vec(),
            do_not_call: String::new(),
            variables: BTreeMap::new(),
            full_every_hours: 24,
            api_base: "https://services.leadconnectorhq.com".to_owned(),
        }
    }
}

/// An id of a custom field, which needs no looking up.
fn is_id(field: &str) -> bool {
    field.len() == 20 && field.bytes().all(|byte| byte.is_ascii_alphanumeric())
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

    /// The custom fields that are chosen, with the settings that chose them.
    pub fn customs(&self) -> Vec<(&'static str, &str)> {
        let phones = self.phones.iter().map(|field| ("phones", field.as_str()));
        let variables = self.variables.values().map(|field| ("variables", field.as_str()));
        let all = phones.chain(variables).chain([("do_not_call", self.do_not_call.as_str())]);
        all.filter(|(_, field)| !field.is_empty() && !OWN.contains(field)).collect()
    }

    /// Whether a custom field is chosen by its name, which contacts do not carry.
    pub fn wants_names(&self) -> bool {
        self.customs().iter().any(|(_, field)| !is_id(field))
    }

    /// What the fields of a contact are, once [`crate::contact`] has made it plain.
    pub fn fields(&self) -> Fields {
        let own = |field: &str| field.to_owned();
        Fields {
            external_id: own("id"),
            phones: self.phones.clone(),
            name: vec![own(NAME)],
            country: own("country"),
            region: own("state"),
            postal_code: own("postalCode"),
            time_zone: own("timezone"),
            updated_at: own("dateUpdated"),
            variables: self.variables.clone(),
            ..Fields::default()
        }
    }
}
