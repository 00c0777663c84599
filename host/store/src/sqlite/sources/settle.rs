//! What follows from the pages of a run, in pieces that do not hold up the writer.
//!
//! Who was not in a whole snapshot is gone; then whoever waited for a phone that is free now takes the place. A host that
//! dies in between goes on where it was, because each piece is found anew from what is stored.

use campanile_domain::ids::SourceKey;
use campanile_domain::ports::store::{SourceNext, SourceRow, SourceStep};
use campanile_domain::time::MINUTE_MS;
use rusqlite::params;

use super::apply::{At, snapshot};
use super::place::HOLDS;
use super::run::Running;
use super::{source, step};
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Records in one piece.
const PIECE: i64 = 200;

/// Does a piece.
pub(crate) fn settle(op: &mut Op<'_>, key: SourceKey, run: i64) -> Done<SourceStep> {
    let source = source::by_key(op.db, key)?;
    let run = Running::expect(op, &source, run)?;
    let (snapshot, _) = snapshot(op, &source)?;
    let whole = run.settling == 2;
    let mut at = At { source: &source, run, snapshot, marking: false, arrived: 0 };
    let missing = if whole { missing(op, &source, snapshot)? } else { Vec::new() };
    for external in &missing {
        at.missing(op, external)?;
    }
    let waiting = if missing.is_empty() { free(op, &source)? } else { Vec::new() };
    for (external, lead) in &waiting {
        at.take_place(op, external, lead)?;
    }
    let At { run, arrived, .. } = at;
    step::arrive(op, &source, arrived)?;
    if !missing.is_empty() || !waiting.is_empty() {
        run.save(op)?;
        return Ok(SourceStep { arrived, next: SourceNext::Settle });
    }
    run.end(op, &source, None)?;
    let next = op.now() + i64::from(source.interval_minutes) * MINUTE_MS;
    op.db
        .prepare_cached(
            "UPDATE source SET failures = 0, next_at = ?2, snapshot_open = CASE WHEN ?3 THEN 0 ELSE snapshot_open END
             WHERE id = ?1",
        )?
        .execute(params![key.0, next.0, whole])?;
    Ok(SourceStep { arrived, next: SourceNext::Over })
}

/// Records that the whole snapshot did not show.
fn missing(op: &Op<'_>, source: &SourceRow, snapshot: i64) -> Done<Vec<String>> {
    let found = op
        .db
        .prepare_cached(
            "SELECT external_id FROM source_lead WHERE source = ?1 AND gone = 0 AND snapshot < ?2 LIMIT ?3",
        )?
        .query_map(params![source.key.0, snapshot, PIECE], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// Those who wait for a phone that no lead of the campaign has any more, one for each phone.
fn free(op: &Op<'_>, source: &SourceRow) -> Done<Vec<(String, String)>> {
    let found = op
        .db
        .prepare_cached(&format!(
            "SELECT min(w.external_id), w.waiting FROM source_lead w
             WHERE w.source = ?1 AND w.waiting IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM lead l WHERE l.campaign = ?2 AND l.primary_phone = w.waiting_phone
                 AND l.id IS NOT w.lead AND {HOLDS})
             GROUP BY w.waiting_phone ORDER BY 1 LIMIT ?3"
        ))?
        .query_map(params![source.key.0, source.campaign_key.0, PIECE], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
