//! What an importer answers: a page of another system's records.
//!
//! The page must be exactly readable: ids there and unique, instants instants, no cursor lost while there is more. Whether
//! a record is a lead that can be called (its phones, its country) is not asked here: that rejects a record, not a page.

use std::collections::BTreeSet;

use campanile_domain::importer::{
    CURSOR_BYTES, Consent, EXTERNAL_ID_BYTES, IncomingContact, IncomingLead, PAGE_LEADS, Page, PageMode, RejectedRecord,
};

use super::instance::{at_most, code, fits, invalid, sentence, size_extra};
use super::value::{instant, size_all, take_all};
use crate::contract::exports::campanile::plugin::importer as contract;
use crate::fault::Fault;

/// Contacts of one record that are read; a lead may have fewer.
const CONTACTS: usize = 100;

/// A page in the domain's words.
///
/// # Errors
/// A part cannot be read, is there twice or is too much; it is named.
pub fn page(page: contract::Page, allowed: usize) -> Result<Page, Fault> {
    fits(size(&page), allowed)?;
    at_most("leads in the page", page.leads.len(), PAGE_LEADS)?;
    at_most("rejected records in the page", page.rejected.len(), PAGE_LEADS)?;
    if let Some(cursor) = &page.cursor
        && cursor.len() > CURSOR_BYTES
    {
        return Err(invalid(format!("the cursor has {} bytes; {CURSOR_BYTES} are allowed", cursor.len())));
    }
    if page.more && page.cursor.is_none() {
        return Err(invalid("it says that there is more and gives no cursor to go on from"));
    }
    let mode = match page.mode {
        contract::Mode::Delta => PageMode::Delta,
        contract::Mode::SnapshotPart => PageMode::SnapshotPart,
        contract::Mode::SnapshotEnd => PageMode::SnapshotEnd,
    };
    if page.more && mode == PageMode::SnapshotEnd {
        return Err(invalid("it says that the snapshot ends here and that there is more of it"));
    }
    let mut seen = BTreeSet::new();
    let mut leads = Vec::with_capacity(page.leads.len());
    for lead in page.leads {
        let id = lead.external_id.clone();
        if id.is_empty() || id.len() > EXTERNAL_ID_BYTES {
            let rule = "without one of 1 to 255 bytes the same person comes twice";
            return Err(invalid(format!("a lead has an external id of {} bytes; {rule}", id.len())));
        }
        leads.push(self::lead(lead).map_err(|what| invalid(format!("the lead {id:?}: {what}")))?);
        if !seen.insert(id.clone()) {
            return Err(invalid(format!("the lead {id:?} is there twice in one page")));
        }
    }
    let rejected = page.rejected.into_iter().map(rejected).collect::<Result<_, _>>()?;
    Ok(Page { leads, rejected, mode, cursor: page.cursor, more: page.more })
}

fn rejected(record: contract::Rejected) -> Result<RejectedRecord, Fault> {
    Ok(RejectedRecord {
        external_id: record.external_id.chars().take(EXTERNAL_ID_BYTES).collect(),
        field: sentence(&record.field),
        code: code("the code of a rejected record", record.code)?,
        message: sentence(&record.message),
    })
}

fn contact(contact: contract::IncomingContact) -> Result<IncomingContact, String> {
    Ok(IncomingContact {
        phone: contact.phone,
        name: contact.name,
        label: contact.label,
        variables: take_all(contact.variables)?,
    })
}

fn lead(lead: contract::IncomingLead) -> Result<IncomingLead, String> {
    if lead.contacts.len() > CONTACTS {
        return Err(format!("it has {} contacts; {CONTACTS} are read", lead.contacts.len()));
    }
    let consent = lead.consent.map(|consent| {
        let at = consent.at.map(instant).transpose()?;
        Ok::<_, String>(Consent { basis: consent.basis, source: consent.source, at })
    });
    Ok(IncomingLead {
        external_id: lead.external_id,
        contacts: lead.contacts.into_iter().map(contact).collect::<Result<_, _>>()?,
        zone: lead.zone,
        country: lead.country,
        region: lead.region,
        postal_code: lead.postal_code,
        language: lead.language,
        do_not_call: lead.do_not_call,
        deleted: lead.deleted,
        consent: consent.transpose()?,
        priority: lead.priority,
        updated_at: lead.updated_at.map(instant).transpose()?,
        variables: take_all(lead.variables)?,
    })
}

/// Bytes that a page hands over.
fn size(page: &contract::Page) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let contact = |contact: &contract::IncomingContact| {
        contact.phone.len() + text(&contact.name) + text(&contact.label) + size_all(&contact.variables)
    };
    let lead = |lead: &contract::IncomingLead| {
        let consent = lead.consent.as_ref().map_or(0, |consent| consent.basis.len() + consent.source.len() + 8);
        let texts = [&lead.zone, &lead.country, &lead.region, &lead.postal_code, &lead.language];
        lead.external_id.len()
            + lead.contacts.iter().map(contact).sum::<usize>()
            + texts.into_iter().map(text).sum::<usize>()
            + consent
            + size_all(&lead.variables)
            + size_extra(&lead.extra)
            + 32
    };
    let rejected =
        |one: &contract::Rejected| one.external_id.len() + one.field.len() + one.code.len() + one.message.len();
    page.leads.iter().map(lead).sum::<usize>() + page.rejected.iter().map(rejected).sum::<usize>() + text(&page.cursor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::campanile::plugin::types;

    fn person(id: &str) -> contract::IncomingLead {
        contract::IncomingLead {
            external_id: id.into(),
            contacts: Vec::new(),
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
            variables: Vec::new(),
            extra: Vec::new(),
        }
    }

    fn of(leads: Vec<contract::IncomingLead>) -> contract::Page {
        contract::Page { leads, rejected: Vec::new(), mode: contract::Mode::Delta, cursor: None, more: false }
    }

    fn told(given: contract::Page) -> String {
        match page(given, 10_000) {
            Err(Fault::OutputInvalid { what }) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_page_is_read_exactly_or_not_at_all() {
        assert_eq!(page(of(vec![person("1"), person("2")]), 10_000).unwrap().leads.len(), 2);
        let variable = |name: &str, value| types::Variable { name: name.into(), value };
        let twice = vec![variable("a", types::Value::Boolean(true)), variable("a", types::Value::Boolean(true))];
        let wrong = [
            (of(vec![person("")]), "external id of 0 bytes"),
            (of(vec![person(&"x".repeat(256))]), "256 bytes"),
            (of(vec![person("7"), person("7")]), "\"7\" is there twice"),
            (contract::Page { more: true, ..of(Vec::new()) }, "no cursor"),
            (
                contract::Page {
                    more: true,
                    cursor: Some("c".into()),
                    mode: contract::Mode::SnapshotEnd,
                    ..of(Vec::new())
                },
                "the snapshot ends here",
            ),
            (contract::Page { cursor: Some("c".repeat(CURSOR_BYTES + 1)), ..of(Vec::new()) }, "10000 are allowed"),
            (of(vec![contract::IncomingLead { updated_at: Some(-1), ..person("1") }]), "-1 is no instant"),
            (of(vec![contract::IncomingLead { variables: twice, ..person("1") }]), "\"a\" is set twice"),
            (
                of(vec![contract::IncomingLead {
                    variables: vec![variable("n", types::Value::Number(f64::NAN))],
                    ..person("1")
                }]),
                "\"n\"",
            ),
        ];
        for (given, rule) in wrong {
            let what = told(given);
            assert!(what.contains(rule), "{what}");
        }
        let many = (0..=PAGE_LEADS).map(|id| person(&id.to_string())).collect();
        assert!(matches!(page(of(many), usize::MAX), Err(Fault::OutputInvalid { what }) if what.contains("5001")));
    }
}
