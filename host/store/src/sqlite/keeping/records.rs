//! Transcripts and records of days that are over, of one account.
//!
//! A day's tables are everybody's, so what goes is deleted row by row; the day itself is dropped, and gives its pages back,
//! once no account has anything left of it.

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::LetGo;
use campanile_domain::time::Timestamp;
use rusqlite::params;

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::records::beside_kind::Beside;
use crate::sqlite::records::segments::{self, Segment};
use crate::sqlite::row::list;

/// Rows in one write: a transcript may have a hundred kilobytes, which are overwritten.
const PIECE: u64 = 100;

/// A piece of what was said, but of these calls.
pub(super) fn transcripts(op: &mut Op<'_>, tenant: TenantKey, before: Timestamp, but: &[i64]) -> Done<LetGo> {
    let but = list(but.iter().copied());
    let mut gone = 0;
    for day in segments::before(op.db, before)? {
        let sql = format!(
            "DELETE FROM transcript_{day} WHERE tenant = ?1 AND attempt IN (
               SELECT attempt FROM transcript_{day}
               WHERE tenant = ?1 AND attempt NOT IN (SELECT value FROM json_each(?2)) LIMIT ?3)"
        );
        gone += op.db.prepare_cached(&sql)?.execute(params![tenant.0, but, (PIECE - gone) as i64])? as u64;
        if gone >= PIECE {
            return Ok(LetGo { gone, next: Some(0) });
        }
        drop_if_empty(op, day)?;
    }
    Ok(LetGo { gone, next: None })
}

/// A piece of what was asked and answered.
pub(super) fn records(op: &mut Op<'_>, tenant: TenantKey, before: Timestamp) -> Done<LetGo> {
    let mut gone = 0;
    for day in segments::before(op.db, before)? {
        for table in tables(op, day)? {
            let sql = format!("DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE tenant = ?1 LIMIT ?2)");
            gone += op.db.prepare_cached(&sql)?.execute(params![tenant.0, (PIECE - gone) as i64])? as u64;
            if gone >= PIECE {
                return Ok(LetGo { gone, next: Some(0) });
            }
        }
        drop_if_empty(op, day)?;
    }
    Ok(LetGo { gone, next: None })
}

/// A day's tables of records.
fn tables(op: &Op<'_>, day: Segment) -> Done<Vec<String>> {
    let mut tables = vec![format!("decision_{day}")];
    for kind in Beside::ALL {
        if segments::has(op.db, day, kind)? {
            tables.push(format!("{}_{day}", kind.table()));
        }
    }
    Ok(tables)
}

fn drop_if_empty(op: &Op<'_>, day: Segment) -> Done<()> {
    for table in tables(op, day)?.into_iter().chain([format!("transcript_{day}")]) {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {table})");
        if op.db.prepare_cached(&sql)?.query_row([], |row| row.get(0))? {
            return Ok(());
        }
    }
    segments::drop_day(op, day)
}
