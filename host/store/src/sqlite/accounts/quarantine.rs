//! The row of a restored host.

use campanile_domain::ports::store::StoreError;
use campanile_domain::quarantine::{Quarantine, Resumption};
use rusqlite::{Connection, OptionalExtension, params};

use super::tenants;
use crate::sqlite::actor::by;
use crate::sqlite::fault::{Done, conflict};
use crate::sqlite::op::Op;
use crate::sqlite::quarantine_row::{COLUMNS, read};

/// What is known.
pub(crate) fn of_host(db: &Connection) -> Done<Option<Quarantine>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM quarantine q"))?;
    let mut rows = statement.query([])?;
    rows.next()?.map_or(Ok(None), |row| read(row, 0))
}

/// The first start on restored data.
pub(crate) fn begin(op: &Op<'_>) -> Done<()> {
    op.db.prepare_cached("UPDATE quarantine SET began_at = ?1 WHERE began_at IS NULL")?.execute([op.now().0])?;
    Ok(())
}

/// The operator's word.
pub(crate) fn release(op: &mut Op<'_>, resume: Resumption) -> Done<Quarantine> {
    let known: Option<i64> = op
        .db
        .prepare_cached(
            "UPDATE quarantine SET began_at = coalesce(began_at, ?1), released_at = ?1, released_by = ?2, resume = ?3
             RETURNING id",
        )?
        .query_row(params![op.now().0, by(&op.ctx.actor), resume.as_str()], |row| row.get(0))
        .optional()?;
    if known.is_none() {
        let message = "this host was not restored from a backup, so nothing holds it back; there is nothing to release";
        return Err(conflict("not_in_quarantine", message));
    }
    // The host is nobody's account; whom it calls for again is told to each.
    for tenant in tenants::all(op.db)? {
        op.audit_of(tenant.key.0, "quarantine.release", &resume.as_str())?;
    }
    of_host(op.db)?.ok_or_else(|| StoreError::NotFound("quarantine").into())
}
