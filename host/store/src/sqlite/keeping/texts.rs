//! What others wrote about leads and nobody can tell about whom: it goes by its age, all of it.
//!
//! An erasure reads such texts and looks for a person in them. Here no person is looked for; they are kept for diagnosis, and
//! after so long there is nothing left to diagnose.

use campanile_domain::erasure::ERASED;
use campanile_domain::ports::store::LetGo;
use campanile_domain::time::Timestamp;
use rusqlite::params;

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Rows of one kind in one write.
const PIECE: i64 = 100;

/// Of an account (`?1`), from before an instant (`?2`), at most so many (`?3`). Every statement leaves what it did out of what
/// it finds the next time.
const ALL: [&str; 7] = [
    // How a lead file was understood, with samples; what its review showed; the rows that were not taken.
    "UPDATE import SET understood = 'null', review = NULL, rejects = x'' WHERE id IN (
       SELECT id FROM import WHERE tenant = ?1 AND finished_at < ?2 AND status IN ('finished', 'undone', 'failed')
         AND (understood <> 'null' OR review IS NOT NULL OR rejects <> x'') LIMIT ?3)",
    "DELETE FROM source_reject WHERE (run, n) IN (
       SELECT j.run, j.n FROM source s JOIN source_run r ON r.source = s.id JOIN source_reject j ON j.run = r.id
       WHERE s.tenant = ?1 AND r.finished_at < ?2 LIMIT ?3)",
    "UPDATE source_run SET error = json_set(error, '$.message', ?4) WHERE id IN (
       SELECT r.id FROM source s JOIN source_run r ON r.source = s.id
       WHERE s.tenant = ?1 AND r.finished_at < ?2 AND json_extract(r.error, '$.message') <> ?4 LIMIT ?3)",
    "DELETE FROM source_push WHERE id IN (
       SELECT p.id FROM source s JOIN source_push p ON p.source = s.id
       WHERE s.tenant = ?1 AND p.done <> 0 AND p.received_at < ?2 LIMIT ?3)",
    "DELETE FROM plugin_failure WHERE id IN (SELECT id FROM plugin_failure WHERE tenant = ?1 AND at < ?2 LIMIT ?3)",
    "DELETE FROM job WHERE id IN (
       SELECT id FROM job WHERE tenant = ?1 AND state <> 'running' AND finished_at < ?2 LIMIT ?3)",
    "DELETE FROM inbox WHERE id IN (
       SELECT id FROM inbox INDEXED BY inbox_failed WHERE error IS NOT NULL AND received_at < ?2
         AND gateway IN (SELECT id FROM gateway WHERE tenant = ?1) LIMIT ?3)",
];

/// Lets a piece of each kind go.
pub(super) fn let_go(op: &Op<'_>, before: Timestamp) -> Done<LetGo> {
    let (mut gone, mut more) = (0, false);
    for sql in ALL {
        let mut statement = op.db.prepare_cached(sql)?;
        let some = match statement.parameter_count() {
            4 => statement.execute(params![op.tenant(), before.0, PIECE, ERASED])?,
            _ => statement.execute(params![op.tenant(), before.0, PIECE])?,
        };
        gone += some as u64;
        more |= some as i64 >= PIECE;
    }
    Ok(LetGo { gone, next: more.then_some(0) })
}

/// A piece of the webhooks that could not be read, whosever they are.
pub(super) fn unread_webhooks(op: &Op<'_>, before: Timestamp) -> Done<LetGo> {
    let gone = op
        .db
        .prepare_cached(
            "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox INDEXED BY inbox_failed
               WHERE error IS NOT NULL AND received_at < ?1 ORDER BY received_at LIMIT ?2)",
        )?
        .execute(params![before.0, PIECE])?;
    Ok(LetGo { gone: gone as u64, next: (gone as i64 >= PIECE).then_some(0) })
}
