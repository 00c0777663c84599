//! What was said.

use std::collections::BTreeMap;

use campanile_domain::ids::{AttemptKey, TenantKey};
use campanile_domain::ports::gateway::Utterance;
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::segments;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::row::list;

/// Keeps a transcript in place of an earlier one, on whatever day that was.
pub(crate) fn keep(
    op: &mut Op<'_>,
    tenant: TenantKey,
    attempt: AttemptKey,
    at: Timestamp,
    lines: &[Utterance],
) -> Done<()> {
    for day in segments::all(op.db)? {
        op.db
            .prepare_cached(&format!("DELETE FROM transcript_{day} WHERE tenant = ?1 AND attempt = ?2"))?
            .execute(params![tenant.0, attempt.0])?;
    }
    if segments::is_erased(op.db, tenant.0, "call", attempt.0)? {
        return Ok(());
    }
    let day = segments::of(op, at)?;
    op.db
        .prepare_cached(&format!("INSERT INTO transcript_{day} (tenant, attempt, lines) VALUES (?1, ?2, ?3)"))?
        .execute(params![tenant.0, attempt.0, serde_json::to_string(lines)?])?;
    Ok(())
}

/// What was said in a call.
pub(crate) fn of_attempt(db: &Connection, tenant: TenantKey, attempt: AttemptKey) -> Done<Option<Vec<Utterance>>> {
    for day in segments::all(db)? {
        let found: Option<String> = db
            .prepare_cached(&format!("SELECT lines FROM transcript_{day} WHERE tenant = ?1 AND attempt = ?2"))?
            .query_row(params![tenant.0, attempt.0], |row| row.get(0))
            .optional()?;
        if let Some(lines) = found {
            return Ok(Some(serde_json::from_str(&lines)?));
        }
    }
    Ok(None)
}

/// What was said in those of the calls of which something is kept.
pub(crate) fn of_attempts(
    db: &Connection,
    tenant: TenantKey,
    attempts: &[AttemptKey],
) -> Done<BTreeMap<AttemptKey, Vec<Utterance>>> {
    let keys = list(attempts.iter().map(|attempt| attempt.0));
    let mut found = BTreeMap::new();
    for day in segments::all(db)? {
        let sql = format!(
            "SELECT attempt, lines FROM transcript_{day}
             WHERE tenant = ?1 AND attempt IN (SELECT value FROM json_each(?2))"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query(params![tenant.0, keys])?;
        while let Some(row) = rows.next()? {
            found.insert(AttemptKey(row.get(0)?), serde_json::from_str(&row.get::<_, String>(1)?)?);
        }
    }
    Ok(found)
}
