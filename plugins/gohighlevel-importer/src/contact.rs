//! A contact as GoHighLevel has it, made plain.
//!
//! The search answers contacts in more than one shape: names in lower case only, further phones as texts or as objects,
//! custom fields in a list by their ids. What the settings name is looked up here once, so that the rest is mapping.

use std::collections::BTreeMap;

use campanile_plugin_sdk::importer::{IncomingContact, IncomingLead, Rejected};
use campanile_plugin_sdk::records::{Fields, field, is_yes, text};
use serde_json::{Map, Value as Json};

use crate::settings::Settings;

/// The field with the name, made of theirs.
pub const NAME: &str = "campanile_name";

/// The lead of a contact. `names`: the names of custom fields by their ids, as far as they are needed.
pub fn lead(
    contact: &Json,
    settings: &Settings,
    fields: &Fields,
    names: &BTreeMap<String, String>,
) -> Result<IncomingLead, Rejected> {
    let plain = plain(contact, names);
    let mut contacts: Vec<IncomingContact> = Vec::new();
    for name in &settings.phones {
        for found in field(&plain, name).map(|value| phones(value, name, contact)).unwrap_or_default() {
            if contacts.iter().all(|known| known.phone != found.phone) {
                contacts.push(found);
            }
        }
    }
    let chosen = Some(&settings.do_not_call).filter(|name| !name.is_empty()).and_then(|name| field(&plain, name));
    fields.lead_with(&plain, contacts, is_silent(contact) || chosen.is_some_and(is_yes))
}

/// The phones that a field holds: a text, a list of texts, a list of objects.
fn phones(value: &Json, name: &str, contact: &Json) -> Vec<IncomingContact> {
    let labelled = |value: &Json, label: Option<String>| {
        let label = label.or_else(|| Some(name.to_owned()));
        text(value).map(|phone| IncomingContact { label, ..IncomingContact::new(phone) })
    };
    let of = |value: &Json, names: &[&str]| names.iter().find_map(|name| text(field(value, name)?));
    match value {
        Json::Array(several) => several
            .iter()
            .filter_map(|one| {
                let phone = of(one, &["phone", "phoneNumber", "number"]).map(Json::from);
                labelled(phone.as_ref().unwrap_or(one), of(one, &["phoneLabel", "label"]))
            })
            .collect(),
        one => labelled(one, of(contact, &["phoneLabel"]).filter(|_| name == "phone")).into_iter().collect(),
    }
}

/// The contact with its custom fields beside its own, by their ids and names, and one name.
fn plain(contact: &Json, names: &BTreeMap<String, String>) -> Json {
    let Some(contact) = contact.as_object() else { return contact.clone() };
    let mut plain = contact.clone();
    for custom in contact.get("customFields").and_then(Json::as_array).into_iter().flatten() {
        let value = ["value", "fieldValue", "field_value"].iter().find_map(|name| custom.get(*name));
        let (Some(id), Some(value)) = (custom.get("id").and_then(Json::as_str), value) else { continue };
        for known in [Some(id), names.get(id).map(String::as_str)].into_iter().flatten() {
            plain.entry(known).or_insert_with(|| value.clone());
        }
    }
    plain.insert(NAME.to_owned(), name(contact).into());
    Json::Object(plain)
}

/// `dnd` is about every channel, `dndSettings.Call` about calls, where `active` and `permanent` mean that they are not wanted.
fn is_silent(contact: &Json) -> bool {
    let status = contact.get("dndSettings").and_then(|all| all.get("Call")?.get("status")?.as_str());
    status.is_some_and(|status| ["active", "permanent"].contains(&status)) || contact.get("dnd").is_some_and(is_yes)
}

/// The person's name: as it was written, else as one text, else the one that the search sorts by, with its capitals guessed.
fn name(contact: &Map<String, Json>) -> Option<String> {
    let of = |names: &[&str]| {
        let parts: Vec<_> = names.iter().filter_map(|name| contact.get(*name).and_then(text)).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    of(&["firstName", "lastName"])
        .or_else(|| of(&["firstNameRaw", "lastNameRaw"]))
        .or_else(|| of(&["contactName"]))
        .or_else(|| of(&["firstNameLowerCase", "lastNameLowerCase"]).map(|name| capitals(&name)))
}

fn capitals(name: &str) -> String {
    let mut begins = true;
    let raised = name.chars().flat_map(|letter| {
        let raise = std::mem::replace(&mut begins, letter == ' ' || letter == '-');
        let one: Vec<char> = if raise { letter.to_uppercase().collect() } else { vec![letter] };
        one
    });
    raised.collect()
}
