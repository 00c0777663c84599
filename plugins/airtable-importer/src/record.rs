//! A record as Airtable has it, and the lead that it is.
//!
//! Fields that look something up or that link are lists, and a formula that fails is an object with its error. A list of one
//! is that one; a list of phones is several phones; a failed formula is nothing.

use campanile_plugin_sdk::importer::{IncomingContact, IncomingLead, Rejected};
use campanile_plugin_sdk::records::{Fields, text};
use serde_json::Value as Json;

use crate::settings::Settings;

/// The lead of a record.
pub fn lead(settings: &Settings, fields: &Fields, mut record: Json) -> Result<IncomingLead, Rejected> {
    let mut contacts: Vec<IncomingContact> = Vec::new();
    if let Some(own) = record.get_mut("fields").and_then(Json::as_object_mut) {
        own.retain(|_, value| value.get("error").is_none() && value.get("specialValue").is_none());
        for name in &settings.phones {
            let phones = match own.get(name) {
                Some(Json::Array(several)) => several.iter().filter_map(text).collect(),
                one => one.and_then(text).into_iter().collect::<Vec<_>>(),
            };
            for phone in phones {
                if contacts.iter().all(|known| known.phone != phone) {
                    contacts.push(IncomingContact { label: Some(name.clone()), ..IncomingContact::new(phone) });
                }
            }
        }
        for value in own.values_mut() {
            if let Json::Array(several) = value {
                if several.len() == 1 {
                    *value = several.remove(0);
                }
            }
        }
    }
    fields.lead_with(&record, contacts, false)
}
