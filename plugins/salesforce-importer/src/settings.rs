//! What a tenant sets, and which fields of a record follow from it.

use campanile_plugin_sdk::records::{Chosen, Fields};
use campanile_plugin_sdk::sync::Pace;
use campanile_plugin_sdk::types::PluginError;
use serde::Deserialize;

use crate::soql;

/// Which records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Object {
    /// People whom nobody has qualified yet.
    #[default]
    Lead,
    /// People of an account.
    Contact,
}

impl Object {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lead => "Lead",
            Self::Contact => "Contact",
        }
    }

    const fn phones(self) -> &'static [&'static str] {
        match self {
            Self::Lead => &["MobilePhone", "Phone"],
            Self::Contact => &["MobilePhone", "Phone", "HomePhone", "OtherPhone"],
        }
    }
}

/// The settings; their schema stands in `campanile.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Address of the customer's Salesforce.
    pub api_base: String,
    /// The application; the host reads it.
    pub client_id: String,
    /// Which records.
    pub object: Object,
    /// Only those that fulfil it.
    pub condition: String,
    /// Fields that hold phones, in the order they are called.
    pub phones: Vec<String>,
    /// Field that says never to call.
    pub do_not_call: String,
    /// Without leads that were converted.
    pub skip_converted: bool,
    /// What is known of people, and their variables.
    #[serde(flatten)]
    pub chosen: Chosen,
    /// Hours after which everything is read again.
    pub full_every_hours: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_base: String::new(),
            client_id: String::new(),
            object: Object::Lead,
            condition: String::new(),
            phones: Vec::new(),
            do_not_call: "DoNotCall".to_owned(),
            skip_converted: true,
            chosen: Chosen::default(),
            full_every_hours: 168,
        }
    }
}

/// Where a field is in a record: `Account.Name` is within `Account`.
fn place(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("/{}", field.replace('.', "/")) }
}

impl Settings {
    /// How it keeps up.
    pub fn pace(&self) -> Pace {
        Pace::hours(self.full_every_hours)
    }

    /// An address of the API; a domain without a scheme is one with https.
    pub fn at(&self, path: &str) -> String {
        let base = self.api_base.trim_end_matches('/');
        let scheme = if base.contains("://") { "" } else { "https://" };
        format!("{scheme}{base}{path}")
    }

    /// Fields that hold phones.
    pub fn phones(&self) -> Vec<&str> {
        match self.phones.as_slice() {
            [] => self.object.phones().to_vec(),
            chosen => chosen.iter().map(String::as_str).collect(),
        }
    }

    /// Whether converted leads are left out.
    pub fn skips_converted(&self) -> bool {
        self.skip_converted && self.object == Object::Lead
    }

    /// Every field that a setting names, with the setting.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let own = [("do_not_call", self.do_not_call.as_str())].into_iter().filter(|(_, field)| !field.is_empty());
        own.chain(self.phones().into_iter().map(|field| ("phones", field))).chain(self.chosen.named())
    }

    /// The fields to ask for, each once.
    ///
    /// # Errors
    /// A setting names something that is no field, which must not get into a question.
    pub fn selected(&self) -> Result<Vec<&str>, PluginError> {
        let mut all = vec!["Id", "IsDeleted", "SystemModstamp", "Name"];
        if self.skips_converted() {
            all.push("IsConverted");
        }
        for (setting, field) in self.named() {
            if !soql::is_field(field) {
                let why = format!(
                    "{field:?} in the setting {setting} is no name of a field, for example Phone or Account.Name"
                );
                return Err(PluginError::new("misconfigured", why));
            }
            if !all.iter().any(|known| known.eq_ignore_ascii_case(field)) {
                all.push(field);
            }
        }
        Ok(all)
    }

    /// What a record's fields are.
    pub fn fields(&self) -> Fields {
        Fields {
            external_id: "Id".to_owned(),
            phones: self.phones().into_iter().map(place).collect(),
            name: vec!["Name".to_owned()],
            do_not_call: place(&self.do_not_call),
            deleted: "IsDeleted".to_owned(),
            updated_at: "SystemModstamp".to_owned(),
            ..self.chosen.fields(place)
        }
    }
}
