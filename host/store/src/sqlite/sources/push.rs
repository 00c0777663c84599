//! Webhooks of other systems: kept before anybody reads them, applied as pages without a run.
//!
//! A push may name somebody whom a pull has shown in a later state; the next pull shows them again, so the last word is the
//! pull's. A push neither moves the cursor nor speaks for the whole.

use campanile_domain::ids::{SourceKey, SourceRunId};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::Kept;
use campanile_domain::plugin::setback::back_off_ms;
use campanile_domain::ports::gateway::Webhook;
use campanile_domain::ports::store::{SourceCounts, SourcePush, StoreError};
use campanile_domain::source::ReadPage;
use campanile_domain::time::{DAY_MS, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::{At, snapshot};
use super::run::{self, Running};
use super::{source, step};
use crate::sqlite::fault::{Done, Fault, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::plugins::state;
use crate::sqlite::scope::Cache;

/// How long a webhook that was read is kept, in milliseconds.
const KEPT_MS: i64 = 7 * DAY_MS;
/// How often one is read before it is given up.
const MOST_TRIES: u32 = 8;
/// Webhooks of one source that may wait; more are refused.
const MOST_WAITING: i64 = 10_000;

/// Keeps one.
pub(crate) fn put(op: &Op<'_>, source: SourceKey, webhook: &Webhook) -> Done<()> {
    let waiting: i64 = op
        .db
        .prepare_cached("SELECT count(*) FROM source_push WHERE source = ?1 AND done = 0")?
        .query_row([source.0], |row| row.get(0))?;
    if waiting >= MOST_WAITING {
        let message = format!("{MOST_WAITING} webhooks wait to be read; send again later");
        return Err(crate::sqlite::fault::conflict("too_many_waiting", message));
    }
    let head = serde_json::json!({ "method": webhook.method, "url": webhook.url, "headers": webhook.headers });
    op.db
        .prepare_cached(
            "INSERT INTO source_push (source, webhook, body, received_at, next_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![source.0, head.to_string(), webhook.body, webhook.received_at.0, op.now().0])?;
    op.db
        .prepare_cached(
            "DELETE FROM source_push WHERE id IN (SELECT id FROM source_push WHERE source = ?1 ORDER BY id LIMIT 64)
             AND done <> 0 AND next_at < ?2",
        )?
        .execute(params![source.0, op.now().0 - KEPT_MS])?;
    Ok(())
}

/// Those whose time has come, the oldest of each source.
pub(crate) fn due(db: &Connection, now: Timestamp, limit: u32) -> Done<Vec<SourcePush>> {
    #[derive(serde::Deserialize)]
    struct Head {
        method: String,
        url: String,
        headers: Vec<(String, String)>,
    }
    let mut statement = db.prepare_cached(
        "SELECT p.id, p.source, p.webhook, p.body, p.received_at, p.tries FROM source_push p
         JOIN source s ON s.id = p.source
         WHERE p.done = 0 AND s.deleted_at IS NULL AND s.status = 'active'
           AND p.id = (SELECT min(f.id) FROM source_push f WHERE f.source = p.source AND f.done = 0) AND p.next_at <= ?1
         ORDER BY p.id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![now.0, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let source = source::by_key(db, SourceKey(row.get(1)?))?;
        let Head { method, url, headers } = serde_json::from_str(&row.get::<_, String>(2)?)?;
        let webhook = Webhook { method, url, headers, body: row.get(3)?, received_at: Timestamp(row.get(4)?) };
        let kept = state::read(db, source.tenant, &source.id)?;
        let region = run::region(db, &mut Cache::default(), &source)?;
        found.push(SourcePush { key: row.get(0)?, source, webhook, tries: row.get(5)?, kept, region });
    }
    Ok(found)
}

fn waiting(op: &Op<'_>, source: SourceKey, push: i64) -> Done<u32> {
    let tries: Option<u32> = op
        .db
        .prepare_cached("SELECT tries FROM source_push WHERE id = ?1 AND source = ?2 AND done = 0")?
        .query_row(params![push, source.0], |row| row.get(0))
        .optional()?;
    tries.ok_or(Fault::Store(StoreError::Stale))
}

/// Stores what one brought.
pub(crate) fn take(op: &mut Op<'_>, key: SourceKey, push: i64, page: &ReadPage, kept: Option<&Kept>) -> Done<u64> {
    waiting(op, key, push)?;
    let source = source::by_key(op.db, key)?;
    let (snapshot, open) = snapshot(op, &source)?;
    // A run of its own that is never written: what a push rejects is told by its error.
    let run = Running { key: 0, id: SourceRunId(0), settling: 0, counts: SourceCounts::default() };
    let mut at = At { source: &source, run, snapshot, marking: open, arrived: 0 };
    for record in &page.records {
        at.record(op, record)?;
    }
    let (arrived, rejected) = (at.arrived, at.run.counts.rejected + page.rejected.len() as u64);
    if let Some(kept) = kept {
        state::write(op, &source.id, kept)?;
    }
    step::arrive(op, &source, arrived)?;
    let note = (rejected > 0).then(|| format!("{rejected} record(s) cannot be called"));
    op.db.prepare_cached("UPDATE source_push SET done = 1, error = ?2 WHERE id = ?1")?.execute(params![push, note])?;
    Ok(arrived)
}

/// Reading one failed.
pub(crate) fn fail(op: &mut Op<'_>, key: SourceKey, push: i64, failure: &PluginFailure) -> Done<()> {
    let tries = waiting(op, key, push)? + 1;
    let Ok(source) = source::by_key(op.db, key) else { return not_found("source") };
    let forged = failure.code == PluginFailure::FORGED;
    // 0 waits, 1 is dropped without a word, 2 is given up and shown.
    let done = if forged { 1 } else { 2 * i32::from(tries >= MOST_TRIES) };
    let wait = back_off_ms(tries, failure.retry_after_ms, 0.0);
    op.db
        .prepare_cached("UPDATE source_push SET tries = ?2, next_at = ?3, done = ?4, error = ?5 WHERE id = ?1")?
        .execute(params![push, tries, (op.now() + wait).0, done, failure.to_string()])?;
    if forged {
        // Anybody can send these: they are counted and pause nothing.
        op.db.prepare_cached("UPDATE source SET forged = forged + 1 WHERE id = ?1")?.execute([key.0])?;
        return Ok(());
    }
    run::weigh(op, &source, failure)
}
