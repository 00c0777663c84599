//! What a person of Pipedrive's becomes.
//!
//! Phones are a list, each with a label and one of them primary; fields of a company's own stand apart from the others,
//! and those with more to them than a value (money, addresses) are objects with a `value`.

use campanile_plugin_sdk::importer::{IncomingLead, Rejected};
use campanile_plugin_sdk::records::{field, text};
use serde_json::Value as Json;

use crate::settings::{Settings, place};

/// A person as a lead.
pub fn lead(settings: &Settings, person: &Json) -> Result<IncomingLead, Rejected> {
    let person = &plain(person);
    let mut fields = settings.fields();
    let phones = phones(settings, person);
    fields.phones = match phones.as_slice() {
        [] => vec!["/phones/-".to_owned()],
        some => some.iter().map(|(place, _)| place.clone()).collect(),
    };
    let do_not_call = must_not_be_called(settings, person);
    // Whoever must not be called needs no phone to be told as that.
    fields.do_not_call = if do_not_call { "id".to_owned() } else { String::new() };
    let mut lead = fields.lead(person).map_err(|rejected| match rejected.code.as_str() {
        "phone_missing" => {
            let why = "none of the person's phones is one that is to be called";
            Rejected::new(rejected.external_id, "phones", "phone_missing", why)
        }
        _ => rejected,
    })?;
    lead.do_not_call = do_not_call;
    for (contact, (_, label)) in lead.contacts.iter_mut().zip(phones) {
        contact.label = Some(label).filter(|label| !label.is_empty());
    }
    Ok(lead)
}

/// The same person with the company's own fields as plain values.
fn plain(person: &Json) -> Json {
    let mut person = person.clone();
    for own in person.get_mut("custom_fields").and_then(Json::as_object_mut).into_iter().flatten() {
        if let Some(value) = own.1.get("value") {
            *own.1 = value.clone();
        }
    }
    person
}

/// Where the phones are and what they are called, in the order they are tried. All of them hold a text.
fn phones(settings: &Settings, person: &Json) -> Vec<(String, String)> {
    let listed = person.get("phones").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let mut all: Vec<_> =
        listed.iter().enumerate().filter(|(_, phone)| field(phone, "value").and_then(text).is_some()).collect();
    let label = |phone: &Json| field(phone, "label").and_then(text).unwrap_or_default();
    // Sorting keeps the order of those that are equal.
    if settings.phone_labels.is_empty() {
        all.sort_by_key(|(_, phone)| phone.get("primary").and_then(Json::as_bool) != Some(true));
    } else {
        let rank = |phone: &Json| settings.phone_labels.iter().position(|one| one.eq_ignore_ascii_case(&label(phone)));
        all.retain(|(_, phone)| rank(phone).is_some());
        all.sort_by_key(|(_, phone)| rank(phone));
    }
    let own = settings.phone_fields.iter().map(|name| (place(name), String::new()));
    let own = own.filter(|(place, _)| field(person, place).and_then(text).is_some());
    all.into_iter().map(|(at, phone)| (format!("/phones/{at}/value"), label(phone))).chain(own).collect()
}

fn must_not_be_called(settings: &Settings, person: &Json) -> bool {
    let labels = person.get("label_ids").and_then(Json::as_array).into_iter().flatten().filter_map(text);
    let is_labelled = labels.into_iter().any(|label| settings.do_not_call_labels.contains(&label));
    is_labelled || (!settings.do_not_call.is_empty() && says_so(settings, field(person, &place(&settings.do_not_call))))
}

fn says_so(settings: &Settings, value: Option<&Json>) -> bool {
    let values = &settings.do_not_call_values;
    match value {
        Some(Json::Array(several)) => several.iter().any(|one| says_so(settings, Some(one))),
        Some(Json::Bool(yes)) => *yes,
        Some(one) => text(one).is_some_and(|one| match values.as_slice() {
            [] => !["0", "no", "false"].iter().any(|no| one.eq_ignore_ascii_case(no)),
            values => values.iter().any(|value| value.eq_ignore_ascii_case(&one)),
        }),
        None => false,
    }
}
