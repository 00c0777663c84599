//! A lead as it comes in: phones as people write them, one phone or a list of contacts.

use campanile_domain::contact::{Contact, MAX_CONTACTS};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::NewLead;
use campanile_domain::region::Region;
use campanile_domain::time::Timestamp;
use campanile_domain::variable::Variables;
use campanile_domain::zone::{UnknownZone, Zone};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::body::typed;
use crate::phones;
use crate::problem::FieldProblem;

/// A lead to be called. Either `phone` or `contacts` has to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadBody {
    /// The primary phone, as people write it.
    #[serde(default)]
    phone: Option<String>,
    /// All phones, the primary first.
    #[serde(default)]
    #[schema(min_items = 1)]
    contacts: Option<Vec<ContactBody>>,
    /// Further phones, in the order they are tried; at most ten.
    #[serde(default)]
    secondary_contacts: Vec<ContactBody>,
    /// Named data for the conversation: texts, numbers, booleans; null for undetermined.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, crate::schema::VariableValue>)]
    variables: Variables,
    /// Unique in the campaign: a second arrival updates the lead.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    external_id: Option<String>,
    /// Higher first; 0 if it is left out.
    #[serde(default)]
    priority: i32,
    /// Not called before.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    not_before: Option<Timestamp>,
    /// Not called from then on.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// An IANA name, kept with the lead; for now the campaign's zone applies.
    #[serde(default)]
    time_zone: Option<String>,
    /// Take the lead also when the campaign has its primary phone already.
    #[serde(default)]
    allow_duplicate: bool,
    /// The country of phones without a country code, two letters; otherwise that of the campaign's zone.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z]{2}$")]
    default_region: Option<String>,
}

/// A phone of a lead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactBody {
    /// As people write it.
    phone: String,
    /// Whose phone it is.
    #[serde(default)]
    name: Option<String>,
    /// What you call it: "mobile", "office".
    #[serde(default)]
    label: Option<String>,
    /// Merged over the lead's variables when this contact is dialled.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, crate::schema::VariableValue>)]
    variables: Variables,
}

/// Reads a lead of a campaign in that zone.
pub(super) fn read(body: Value, zone: Option<&str>, region: Option<Region>) -> Result<NewLead, Vec<FieldProblem>> {
    let body: LeadBody = typed(body)?;
    let mut faults = Vec::new();
    let region = match &body.default_region {
        None if region.is_some() => Ok(region),
        named => phones::region(named.as_deref(), zone, "/default_region"),
    };
    let region = region.map_err(|fault| faults.push(fault)).unwrap_or_default();
    let time_zone = body.time_zone.as_deref().and_then(|name| {
        let unknown = |error: UnknownZone| FieldProblem::new("/time_zone", UnknownZone::CODE, error.to_string());
        Zone::parse(name).map_err(|error| faults.push(unknown(error))).ok()
    });
    if let (Some(from), Some(to)) = (body.not_before, body.expires_at)
        && from >= to
    {
        let message = format!("expires_at {to} is not after not_before {from}; the lead could never be called");
        faults.push(FieldProblem::new("/expires_at", "order", message));
    }
    if let Some(id) = body.external_id.as_ref().filter(|id| !(1..=255).contains(&id.chars().count())) {
        let message =
            format!("the external id has {} characters; give it 1 to 255, or leave it out", id.chars().count());
        faults.push(FieldProblem::new("/external_id", "length", message));
    }
    let contacts = contacts(body.phone, body.contacts, body.secondary_contacts, region, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(NewLead {
        external_id: body.external_id,
        contacts,
        priority: body.priority,
        not_before: body.not_before,
        expires_at: body.expires_at,
        time_zone,
        variables: body.variables,
        allow_duplicate: body.allow_duplicate,
    })
}

fn contacts(
    phone: Option<String>,
    listed: Option<Vec<ContactBody>>,
    secondary: Vec<ContactBody>,
    region: Option<Region>,
    faults: &mut Vec<FieldProblem>,
) -> Vec<Contact> {
    let plain = |phone| ContactBody { phone, name: None, label: None, variables: Variables::new() };
    let mut written: Vec<(String, ContactBody)> = match (phone, listed) {
        (Some(_), Some(_)) => {
            let message = "both phone and contacts are sent; send phone alone, or all phones in contacts";
            faults.push(FieldProblem::new("/contacts", "ambiguous", message));
            Vec::new()
        }
        (None, None) => {
            let message = "the lead has no phone; send phone, or contacts with the primary first";
            faults.push(FieldProblem::new("/phone", "required", message));
            Vec::new()
        }
        (None, Some(listed)) if listed.is_empty() => {
            let message = "the list of contacts is empty; a lead has at least one phone";
            faults.push(FieldProblem::new("/contacts", "empty", message));
            Vec::new()
        }
        (Some(phone), None) => vec![("/phone".to_owned(), plain(phone))],
        (None, Some(listed)) => placed("/contacts", listed),
    };
    written.extend(placed("/secondary_contacts", secondary));
    let mut seen: Vec<Phone> = Vec::new();
    let mut contacts = Vec::new();
    for (pointer, contact) in written {
        match phones::read(&contact.phone, region, &pointer) {
            // A phone that is there already is the same contact; the first place counts.
            Ok(phone) if seen.contains(&phone) => {}
            Ok(phone) => {
                seen.push(phone);
                let position = u16::try_from(contacts.len()).unwrap_or(u16::MAX);
                let ContactBody { name, label, variables, .. } = contact;
                contacts.push(Contact { name, label, variables, ..Contact::new(position, phone) });
            }
            Err(fault) => faults.push(fault),
        }
    }
    if contacts.len() > MAX_CONTACTS {
        let message =
            format!("the lead has {} phones; a lead has at most {MAX_CONTACTS}, the primary included", contacts.len());
        faults.push(FieldProblem::new("/secondary_contacts", "too_many", message));
    }
    contacts
}

fn placed(list: &str, contacts: Vec<ContactBody>) -> Vec<(String, ContactBody)> {
    let place = |(index, contact)| (format!("{list}/{index}/phone"), contact);
    contacts.into_iter().enumerate().map(place).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NEW_YORK: Option<&str> = Some("America/New_York");

    fn faults(body: Value) -> Vec<(String, String)> {
        let faults = read(body, NEW_YORK, None).unwrap_err();
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn one_phone_or_a_list_is_the_same_lead() {
        let one = json!({"phone": "(415) 555-2671", "secondary_contacts": [{"phone": "+14155552672"}]});
        let list =
            json!({"contacts": [{"phone": "+14155552671"}, {"phone": "415-555-2672"}, {"phone": "+14155552671"}]});
        let (one, list) = (read(one, NEW_YORK, None).unwrap(), read(list, NEW_YORK, None).unwrap());
        assert_eq!(one, list);
        assert_eq!(one.contacts.iter().map(|contact| contact.position).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn the_region_of_the_lead_comes_before_that_of_the_batch() {
        let region = |lead: Option<&str>, batch: Option<&str>| {
            let body = json!({"phone": "030 23125144", "default_region": lead});
            read(body, NEW_YORK, batch.map(|region| region.parse().unwrap()))
                .map(|lead| lead.contacts[0].phone.to_string())
        };
        assert_eq!(region(Some("DE"), None).unwrap(), "+493023125144");
        assert_eq!(region(None, Some("DE")).unwrap(), "+493023125144");
        assert_eq!(region(Some("DE"), Some("US")).unwrap(), "+493023125144");
        assert!(region(None, None).is_err());
    }

    #[test]
    fn faults_have_places_and_codes() {
        let expected =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect::<Vec<_>>();
        assert_eq!(faults(json!({})), expected(&[("/phone", "required")]));
        assert_eq!(faults(json!({"phone": "1", "contacts": []})), expected(&[("/contacts", "ambiguous")]));
        assert_eq!(faults(json!({"contacts": [{"phone": ""}]})), expected(&[("/contacts/0/phone", "missing_phone")]));
        let body = json!({
            "phone": "12", "time_zone": "Mars/Olympus", "external_id": "", "default_region": "XX",
            "not_before": "2026-03-02T09:00:00Z", "expires_at": "2026-03-01T09:00:00Z"});
        let told = [
            ("/default_region", "unknown_region"),
            ("/time_zone", "unknown_time_zone"),
            ("/expires_at", "order"),
            ("/external_id", "length"),
            ("/phone", "unparseable"),
        ];
        assert_eq!(faults(body), expected(&told));
        let crowd: Vec<Value> = (0..12).map(|n| json!({"phone": format!("+1415555{:04}", 2600 + n)})).collect();
        assert_eq!(faults(json!({"contacts": crowd})), expected(&[("/secondary_contacts", "too_many")]));
    }
}
