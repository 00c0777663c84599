//! The phones of a lead: written, and replaced while attempts name them by position.

use std::collections::BTreeSet;

use campanile_domain::contact::{Contact, MAX_CONTACTS, Unusable};
use campanile_domain::lead::LeadState;
use campanile_domain::phone::Phone;
use rusqlite::{OptionalExtension, params};

use crate::sqlite::codes::{Code, OPEN};
use crate::sqlite::dialling::facts;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::row::{LeadRow, digits};

/// The phones of a lead that has none.
pub(crate) fn insert(op: &Op<'_>, lead: i64, contacts: &[Contact]) -> Done<()> {
    let mut add = op.db.prepare_cached(
        "INSERT INTO contact (lead, position, tenant, phone, name, label, variables, unusable)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for contact in contacts {
        let variables =
            (!contact.variables.is_empty()).then(|| serde_json::to_string(&contact.variables)).transpose()?;
        add.execute(params![
            lead,
            contact.position,
            op.tenant(),
            digits(contact.phone),
            contact.name,
            contact.label,
            variables,
            contact.unusable.code(),
        ])?;
    }
    Ok(())
}

/// The phones as they are now. A lead that was never dialled gets them in their order. One that was keeps each
/// phone in its place, because attempts name contacts by position: what is gone becomes unusable, what is new comes behind
/// or into the place of what was gone before.
pub(crate) fn replace(op: &Op<'_>, row: &LeadRow, wanted: &[Contact]) -> Done<()> {
    let mut held = facts::contacts_of(op.db, row.key.0)?.all;
    let merged = if row.dials == 0 && !matches!(row.state, LeadState::Processing(_)) {
        wanted.to_vec()
    } else {
        let now: BTreeSet<Phone> = wanted.iter().map(|contact| contact.phone).collect();
        for contact in &mut held {
            match wanted.iter().find(|theirs| theirs.phone == contact.phone) {
                Some(theirs) => {
                    contact.name.clone_from(&theirs.name);
                    contact.label.clone_from(&theirs.label);
                    contact.variables = theirs.variables.clone();
                    if contact.unusable == Some(Unusable::RemovedAtSource) {
                        contact.unusable = None;
                    }
                }
                None if contact.unusable.is_none() => contact.unusable = Some(Unusable::RemovedAtSource),
                None => {}
            }
        }
        let dialled = open_contact(op, row.key.0)?;
        for theirs in wanted {
            if held.iter().any(|contact| contact.phone == theirs.phone) {
                continue;
            }
            if held.len() < MAX_CONTACTS {
                held.push(Contact { position: held.len() as u16, ..theirs.clone() });
            } else if let Some(free) =
                held.iter_mut().find(|contact| !now.contains(&contact.phone) && Some(contact.position) != dialled)
            {
                *free = Contact { position: free.position, ..theirs.clone() };
            }
        }
        held
    };
    op.db.prepare_cached("DELETE FROM contact WHERE lead = ?1")?.execute([row.key.0])?;
    insert(op, row.key.0, &merged)?;
    if let Some(primary) = wanted.first() {
        op.db
            .prepare_cached("UPDATE lead SET primary_phone = ?2 WHERE id = ?1")?
            .execute(params![row.key.0, digits(primary.phone)])?;
    }
    Ok(())
}

/// The contact that an open attempt dials.
fn open_contact(op: &Op<'_>, lead: i64) -> Done<Option<u16>> {
    Ok(op
        .db
        .prepare_cached("SELECT contact FROM attempt WHERE lead = ?1 AND state < ?2")?
        .query_row(params![lead, OPEN], |row| row.get(0))
        .optional()?)
}
