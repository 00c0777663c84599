//! Many leads changed alike, by the page.
//!
//! Who is next is found beside the writer, because a question that few leads fit may look at many; the writer takes the page,
//! asks again whether each of them is still meant, and changes them. The job's row moves in the same transaction: a host that
//! died goes on behind the last whole page, and no lead is changed twice by one request. A page that was found for another
//! position is refused, and a job that was cancelled changes nobody any more.

use campanile_domain::ids::{JobId, LeadId, LeadKey, TenantKey};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{
    BulkCounts, BulkPreview, BulkRefusal, BulkStep, LeadFilter, LeadPatch, LeadSort, StoreError,
};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::filter::Question;
use super::patch::{self, Verdict};
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::op::Op;
use crate::sqlite::row::{LEAD, LeadRow, list};

/// Examples that are kept.
const EXAMPLES: usize = 10;
/// Why a lead that should be called again is not.
pub(super) const SUPPRESSED: &str = "lead_suppressed";
/// Why nothing of a lead is changed any more.
pub(super) const ERASED: &str = "lead_erased";

/// Where a job is, if it runs.
pub(crate) struct Position<T> {
    pub cursor: Option<i64>,
    /// What it came to so far.
    pub counts: T,
}

/// Where a job is; `None` when it runs no more.
pub(crate) fn position<T: Default + DeserializeOwned>(
    db: &Connection,
    tenant: TenantKey,
    job: JobId,
) -> Done<Option<Position<T>>> {
    let found: Option<(Option<i64>, Option<String>)> = db
        .prepare_cached("SELECT cursor, result FROM job WHERE public_id = ?1 AND tenant = ?2 AND state = 'running'")?
        .query_row(params![job.to_bytes(), tenant.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((cursor, counts)) = found else { return Ok(None) };
    let counts = counts.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default();
    Ok(Some(Position { cursor, counts }))
}

/// The leads that a running job comes to next, behind which position.
pub(crate) fn next(
    db: &Connection,
    tenant: TenantKey,
    job: JobId,
    filter: &LeadFilter,
    limit: u32,
) -> Done<Option<(Option<i64>, Vec<i64>)>> {
    let Some(Position { cursor, .. }) = position::<serde_json::Value>(db, tenant, job)? else { return Ok(None) };
    let keys = Question::of(db, tenant, filter)?.keys(db, LeadSort::Oldest, cursor, limit)?;
    Ok(Some((cursor, keys)))
}

/// Changes a page of them.
pub(crate) fn step(
    op: &mut Op<'_>,
    job: JobId,
    filter: &LeadFilter,
    patch: &LeadPatch,
    (behind, keys): (Option<i64>, &[i64]),
) -> Done<BulkStep> {
    let Some(Position { cursor, mut counts }) = position::<BulkCounts>(op.db, op.ctx.tenant, job)? else {
        return Ok(BulkStep { counts: BulkCounts::default(), changed: 0, goes_on: false });
    };
    if cursor != behind {
        return Err(Fault::Store(StoreError::Stale));
    }
    let before = counts.updated;
    for key in Question::of(op.db, op.ctx.tenant, filter)?.still(op.db, keys)? {
        let mut row = LeadRow::load(op, LeadKey(key))?;
        let verdict = patch::verdict(op.db, &row, patch, op.now())?;
        if verdict == Verdict::Changes {
            patch::apply(op, &mut row, patch)?;
        }
        count(&mut counts, row.id, verdict);
    }
    keep(op, job, &counts, (behind, keys))?;
    Ok(BulkStep { changed: counts.updated - before, counts, goes_on: true })
}

/// How far the job is now, and what it came to.
pub(super) fn keep(
    op: &Op<'_>,
    job: JobId,
    counts: &impl Serialize,
    (behind, keys): (Option<i64>, &[i64]),
) -> Done<()> {
    op.db
        .prepare_cached(
            "UPDATE job SET cursor = ?3, result = ?4, done = done + ?5, total = max(total, done + ?5)
             WHERE public_id = ?1 AND tenant = ?2",
        )?
        .execute(params![
            job.to_bytes(),
            op.tenant(),
            keys.last().or(behind.as_ref()),
            serde_json::to_string(counts)?,
            keys.len() as i64
        ])?;
    Ok(())
}

fn count(counts: &mut BulkCounts, id: LeadId, verdict: Verdict) {
    match verdict {
        Verdict::Changes => counts.updated += 1,
        Verdict::Unchanged => counts.unchanged += 1,
        Verdict::Suppressed(phone) => refuse(counts, id, SUPPRESSED, Some(phone)),
        Verdict::Erased => refuse(counts, id, ERASED, None),
    }
}

fn refuse(counts: &mut BulkCounts, lead: LeadId, reason: &str, phone: Option<Phone>) {
    *counts.refused.entry(reason.to_owned()).or_default() += 1;
    if counts.refusals.len() < EXAMPLES {
        counts.refusals.push(BulkRefusal { lead, reason: reason.to_owned(), phone });
    }
}

/// What would become of a page of them.
pub(crate) fn preview(
    db: &Connection,
    (tenant, now): (TenantKey, Timestamp),
    filter: &LeadFilter,
    patch: &LeadPatch,
    after: Option<LeadKey>,
    limit: u32,
) -> Done<BulkPreview> {
    let keys = Question::of(db, tenant, filter)?.keys(db, LeadSort::Oldest, after.map(|key| key.0), limit)?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT {LEAD} FROM json_each(?1) k CROSS JOIN lead l ON l.id = k.value ORDER BY l.id"
    ))?;
    let mut rows = statement.query([list(keys.iter().copied())])?;
    let mut preview = BulkPreview::default();
    while let Some(row) = rows.next()? {
        let row = LeadRow::read(row, 0)?;
        let verdict = patch::verdict(db, &row, patch, now)?;
        count(&mut preview.counts, row.id, verdict);
        if verdict == Verdict::Changes && preview.examples.len() < EXAMPLES {
            preview.examples.push(row.id);
        }
    }
    preview.next = keys.last().filter(|_| keys.len() == limit as usize).map(|key| LeadKey(*key));
    Ok(preview)
}
