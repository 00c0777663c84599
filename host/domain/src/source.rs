//! Sources: how a record of another system becomes a lead.
//!
//! Pure: a record is read the same way whatever page, run or host it comes in, so that its digest says whether it changed.
//! A record that cannot be called is no error of the page: it is told with field, code and what to do, and a lead that it
//! was before is called no more, because what the other system says now is what holds.
//!
//! What the contract knows of a person beyond phones and variables is kept as variables under fixed names
//! ([`Known`]), where scripts, policies and evaluators find it; a variable of the importer's own with that name wins.

use sha2::{Digest, Sha256};

use crate::contact::{Contact, MAX_CONTACTS};
use crate::importer::{IncomingLead, Page, PageMode, RejectedRecord};
use crate::phone::{self, Phone};
use crate::ports::store::NewLead;
use crate::region::Region;
use crate::variable::Variables;
use crate::zone::Zone;

/// The shortest and the longest interval of a source, in minutes.
pub const INTERVAL_MINUTES: std::ops::RangeInclusive<u32> = 1..=10_080;
/// Leads asked for in a page.
pub const PAGE_LIMIT: u32 = 500;
/// Rejected records of one run that are kept; the rest is only counted.
pub const KEPT_REJECTS: u64 = 1_000;

/// The variables that hold what the contract knows of a person.
#[derive(Clone, Copy, Debug)]
pub struct Known;

impl Known {
    /// BCP 47.
    pub const LANGUAGE: &'static str = "language";
    /// ISO 3166-1 alpha-2.
    pub const COUNTRY: &'static str = "country";
    /// Of the country.
    pub const REGION: &'static str = "region";
    /// As the other system writes it.
    pub const POSTAL_CODE: &'static str = "postal_code";
    /// On what ground the person may be called.
    pub const CONSENT_BASIS: &'static str = "consent_basis";
    /// Where that was recorded.
    pub const CONSENT_SOURCE: &'static str = "consent_source";
    /// When it was given; an instant.
    pub const CONSENT_AT: &'static str = "consent_at";
    /// A zone's name that the host's database does not have.
    pub const TIME_ZONE: &'static str = "time_zone";
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Somebody to call.
    Lead(Box<NewLead>),
    /// Somebody never to call, on any of these.
    DoNotCall(Vec<Phone>),
    /// Nobody any more.
    Gone,
    /// Somebody who cannot be called, and why.
    Rejected(RejectedRecord),
}

/// A record that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadRecord {
    /// The other system's id.
    pub external_id: String,
    /// What it says.
    pub content: Content,
    /// Of the content; equal when nothing changed.
    pub digest: [u8; 32],
}

/// A page that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPage {
    /// Its records.
    pub records: Vec<ReadRecord>,
    /// Records that the importer itself could not read.
    pub rejected: Vec<RejectedRecord>,
    /// What it is a part of.
    pub mode: PageMode,
    /// Where the next one begins.
    pub cursor: Option<String>,
    /// Another page is there now.
    pub more: bool,
}

/// Reads a page; `region` is how national numbers are read where a record names no country.
pub fn read(page: Page, region: Option<Region>) -> ReadPage {
    let Page { leads, rejected, mode, cursor, more } = page;
    ReadPage { records: leads.into_iter().map(|lead| record(lead, region)).collect(), rejected, mode, cursor, more }
}

fn record(lead: IncomingLead, region: Option<Region>) -> ReadRecord {
    let external_id = lead.external_id.clone();
    let content = content(lead, region);
    let digest = digest(&content);
    ReadRecord { external_id, content, digest }
}

fn digest(content: &Content) -> [u8; 32] {
    let text = match content {
        Content::Lead(lead) => serde_json::to_string(lead),
        Content::DoNotCall(phones) => serde_json::to_string(&("do_not_call", phones)),
        Content::Gone => Ok("gone".to_owned()),
        Content::Rejected(why) => serde_json::to_string(&("rejected", why)),
    };
    // None of them holds what JSON cannot write.
    Sha256::digest(text.unwrap_or_default()).into()
}

fn content(lead: IncomingLead, region: Option<Region>) -> Content {
    if lead.deleted {
        return Content::Gone;
    }
    let rejected = |field: &str, code: &str, message: String| {
        Content::Rejected(RejectedRecord {
            external_id: lead.external_id.clone(),
            field: field.to_owned(),
            code: code.to_owned(),
            message,
        })
    };
    let country = match lead.country.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => match text.parse::<Region>() {
            Ok(country) => Some(country),
            Err(error) if !lead.do_not_call => return rejected("country", "unknown_region", error.to_string()),
            Err(_) => None,
        },
    };
    let mut contacts: Vec<Contact> = Vec::new();
    let mut first_fault = None;
    for (index, contact) in lead.contacts.iter().enumerate() {
        if contact.phone.trim().is_empty() {
            continue;
        }
        match phone::parse(&contact.phone, country.or(region)) {
            Ok(phone) if contacts.iter().all(|known| known.phone != phone) => {
                if contacts.len() == MAX_CONTACTS {
                    break;
                }
                contacts.push(Contact {
                    name: contact.name.clone(),
                    label: contact.label.clone(),
                    variables: contact.variables.clone(),
                    ..Contact::new(contacts.len() as u16, phone)
                });
            }
            Ok(_) => {}
            Err(error) if first_fault.is_none() => {
                let message = format!("{error}; {}", error.suggestion());
                first_fault = Some((format!("contacts/{index}/phone"), error.code().to_owned(), message));
            }
            Err(_) => {}
        }
    }
    if lead.do_not_call {
        return Content::DoNotCall(contacts.into_iter().map(|contact| contact.phone).collect());
    }
    if contacts.is_empty() {
        let (field, code, message) = first_fault.unwrap_or_else(|| {
            let message = "the record has no phone; give it one in the other system";
            ("contacts".to_owned(), "missing".to_owned(), message.to_owned())
        });
        return rejected(&field, &code, message);
    }
    let (time_zone, unknown_zone) = match lead.zone.as_deref().filter(|name| !name.is_empty()) {
        None => (None, None),
        Some(name) => match Zone::parse(name) {
            Ok(zone) => (Some(zone), None),
            Err(_) => (None, Some(name.to_owned())),
        },
    };
    let mut known = Variables::new();
    let texts = [
        (Known::LANGUAGE, lead.language),
        (Known::COUNTRY, country.map(|country| country.to_string())),
        (Known::REGION, lead.region),
        (Known::POSTAL_CODE, lead.postal_code),
        (Known::TIME_ZONE, unknown_zone),
    ];
    for (name, text) in texts {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            known.set(name, crate::variable::Value::Text(text));
        }
    }
    if let Some(consent) = lead.consent {
        known.set(Known::CONSENT_BASIS, crate::variable::Value::Text(consent.basis));
        known.set(Known::CONSENT_SOURCE, crate::variable::Value::Text(consent.source));
        if let Some(at) = consent.at {
            known.set(Known::CONSENT_AT, crate::variable::Value::DateTime(at));
        }
    }
    Content::Lead(Box::new(NewLead {
        external_id: Some(lead.external_id),
        contacts,
        priority: lead.priority,
        not_before: None,
        expires_at: None,
        time_zone,
        variables: lead.variables.over(&known),
        allow_duplicate: false,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::importer::{Consent, IncomingContact};
    use crate::time::Timestamp;
    use crate::variable::Value;

    fn person(phones: &[&str]) -> IncomingLead {
        let contact = |phone: &&str| IncomingContact {
            phone: (*phone).to_owned(),
            name: None,
            label: None,
            variables: Variables::new(),
        };
        IncomingLead {
            external_id: "7".into(),
            contacts: phones.iter().map(contact).collect(),
            zone: None,
            country: None,
            region: None,
            postal_code: None,
            language: None,
            do_not_call: false,
            deleted: false,
            consent: None,
            priority: 0,
            updated_at: None,
            variables: Variables::new(),
        }
    }

    fn read(lead: IncomingLead) -> ReadRecord {
        record(lead, "DE".parse().ok())
    }

    fn lead(record: ReadRecord) -> NewLead {
        match record.content {
            Content::Lead(lead) => *lead,
            other => panic!("{other:?}"),
        }
    }

    fn rejected(record: ReadRecord) -> RejectedRecord {
        match record.content {
            Content::Rejected(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn phones_are_read_by_the_leads_country_and_else_by_the_default() {
        let german = lead(read(person(&["030 901820", "+4930901820", " "])));
        assert_eq!(german.contacts.len(), 1);
        assert_eq!(german.contacts[0].phone.to_string(), "+4930901820");
        let american = IncomingLead { country: Some("us".into()), ..person(&["(415) 555-2671"]) };
        assert_eq!(lead(read(american)).contacts[0].phone.to_string(), "+14155552671");
    }

    #[test]
    fn who_cannot_be_called_is_told_with_field_and_code() {
        let nobody = rejected(read(person(&[])));
        assert_eq!((nobody.field.as_str(), nobody.code.as_str()), ("contacts", "missing"));
        let wrong = rejected(read(person(&["", "12"])));
        assert_eq!(wrong.field, "contacts/1/phone");
        assert!(!wrong.code.is_empty() && wrong.message.contains("12"), "{wrong:?}");
        let nowhere = rejected(read(IncomingLead { country: Some("Mars".into()), ..person(&["12"]) }));
        assert_eq!((nowhere.field.as_str(), nowhere.code.as_str()), ("country", "unknown_region"));
        assert_eq!(lead(read(person(&["12", "030 901820"]))).contacts.len(), 1, "one callable phone is enough");
    }

    #[test]
    fn what_is_known_becomes_variables_and_the_importers_own_win() {
        let consent = Consent { basis: "opt-in".into(), source: "web form".into(), at: Some(Timestamp(5)) };
        let mut own = Variables::new();
        own.set("region", "South");
        let told = lead(read(IncomingLead {
            consent: Some(consent),
            language: Some("de".into()),
            region: Some("Bayern".into()),
            zone: Some("Mars/Base".into()),
            variables: own,
            ..person(&["030 901820"])
        }));
        let text = |name: &str| told.variables.get(name).and_then(Value::as_text);
        assert_eq!(
            (text("region"), text("language"), text("time_zone")),
            (Some("South"), Some("de"), Some("Mars/Base"))
        );
        assert_eq!(told.variables.get("consent_at"), Some(&Value::DateTime(Timestamp(5))));
        assert_eq!(told.time_zone, None);
    }

    #[test]
    fn the_digest_changes_with_the_content_and_with_nothing_else() {
        let same = |one: IncomingLead, other: IncomingLead| read(one).digest == read(other).digest;
        let later = IncomingLead { updated_at: Some(Timestamp(9)), ..person(&["030 901820"]) };
        assert!(same(person(&["030 901820"]), later));
        assert!(same(person(&["030 901820"]), person(&["+49 30 901820"])));
        assert!(!same(person(&["030 901820"]), person(&["030 901821"])));
        assert!(!same(person(&["030 901820"]), IncomingLead { do_not_call: true, ..person(&["030 901820"]) }));
    }
}
