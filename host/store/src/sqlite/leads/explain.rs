//! What `explain` needs of a lead.

use campanile_domain::ids::{CallId, LeadId, TenantKey};
use campanile_domain::ports::store::ExplainFacts;
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::lead;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::dialling::claim;
use crate::sqlite::dialling::facts::{self, Facts};
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::row::{LEAD, LeadRow, digits};
use crate::sqlite::scope::{Cache, Scope};

/// The same facts that a claim loads, for one lead.
pub(crate) fn explain(
    db: &Connection,
    cache: &mut Cache,
    tenant: TenantKey,
    id: LeadId,
    now: Timestamp,
) -> Done<ExplainFacts> {
    let lead = {
        let key = lead::key_of(db, tenant, id)?;
        let mut statement = db.prepare_cached(&format!("SELECT {LEAD} FROM lead l WHERE l.id = ?1"))?;
        let mut rows = statement.query([key])?;
        rows.next()?.map_or_else(|| not_found("lead"), |row| LeadRow::read(row, 0))?
    };
    let scope = Scope::load(db, cache, lead.campaign)?;
    let contacts = facts::contacts_of(db, lead.key.0)?;
    // Where no contact can be called, the first one says why.
    let next = claim::next_contact(&scope, &lead, &contacts).and_then(|position| contacts.at(position));
    let next = next.or(contacts.all.first());
    let phones = next.map(|contact| digits(contact.phone));
    let known = Facts::load(db, &scope, now, phones, [&lead])?;
    let contact = next.map(|contact| (contact.phone, known.of(&scope, &lead, contact, !contacts.callable(contact)).0));
    let open_call: Option<[u8; 16]> = db
        .prepare_cached("SELECT public_id FROM attempt WHERE lead = ?1 AND state < 10")?
        .query_row([lead.key.0], |row| row.get(0))
        .optional()?;
    Ok(ExplainFacts {
        campaign: campaign::by_key(db, lead.campaign)?,
        budget: scope.budget(),
        balance: scope.balance(),
        lead: claim::lead_facts(&scope, &lead, contacts.all.len()),
        contact,
        open_call: open_call.map(CallId::from_bytes),
    })
}
