//! Leads out of JSON records by description: which field of a record is what.
//!
//! Most systems answer a list of JSON objects, and most of an importer is saying which field is the phone. [`Fields`] is
//! that saying as settings, so that an importer for a system nobody has heard of needs no code, and one with code needs
//! only its quirks. A field is named by a JSON pointer (`/contact/phones/0/number`, RFC 6901) or, at the top of the record,
//! by its bare name (`phone`). What a record does not have is left out; a record without an id or without a phone is a
//! [`Rejected`] that says which field was looked for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::dates;
use crate::importer::{Consent, IncomingContact, IncomingLead, Rejected};
use crate::types::{Timestamp, Value, Variable};

/// Which field of a record is what. Empty texts and lists: there is no such field.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// The record's own id.
    pub external_id: String,
    /// Phones in the order they are tried; the first that is there is the primary one.
    pub phones: Vec<String>,
    /// The parts of the person's name, in order.
    pub name: Vec<String>,
    /// ISO 3166-1 alpha-2; decides how national numbers are read.
    pub country: String,
    /// State, province.
    pub region: String,
    /// Postal code.
    pub postal_code: String,
    /// BCP 47.
    pub language: String,
    /// IANA name.
    pub time_zone: String,
    /// True where the person must not be called.
    pub do_not_call: String,
    /// True where the record is gone.
    pub deleted: String,
    /// On what ground the person may be called.
    pub consent: String,
    /// Higher is called first.
    pub priority: String,
    /// When the record last changed: RFC 3339, or Unix seconds or milliseconds.
    pub updated_at: String,
    /// Variables by their names.
    pub variables: BTreeMap<String, String>,
}

/// What a tenant chooses of a person by naming fields, the same wherever fields have names: flatten it into a plugin's settings.
/// Empty texts: nothing is chosen. What a system has a usual field for (phones, do not call) is the plugin's own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    /// Field with the country.
    pub country: String,
    /// Field with the state.
    pub region: String,
    /// Field with the postal code.
    pub postal_code: String,
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
}

impl Chosen {
    /// The settings that it is made of.
    pub const SETTINGS: [&'static str; 8] =
        ["country", "region", "postal_code", "language", "time_zone", "consent", "priority", "variables"];

    /// Every field that is chosen, each with the setting that chose it.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let single = [
            ("country", &self.country),
            ("region", &self.region),
            ("postal_code", &self.postal_code),
            ("language", &self.language),
            ("time_zone", &self.time_zone),
            ("consent", &self.consent),
            ("priority", &self.priority),
        ];
        let all = single.into_iter().chain(self.variables.values().map(|field| ("variables", field)));
        all.map(|(setting, field)| (setting, field.as_str())).filter(|(_, field)| !field.is_empty())
    }

    /// What is chosen as fields of a record; `place` says where a field of that name is.
    pub fn fields(&self, place: impl Fn(&str) -> String) -> Fields {
        let place = |field: &str| if field.is_empty() { String::new() } else { place(field) };
        Fields {
            country: place(&self.country),
            region: place(&self.region),
            postal_code: place(&self.postal_code),
            language: place(&self.language),
            time_zone: place(&self.time_zone),
            consent: place(&self.consent),
            priority: place(&self.priority),
            variables: self.variables.iter().map(|(name, from)| (name.clone(), place(from))).collect(),
            ..Fields::default()
        }
    }
}

/// The field of a record; `None` for a null, an empty text and a field that is not there.
pub fn field<'a>(record: &'a Json, name: &str) -> Option<&'a Json> {
    let found = if name.starts_with('/') { record.pointer(name) } else { record.get(name) };
    found.filter(|value| !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()))
}

/// A text, or a number as it is written.
pub fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What other systems write for yes: true, a number that is not 0, `true`, `yes`, `y`, `on`, `1`, `x`; of a list, one of them.
pub fn is_yes(value: &Json) -> bool {
    match value {
        Json::Bool(yes) => *yes,
        Json::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Json::String(text) => {
            ["true", "yes", "y", "on", "1", "x"].iter().any(|yes| text.trim().eq_ignore_ascii_case(yes))
        }
        Json::Array(several) => several.iter().any(is_yes),
        _ => false,
    }
}

/// An instant: RFC 3339, Unix seconds (below 100,000,000,000) or Unix milliseconds.
pub fn instant(value: &Json) -> Option<Timestamp> {
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    let number = match value {
        Json::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Json::String(text) => match text.trim().parse::<i64>() {
            Ok(number) => Some(number),
            Err(_) => return dates::rfc3339(text.trim()),
        },
        _ => None,
    }?;
    Some(if number.abs() < FIRST_MILLISECONDS { number.saturating_mul(1_000) } else { number })
}

/// The value of a variable: what JSON can say plainly; lists and objects as their JSON text.
pub fn variable(value: &Json) -> Value {
    match value {
        Json::Bool(yes) => Value::Boolean(*yes),
        Json::Number(number) => number.as_f64().map_or_else(|| Value::Text(number.to_string()), Value::Number),
        Json::String(text) => Value::Text(text.trim().to_owned()),
        other => Value::Text(other.to_string()),
    }
}

impl Fields {
    /// The lead that a record is.
    ///
    /// # Errors
    /// It has no id, or no phone and is neither deleted nor one who must not be called.
    pub fn lead(&self, record: &Json) -> Result<IncomingLead, Rejected> {
        let contacts = self.phones.iter().filter_map(|name| {
            let phone = Some(name).filter(|name| !name.is_empty()).and_then(|name| text(field(record, name)?))?;
            Some(IncomingContact { label: Some(label(name)), ..IncomingContact::new(phone) })
        });
        self.lead_with(record, contacts.collect(), false)
    }

    /// The lead that a record is, with the phones that the importer found in it itself (`phones` says where it looked), and
    /// whether it found that the person must not be called, beside what the field says.
    ///
    /// # Errors
    /// Those of [`Fields::lead`].
    pub fn lead_with(
        &self,
        record: &Json,
        mut contacts: Vec<IncomingContact>,
        do_not_call: bool,
    ) -> Result<IncomingLead, Rejected> {
        let text_of =
            |name: &str| Some(name).filter(|name| !name.is_empty()).and_then(|name| field(record, name)).and_then(text);
        let yes = |name: &str| !name.is_empty() && field(record, name).is_some_and(is_yes);
        let Some(external_id) = text_of(&self.external_id) else {
            let message =
                format!("the record has no {}, so the same person could not be recognised again", self.external_id);
            return Err(Rejected::new("", &self.external_id, "id_missing", message));
        };
        let parts: Vec<_> = self.name.iter().filter_map(|name| text_of(name)).collect();
        if let Some(first) = contacts.first_mut() {
            first.name = (!parts.is_empty()).then(|| parts.join(" "));
        }
        let (do_not_call, deleted) = (do_not_call || yes(&self.do_not_call), yes(&self.deleted));
        if contacts.is_empty() && !do_not_call && !deleted {
            let looked = self.phones.join(", ");
            let first = self.phones.first().map_or("phones", String::as_str);
            return Err(Rejected::new(external_id, first, "phone_missing", format!("none of {looked} holds a phone")));
        }
        let variables = self
            .variables
            .iter()
            .filter_map(|(name, from)| Some(Variable { name: name.clone(), value: variable(field(record, from)?) }));
        Ok(IncomingLead {
            contacts,
            zone: text_of(&self.time_zone),
            country: text_of(&self.country).filter(|country| country.len() == 2),
            region: text_of(&self.region),
            postal_code: text_of(&self.postal_code),
            language: text_of(&self.language),
            do_not_call,
            deleted,
            consent: text_of(&self.consent).map(|basis| Consent { basis, source: external_id.clone(), at: None }),
            priority: text_of(&self.priority).and_then(|number| number.parse().ok()).unwrap_or(0),
            updated_at: Some(&self.updated_at)
                .filter(|name| !name.is_empty())
                .and_then(|name| instant(field(record, name)?)),
            variables: variables.collect(),
            ..IncomingLead::without_phone(external_id)
        })
    }
}

/// The last word of a field's name: `/contact/mobile` is the `mobile`.
fn label(field: &str) -> String {
    field.rsplit('/').find(|word| !word.is_empty() && word.parse::<u32>().is_err()).unwrap_or(field).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields() -> Fields {
        serde_json::from_value(json!({
            "external_id": "id", "phones": ["/phones/0/number", "mobile"], "name": ["first", "last"], "country": "cc",
            "do_not_call": "/flags/dnc", "deleted": "gone", "updated_at": "changed", "consent": "basis", "priority": "rank",
            "variables": {"plan": "plan", "score": "/stats/score", "tags": "tags", "vip": "vip"},
        }))
        .unwrap()
    }

    #[test]
    fn a_record_becomes_the_lead_it_describes() {
        let record = json!({
            "id": 17, "phones": [{"number": " 079 123 "}], "mobile": 41791234567_u64, "first": "Zoë", "last": "Q", "cc": "CH",
            "changed": 1_700_000_000, "rank": "7", "plan": "gold", "stats": {"score": 4.5}, "tags": ["a", 1], "vip": false, "basis": "opt-in",
        });
        let lead = fields().lead(&record).unwrap();
        let phones: Vec<_> = lead.contacts.iter().map(|contact| contact.phone.as_str()).collect();
        assert_eq!((lead.external_id.as_str(), phones), ("17", vec!["079 123", "41791234567"]));
        assert_eq!(
            (lead.contacts[0].name.as_deref(), lead.contacts[0].label.as_deref()),
            (Some("Zoë Q"), Some("number"))
        );
        assert_eq!((lead.contacts[1].name.as_deref(), lead.contacts[1].label.as_deref()), (None, Some("mobile")));
        assert_eq!((lead.country.as_deref(), lead.updated_at, lead.priority), (Some("CH"), Some(1_700_000_000_000), 7));
        assert_eq!(lead.consent.map(|consent| consent.basis).as_deref(), Some("opt-in"));
        let value = |name| crate::types::find(&lead.variables, name).cloned();
        assert_eq!(value("plan"), Some("gold".into()));
        assert_eq!((value("score"), value("vip")), (Some(4.5.into()), Some(false.into())));
        assert_eq!(value("tags"), Some(r#"["a",1]"#.into()));
    }

    #[test]
    fn an_importer_may_find_the_phones_itself() {
        let found = vec![IncomingContact::new("+41441112233"), IncomingContact::new("+41441112234")];
        let record = json!({"id": "a", "first": "Zoë", "flags": {"dnc": ["no", "YES"]}});
        let lead = fields().lead_with(&record, found, false).unwrap();
        let names: Vec<_> = lead.contacts.iter().map(|contact| contact.name.as_deref()).collect();
        assert_eq!((names, lead.do_not_call), (vec![Some("Zoë"), None], true), "one yes of a list is a yes");
        assert!(fields().lead_with(&json!({"id": "a"}), Vec::new(), true).unwrap().do_not_call);
        let none = fields().lead_with(&json!({"id": "a"}), Vec::new(), false).unwrap_err();
        assert_eq!((none.field.as_str(), none.code.as_str()), ("/phones/0/number", "phone_missing"));
    }

    #[test]
    fn what_is_chosen_is_named_with_its_setting_and_found_in_its_place() {
        let chosen: Chosen = serde_json::from_value(json!({"country": "cc", "variables": {"plan": "plan"}})).unwrap();
        assert_eq!(chosen.named().collect::<Vec<_>>(), [("country", "cc"), ("variables", "plan")]);
        let fields = chosen.fields(|field| format!("/properties/{field}"));
        assert_eq!((fields.country.as_str(), fields.region.as_str()), ("/properties/cc", ""));
        assert_eq!(fields.variables["plan"], "/properties/plan");
        assert!(chosen.named().all(|(setting, _)| Chosen::SETTINGS.contains(&setting)));
    }

    #[test]
    fn ragged_records_say_what_was_looked_for() {
        let none = fields().lead(&json!({"first": "A"})).unwrap_err();
        assert_eq!((none.code.as_str(), none.field.as_str()), ("id_missing", "id"));
        let phoneless = fields().lead(&json!({"id": "a", "mobile": "  ", "phones": []})).unwrap_err();
        assert_eq!((phoneless.code.as_str(), phoneless.external_id.as_str()), ("phone_missing", "a"));
        assert!(phoneless.message.contains("mobile"), "{}", phoneless.message);
        for gone in [json!({"id": "a", "gone": "yes"}), json!({"id": "a", "flags": {"dnc": 1}})] {
            let lead = fields().lead(&gone).unwrap();
            assert!(lead.contacts.is_empty() && (lead.deleted || lead.do_not_call));
        }
    }

    #[test]
    fn instants_come_in_three_spellings() {
        let at = Some(1_700_000_000_000);
        for written in
            [json!(1_700_000_000), json!(1_700_000_000_000_i64), json!("1700000000"), json!("2023-11-14T22:13:20Z")]
        {
            assert_eq!(instant(&written), at, "{written}");
        }
        assert_eq!(instant(&json!("yesterday")), None);
    }
}
