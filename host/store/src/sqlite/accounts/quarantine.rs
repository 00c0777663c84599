//! The row of a restored host.

use campanile_domain::ports::store::StoreError;
use campanile_domain::quarantine::{Quarantine, Release, Resumption};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::tenants;
use crate::sqlite::campaigns::verbs::by;
use crate::sqlite::fault::{Done, conflict};
use crate::sqlite::op::Op;

/// The columns that [`read`] takes.
pub(crate) const COLUMNS: &str = "q.backup_at, q.began_at, q.released_at, q.released_by, q.resume";

/// Reads the columns from column `at` on; `None` where no row was joined.
pub(crate) fn read(row: &Row<'_>, at: usize) -> Done<Option<Quarantine>> {
    let Some(backup_at) = row.get::<_, Option<i64>>(at)? else { return Ok(None) };
    let released: Option<i64> = row.get(at + 2)?;
    let release = match released {
        None => None,
        Some(released) => Some(Release {
            at: Timestamp(released),
            by: row.get(at + 3)?,
            resume: word(&row.get::<_, String>(at + 4)?)?,
        }),
    };
    let began_at = row.get::<_, Option<i64>>(at + 1)?.map(Timestamp);
    Ok(Some(Quarantine { backup_at: Timestamp(backup_at), began_at, release }))
}

fn word(text: &str) -> Done<Resumption> {
    Ok(serde_json::from_value(serde_json::Value::String(text.to_owned()))?)
}

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
