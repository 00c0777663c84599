//! The do-not-call list of a tenant.

use campanile_domain::ids::TenantKey;
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{Listed, Page, Suppression};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::sqlite::campaigns::verbs::by;
use crate::sqlite::dialling::dispose;
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::page;
use crate::sqlite::row::{digits, phone};

/// Puts numbers on it; returns how many were new. In force from the next gate check on, which is right before the dial.
pub(crate) fn add(op: &mut Op<'_>, phones: &[Phone], reason: &str) -> Done<u64> {
    let added = dispose::suppress(op, op.tenant(), phones, reason, &by(&op.ctx.actor))?;
    op.audit("suppression.add", &format!("{added} number(s)"))?;
    Ok(added)
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

/// The list, by number.
pub(crate) fn all(db: &Connection, tenant: TenantKey, asked: &Page) -> Done<Listed<Suppression>> {
    let after = page::after(asked, "suppressions", -1)?;
    let mut statement = db.prepare_cached(
        "SELECT phone, reason, by, at FROM suppression WHERE tenant = ?1 AND phone > ?2 ORDER BY phone LIMIT ?3",
    )?;
    let mut rows = statement.query(params![tenant.0, after, page::limit(asked) + 1])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key: i64 = row.get(0)?;
        let one = Suppression { phone: phone(key)?, reason: row.get(1)?, by: row.get(2)?, at: Timestamp(row.get(3)?) };
        found.push((key, one));
    }
    Ok(page::cut(found, asked, "suppressions"))
}
