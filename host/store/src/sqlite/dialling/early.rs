//! Events that came before the name of their call.
//!
//! A provider that does not carry our attempt id names a call by its own id, which is known here only when the dial's
//! answer is written down or a lost call was found again. Its webhooks may be faster. An event under a name that nobody
//! knows is therefore kept while an attempt of its gateway is open and nameless, and applied when the name is told.

use campanile_domain::attempt::AttemptState;
use campanile_domain::ids::GatewayKey;
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::time::HOUR_MS;
use rusqlite::params;

use crate::sqlite::codes::Code;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::row::AttemptRow;

/// How long such an event is kept, in milliseconds: longer than any attempt stays unknown.
const KEPT_MS: i64 = 2 * HOUR_MS;
/// The most that are kept of one gateway; a provider that sends us other people's calls must not fill the disk.
const MOST: i64 = 1_000;

/// Whether the event may belong to an attempt whose name at the provider is not known yet.
pub(crate) fn may_be_ours(op: &Op<'_>, gateway: GatewayKey, event: &CallEvent) -> Done<bool> {
    if event.attempt.is_some() || event.provider_call_id.is_empty() {
        return Ok(false);
    }
    let nameless = op
        .db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM attempt WHERE state < 10 AND gateway = ?1 AND state IN (?2, ?3)
                            AND provider_call_id IS NULL)",
        )?
        .query_row(params![gateway.0, AttemptState::Intent.code(), AttemptState::Unknown.code()], |row| row.get(0))?;
    Ok(nameless)
}

/// Keeps it.
pub(crate) fn keep(op: &Op<'_>, gateway: GatewayKey, event: &CallEvent) -> Done<()> {
    op.db
        .prepare_cached("INSERT INTO early_event (gateway, provider_call_id, event, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![gateway.0, event.provider_call_id, serde_json::to_string(event)?, op.now().0])?;
    op.db
        .prepare_cached(
            "DELETE FROM early_event WHERE gateway = ?1
             AND (at < ?2 OR id <= (SELECT max(id) FROM early_event WHERE gateway = ?1) - ?3)",
        )?
        .execute(params![gateway.0, op.now().0 - KEPT_MS, MOST])?;
    Ok(())
}

/// Takes out what came under an attempt's name, oldest first.
pub(crate) fn take(op: &Op<'_>, attempt: &AttemptRow) -> Done<Vec<CallEvent>> {
    let Some(name) = &attempt.provider_call_id else { return Ok(Vec::new()) };
    let mut statement = op
        .db
        .prepare_cached("SELECT event FROM early_event WHERE gateway = ?1 AND provider_call_id = ?2 ORDER BY id")?;
    let mut rows = statement.query(params![attempt.gateway.0, name])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(serde_json::from_str(&row.get::<_, String>(0)?)?);
    }
    if !events.is_empty() {
        op.db
            .prepare_cached("DELETE FROM early_event WHERE gateway = ?1 AND provider_call_id = ?2")?
            .execute(params![attempt.gateway.0, name])?;
    }
    Ok(events)
}
