//! The do-not-call list of a tenant.

use campanile_domain::ids::{LeadKey, TenantKey};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{Listed, NewSuppression, Page, Suppressed, Suppression};
use campanile_domain::time::Timestamp;
use campanile_domain::{round, settle};
use rusqlite::{Connection, Row, params};

use crate::sqlite::actor::by;
use crate::sqlite::dialling::{dispose, facts};
use crate::sqlite::fault::{Done, broken, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::page;
use crate::sqlite::row::{LeadRow, digits, phone};

/// Puts numbers on it, in force from the next gate check on, which is right before the dial. Leads that wait and have
/// nobody left to call end now; those with a call under way end when it is settled.
pub(crate) fn add(op: &mut Op<'_>, numbers: &[NewSuppression]) -> Done<Suppressed> {
    let by = by(&op.ctx.actor);
    let mut done = Suppressed::default();
    for NewSuppression { phone, reason } in numbers {
        let new = dispose::suppress(op, op.tenant(), &[*phone], reason, &by)? > 0;
        done.added.push(new);
        if new {
            end_leads(op, *phone, &mut done)?;
        }
    }
    done.campaigns.sort_unstable();
    done.campaigns.dedup();
    let added = done.added.iter().filter(|new| **new).count();
    op.audit("suppression.add", &format!("{added} number(s)"))?;
    Ok(done)
}

/// Ends the leads that wait for a call to nobody.
fn end_leads(op: &mut Op<'_>, number: Phone, done: &mut Suppressed) -> Done<()> {
    let leads: Vec<i64> = op
        .db
        .prepare_cached("SELECT DISTINCT lead FROM contact WHERE tenant = ?1 AND phone = ?2 ORDER BY lead")?
        .query_map(params![op.tenant(), digits(number)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for lead in leads {
        let contacts = facts::contacts_of(op.db, lead)?;
        if round::any_callable(&contacts.all, |contact| contacts.callable(contact)) {
            continue;
        }
        let mut row = LeadRow::load(op, LeadKey(lead))?;
        if !row.state.is_waiting() {
            continue;
        }
        let end = settle::out_of_contacts(true, row.progress.attempts > 0);
        row.state = row.state.settle(end).map_err(|error| broken(error.to_string()))?;
        row.unpark();
        row.save(op)?;
        done.leads += 1;
        done.campaigns.push(row.campaign);
    }
    Ok(())
}

/// Takes a number off.
pub(crate) fn remove(op: &mut Op<'_>, number: Phone) -> Done<()> {
    let removed = op
        .db
        .prepare_cached("DELETE FROM suppression WHERE tenant = ?1 AND phone = ?2")?
        .execute(params![op.tenant(), digits(number)])?;
    if removed == 0 {
        return not_found("suppression");
    }
    op.audit("suppression.remove", &number)
}

fn read(row: &Row<'_>) -> Done<Suppression> {
    Ok(Suppression { phone: phone(row.get(0)?)?, reason: row.get(1)?, by: row.get(2)?, at: Timestamp(row.get(3)?) })
}

/// What it says of a number.
pub(crate) fn one(db: &Connection, tenant: TenantKey, number: Phone) -> Done<Suppression> {
    let mut statement =
        db.prepare_cached("SELECT phone, reason, by, at FROM suppression WHERE tenant = ?1 AND phone = ?2")?;
    let mut rows = statement.query(params![tenant.0, digits(number)])?;
    rows.next()?.map_or_else(|| not_found("suppression"), read)
}

/// The list, by number.
pub(crate) fn all(db: &Connection, tenant: TenantKey, asked: &Page) -> Done<Listed<Suppression>> {
    let after = page::after(asked, "suppressions", -1)?;
    let mut statement = db.prepare_cached(
        "SELECT phone, reason, by, at FROM suppression WHERE tenant = ?1 AND phone > ?2 ORDER BY phone LIMIT ?3",
    )?;
    let mut rows = statement.query(params![tenant.0, after, page::limit(asked) + 1])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((row.get(0)?, read(row)?));
    }
    Ok(page::cut(found, asked, "suppressions"))
}
