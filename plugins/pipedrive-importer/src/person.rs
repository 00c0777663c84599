//! What a person of Pipedrive's becomes.
//!
//! Phones are a list, each with a label and one of them primary; fields of a company's own stand apart from the others,
//! and those with more to them than a value (money, addresses) are objects with a `value`.

use campanile_plugin_sdk::importer::{IncomingContact, IncomingLead, Rejected};
use campanile_plugin_sdk::records::{field, text};
use serde_json::Value as Json;

use crate::settings::{Settings, place};

/// A person as a lead.
pub fn lead(settings: &Settings, person: &Json) -> Result<IncomingLead, Rejected> {
    let person = &plain(person);
    settings.fields().lead_with(person, phones(settings, person), must_not_be_called(settings, person))
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

/// The phones in the order they are tried.
fn phones(settings: &Settings, person: &Json) -> Vec<IncomingContact> {
    let listed = person.get("phones").and_then(Json::as_array).into_iter().flatten();
    let label = |phone: &Json| field(phone, "label").and_then(text).unwrap_or_default();
    let mut all: Vec<_> = listed.collect();
    // Sorting keeps the order of those that are equal.
    if settings.phone_labels.is_empty() {
        all.sort_by_key(|phone| phone.get("primary").and_then(Json::as_bool) != Some(true));
    } else {
        let rank = |phone: &Json| settings.phone_labels.iter().position(|one| one.eq_ignore_ascii_case(&label(phone)));
        all.retain(|phone| rank(phone).is_some());
        all.sort_by_key(|phone| rank(phone));
    }
    let contact = |phone: String, label: Option<String>| IncomingContact { label, ..IncomingContact::new(phone) };
    let listed = all.into_iter().filter_map(|phone| {
        Some(contact(text(field(phone, "value")?)?, Some(label(phone)).filter(|label| !label.is_empty())))
    });
    let own = settings.phone_fields.iter().filter_map(|name| Some(contact(text(field(person, &place(name))?)?, None)));
    listed.chain(own).collect()
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
