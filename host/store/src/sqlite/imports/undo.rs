//! Taking an import back: its leads go that nobody has called.
//!
//! A lead that was called has a history that other things stand on, so it stays, and so does what an import changed of
//! leads that were there before. Removed page by page, because a million rows in one transaction would hold up the dials.

use campanile_domain::ids::{ImportId, LeadKey};
use campanile_domain::ports::store::{Import, ImportStatus};
use rusqlite::params;

use super::import::{one, status};
use crate::sqlite::fault::{Done, conflict};
use crate::sqlite::leads::remove;
use crate::sqlite::op::Op;

/// Removes a page; the last one makes the import undone.
pub(crate) fn page(op: &mut Op<'_>, id: ImportId, limit: u32) -> Done<Import> {
    let (key, status) = status(op.db, op.ctx.tenant, id)?;
    if status != ImportStatus::Undoing {
        return Err(conflict("import_status", format!("the import is {}, not undoing", status.word())));
    }
    let leads: Vec<i64> = op
        .db
        .prepare_cached(
            "SELECT l.id FROM lead_data d JOIN lead l ON l.id = d.lead
             WHERE d.import = ?1 AND l.dials = 0 AND l.last_attempt IS NULL ORDER BY l.id LIMIT ?2",
        )?
        .query_map(params![key, limit], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for lead in &leads {
        remove::remove(op, LeadKey(*lead))?;
    }
    let to = if leads.len() < limit as usize { ImportStatus::Undone } else { ImportStatus::Undoing };
    op.db.prepare_cached("UPDATE import SET status = ?2, removed = removed + ?3 WHERE id = ?1")?.execute(params![
        key,
        to.word(),
        leads.len() as i64
    ])?;
    one(op.db, op.ctx.tenant, id)
}
