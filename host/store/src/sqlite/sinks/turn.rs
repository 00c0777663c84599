//! A sink's turn: the log is read on, what concerns the sink becomes deliveries, and the next of them are told.
//!
//! Reading on is by number and by the piece, so that a tenant whose import wrote a million entries holds the writer up no
//! longer than anybody else; what is told is put together beside the writer. Of each lead only its oldest waiting event is
//! told: a record must not end on what was true before. What was told and not acknowledged, because the host died, is told
//! again with the same event id.

use std::sync::LazyLock;

use campanile_domain::ids::{SinkId, SinkKey, TenantKey};
use campanile_domain::outbox::{self, Envelope, Objects};
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::Kept;
use campanile_domain::plugin::setback;
use campanile_domain::ports::store::{DueSink, StoreError};
use campanile_domain::sink::{Ack, ResultEvent};
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::variable::Variables;
use rand_core::Rng;
use rusqlite::{Connection, OptionalExtension, params};

use super::sink;
use crate::sqlite::accounts::tenants;
use crate::sqlite::events::log::{self, ENTRY, ENTRY_COLUMNS};
use crate::sqlite::events::told::People;
use crate::sqlite::failures;
use crate::sqlite::fault::{Done, Fault, broken};
use crate::sqlite::instances;
use crate::sqlite::op::Op;
use crate::sqlite::plugins::state;
use crate::sqlite::scope::{self, Cache};

/// Entries of the log that are looked at in one turn.
const READ: i64 = 5_000;
/// How long a delivery that is over is kept, in milliseconds.
const KEPT_MS: i64 = 30 * DAY_MS;
/// Why an event is not told whose account kept the log for less time than it waited.
const NOT_KEPT: &str = "the event is not kept any more";
/// Why an event is not told whose lead was taken out or is nobody's.
const NOT_THERE: &str = "the lead is not there any more";

const DUE: &str = "SELECT id, tenant, version, at FROM (
       SELECT id, tenant, version, at, row_number() OVER (PARTITION BY tenant ORDER BY at, id) AS place FROM (
         SELECT s.id, s.tenant, t.version, max(s.next_at, CASE WHEN s.position < t.event_seq THEN 0 ELSE
                  (SELECT min(d.next_at) FROM sink_delivery d INDEXED BY sink_delivery_due
                   WHERE d.sink = s.id AND d.state = 0) END) AS at
         FROM sink s JOIN tenant t ON t.id = s.tenant
         WHERE s.status = 'active' AND s.deleted_at IS NULL)
       WHERE at IS NOT NULL)
     WHERE place <= ?1 ORDER BY at, id";

/// Active sinks that have something to do, by time; `each` of a tenant, so that one with many leaves room for others.
pub(crate) fn due(db: &Connection, cache: &mut Cache, each: u32, limit: u32) -> Done<Vec<DueSink>> {
    let mut statement = db.prepare_cached(DUE)?;
    let mut rows = statement.query([each])?;
    let mut found = Vec::new();
    // Suspended tenants take no room in the limit.
    while let Some(row) = rows.next()?
        && found.len() < limit as usize
    {
        let tenant: i64 = row.get(1)?;
        if !scope::terms(db, cache, (tenant, row.get(2)?))?.suspended {
            found.push(DueSink { key: SinkKey(row.get(0)?), tenant: TenantKey(tenant), at: Timestamp(row.get(3)?) });
        }
    }
    Ok(found)
}

/// A sink as its turns need it. What is counted for people is not: it costs more the longer a sink is behind.
pub(crate) struct Active {
    key: SinkKey,
    pub(crate) id: SinkId,
    pub(crate) tenant: TenantKey,
    campaign: i64,
    source: Option<i64>,
    plugin: PluginRef,
    events: String,
    position: i64,
    failures: u32,
    /// The number of the log's last entry.
    end: i64,
}

/// The sink, if it is active.
pub(crate) fn active(db: &Connection, key: SinkKey) -> Done<Option<Active>> {
    let mut statement = db.prepare_cached(
        "SELECT s.public_id, s.tenant, s.campaign, s.source, s.plugin, s.events, s.position, s.failures, t.event_seq
         FROM sink s JOIN tenant t ON t.id = s.tenant
         WHERE s.id = ?1 AND s.status = 'active' AND s.deleted_at IS NULL",
    )?;
    let mut rows = statement.query([key.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let plugin: String = row.get(4)?;
    Ok(Some(Active {
        key,
        id: SinkId::from_bytes(row.get(0)?),
        tenant: TenantKey(row.get(1)?),
        campaign: row.get(2)?,
        source: row.get(3)?,
        plugin: plugin.parse().map_err(|error| broken(format!("{error}")))?,
        events: row.get(5)?,
        position: row.get(6)?,
        failures: row.get(7)?,
        end: row.get(8)?,
    }))
}

impl Active {
    /// Whether the log has entries that the sink has not looked at.
    pub(crate) fn is_behind(&self) -> bool {
        self.position < self.end
    }
}

/// Makes deliveries of the entries behind the sink's position; whether there are more entries.
pub(crate) fn read_on(op: &Op<'_>, key: SinkKey) -> Done<bool> {
    let Some(sink) = active(op.db, key)? else { return Ok(false) };
    let until = sink.end.min(sink.position + READ);
    op.db
        .prepare_cached(
            "INSERT OR IGNORE INTO sink_delivery (sink, seq, event, lead, next_at)
             SELECT ?1, e.seq, e.id, e.lead, ?2 FROM event e
             WHERE e.tenant = ?3 AND e.seq > ?4 AND e.seq <= ?5 AND e.campaign = ?6 AND e.lead IS NOT NULL
               AND e.type IN (SELECT value FROM json_each(?7))
               AND (?8 IS NULL OR EXISTS (SELECT 1 FROM lead_data d WHERE d.lead = e.lead AND d.source = ?8))",
        )?
        .execute(params![
            key.0,
            op.now().0,
            sink.tenant.0,
            sink.position,
            until,
            sink.campaign,
            sink.events,
            sink.source
        ])?;
    op.db.prepare_cached("UPDATE sink SET position = ?2 WHERE id = ?1")?.execute(params![key.0, until])?;
    op.db
        .prepare_cached(
            "DELETE FROM sink_delivery WHERE sink = ?1 AND state <> 0 AND done_at < ?2
               AND seq IN (SELECT seq FROM sink_delivery WHERE sink = ?1 ORDER BY seq LIMIT 256)",
        )?
        .execute(params![key.0, op.now().0 - KEPT_MS])?;
    Ok(until < sink.end)
}

/// What is to be told next, and what never will be.
#[derive(Default)]
pub(crate) struct Next {
    /// Events by their numbers.
    pub(crate) events: Vec<(i64, ResultEvent)>,
    /// Entries that cannot be told any more, and why.
    pub(crate) gone: Vec<(i64, &'static str)>,
}

/// Whatever is asked of deliveries is asked of an index of few: of those that wait, or of those of one lead.
static NEXT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {ENTRY}, EXISTS (SELECT 1 FROM sink_delivery f INDEXED BY sink_delivery_of_lead
                                 WHERE f.sink = ?1 AND f.lead = d.lead AND f.seq > d.seq AND f.state = 1), d.seq
         FROM sink_delivery d INDEXED BY sink_delivery_waiting LEFT JOIN event e ON e.tenant = ?2 AND e.seq = d.seq
         WHERE d.sink = ?1 AND d.state = 0 AND d.next_at <= ?3
           AND NOT EXISTS (SELECT 1 FROM sink_delivery f INDEXED BY sink_delivery_of_lead
                           WHERE f.sink = ?1 AND f.lead = d.lead AND f.state = 0 AND f.seq < d.seq)
         ORDER BY d.seq LIMIT ?4"
    )
});

/// The next to be told at `now`. A handful of questions, however many events there are.
pub(crate) fn next(db: &Connection, sink: &Active, now: Timestamp, limit: u32) -> Done<Next> {
    let mut statement = db.prepare_cached(&NEXT)?;
    let mut rows = statement.query(params![sink.key.0, sink.tenant.0, now.0, limit])?;
    let (mut waiting, mut overtaken, mut next) = (Vec::new(), Vec::new(), Next::default());
    while let Some(row) = rows.next()? {
        if row.get::<_, Option<i64>>(0)?.is_none() {
            next.gone.push((row.get(ENTRY_COLUMNS + 1)?, NOT_KEPT));
            continue;
        }
        waiting.push(log::entry(row)?);
        overtaken.push(row.get(ENTRY_COLUMNS)?);
    }
    if waiting.is_empty() {
        return Ok(next);
    }
    let (people, tenant) = (People::of(db, sink.tenant, &waiting)?, tenants::by_key(db, sink.tenant)?.id);
    for (mut entry, overtaken) in waiting.into_iter().zip(overtaken) {
        let (lead, call) = people.find(&entry);
        let primary = lead.and_then(|lead| Some((lead, lead.contacts.first()?.phone)));
        let Some((lead, phone)) = primary else {
            next.gone.push((entry.logged.sequence, NOT_THERE));
            continue;
        };
        if overtaken {
            // Sent again after a later one: what was true then must not be written over what is true now.
            entry.logged.moved = serde_json::Value::Null;
        }
        let variables = call.map_or_else(Variables::new, |call| call.variables.values());
        let logged = entry.logged;
        let (seq, id, kind, at) = (logged.sequence, logged.id, logged.kind.clone(), logged.at);
        let data = serde_json::to_value(Envelope::of(logged, tenant, Objects::Lead(Some(lead), call)))?;
        let external_id = lead.external_id.clone();
        next.events.push((seq, ResultEvent { id, kind, at, external_id, phone, data, variables }));
    }
    Ok(next)
}

/// Skips what will never be told.
pub(crate) fn skip(op: &Op<'_>, key: SinkKey, gone: &[(i64, &'static str)]) -> Done<()> {
    gone.iter().try_for_each(|(seq, why)| over(op, key, *seq, 2, Some(why)))
}

/// A delivery is over.
fn over(op: &Op<'_>, sink: SinkKey, seq: i64, state: u8, detail: Option<&str>) -> Done<()> {
    op.db
        .prepare_cached(
            "UPDATE sink_delivery SET state = ?3, detail = ?4, done_at = ?5 WHERE sink = ?1 AND seq = ?2 AND state = 0",
        )?
        .execute(params![sink.0, seq, state, detail, op.now().0])?;
    Ok(())
}

/// Keeps what became of what was told; whether more may be told at once.
pub(crate) fn acknowledge(op: &mut Op<'_>, key: SinkKey, acks: &[(i64, Ack)], kept: Option<&Kept>) -> Done<bool> {
    let mut asks_to_wait: Option<u64> = None;
    let mut needs_a_person = None;
    for (seq, ack) in acks {
        match ack {
            Ack::Done => over(op, key, *seq, 1, None)?,
            Ack::Skipped { why } => over(op, key, *seq, 2, Some(why))?,
            // What is said of the credentials is said of all: the delivery is not to blame, nor for "too many".
            Ack::Failed(failure) if setback::needs_a_person(&failure.code) => {
                needs_a_person = needs_a_person.or(Some(failure));
            }
            Ack::Failed(failure) if failure.code == "http_too_many_requests" => {
                asks_to_wait = asks_to_wait.max(Some(failure.retry_after_ms.unwrap_or(0)));
            }
            Ack::Failed(failure) => again(op, key, *seq, failure)?,
        }
    }
    // Paused meanwhile: what became of the events holds, and nobody is asked again.
    let Some(sink) = active(op.db, key)? else { return Ok(false) };
    if let Some(kept) = kept {
        state::write(op, &sink.id, kept)?;
    }
    if let Some(failure) = needs_a_person {
        fail(op, key, failure)?;
        return Ok(false);
    }
    match asks_to_wait {
        Some(asked) => leave_alone(op, &sink, Some(asked))?,
        None => set_pause(op, key, 0, op.now())?,
    }
    Ok(asks_to_wait.is_none())
}

/// The sink is left alone for a while, longer after each failure in a row.
fn leave_alone(op: &mut Op<'_>, sink: &Active, asked_ms: Option<u64>) -> Done<()> {
    let failures = sink.failures.saturating_add(1);
    let jitter = f64::from(op.rng.next_u32()) / f64::from(u32::MAX);
    let until = op.now() + setback::back_off_ms(failures, asked_ms, jitter);
    set_pause(op, sink.key, failures, until)
}

fn set_pause(op: &Op<'_>, key: SinkKey, failures: u32, until: Timestamp) -> Done<()> {
    let sql = "UPDATE sink SET failures = ?2, next_at = ?3 WHERE id = ?1";
    op.db.prepare_cached(sql)?.execute(params![key.0, failures, until.0])?;
    Ok(())
}

/// One that failed is told again later, or given up.
fn again(op: &Op<'_>, key: SinkKey, seq: i64, failure: &PluginFailure) -> Done<()> {
    let failures: Option<u32> = op
        .db
        .prepare_cached("SELECT failures + 1 FROM sink_delivery WHERE sink = ?1 AND seq = ?2 AND state = 0")?
        .query_row(params![key.0, seq], |row| row.get(0))
        .optional()?;
    let Some(failures) = failures else { return Ok(()) };
    let wait = outbox::next_try_ms(failures, failure.retry_after_ms);
    op.db
        .prepare_cached(
            "UPDATE sink_delivery SET failures = ?3, detail = ?4, next_at = ?5, state = ?6, done_at = ?7
             WHERE sink = ?1 AND seq = ?2",
        )?
        .execute(params![
            key.0,
            seq,
            failures,
            failure.to_string(),
            (op.now() + wait.unwrap_or(0)).0,
            if wait.is_some() { 0 } else { 3 },
            wait.is_none().then_some(op.now().0)
        ])?;
    Ok(())
}

/// The call failed as a whole.
pub(crate) fn fail(op: &mut Op<'_>, key: SinkKey, failure: &PluginFailure) -> Done<()> {
    let Some(sink) = active(op.db, key)? else { return Err(Fault::Store(StoreError::Stale)) };
    leave_alone(op, &sink, failure.retry_after_ms)?;
    let verdict = instances::verdict(op, (failures::SINK, key.0), ("sink", &sink.plugin), failure)?;
    if let Some((status, why)) = verdict {
        sink::set(op, key, status, &why)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use campanile_domain::ports::store::DeliveryStatus;
    use rusqlite::StatementStatus;

    use super::super::delivery::listed;
    use super::super::sink::SELECT;
    use super::*;
    use crate::sqlite::migrate::{self, Database};
    use crate::sqlite::profile;

    /// A sink with so many deliveries that are kept, each of a lead of its own, and three that wait behind them.
    fn kept(deliveries: i64) -> Connection {
        let mut db = profile::memory().unwrap();
        migrate::run(&mut db, Database::Main).unwrap();
        db.execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO tenant (id, public_id, name, limits, created_at, event_seq) VALUES (1, x'01', 'Acme', '{}', 0, 9);
             INSERT INTO campaign (id, public_id, tenant, assistant, state, reason, created_at, updated_at)
             VALUES (1, x'01', 1, 1, 1, '{}', 0, 0);
             INSERT INTO sink (id, public_id, tenant, campaign, name, plugin, settings, events, status, reason, position,
                               next_at, created_at)
             VALUES (1, x'01', 1, 1, 's', 'p', '{}', '[]', 'active', '{}', 9, 0, 0);",
        )
        .unwrap();
        let mut add = db
            .prepare("INSERT INTO sink_delivery (sink, seq, event, lead, state, next_at) VALUES (1, ?1, ?2, ?1, ?3, 0)")
            .unwrap();
        for seq in 0..deliveries + 3 {
            let state = if seq < deliveries { 1 } else { 0 };
            add.execute(params![seq, seq.to_be_bytes(), state]).unwrap();
        }
        drop(add);
        db
    }

    /// The steps that a statement takes, and how many rows it finds.
    fn steps(db: &Connection, sql: &str, values: &[i64]) -> (i32, usize) {
        let mut statement = db.prepare(sql).unwrap();
        let mut rows = statement.query(rusqlite::params_from_iter(values)).unwrap();
        let mut found = 0;
        while rows.next().unwrap().is_some() {
            found += 1;
        }
        drop(rows);
        (statement.get_status(StatementStatus::VmStep), found)
    }

    #[test]
    fn what_is_kept_costs_nobody_who_asks_for_what_waits() {
        let (few, many) = (kept(10), kept(3_000));
        let by_key = format!("{SELECT} WHERE s.id = ?1");
        let list = |status| (listed(Some(status)), vec![1, i64::MAX, 100]);
        let asked: [(String, Vec<i64>, usize); 6] = [
            (DUE.to_owned(), vec![5], 1),
            (NEXT.clone(), vec![1, 1, i64::MAX, 50], 3),
            (by_key, vec![1], 1),
            (list(DeliveryStatus::Waiting).0, list(DeliveryStatus::Waiting).1, 3),
            (list(DeliveryStatus::Skipped).0, list(DeliveryStatus::Skipped).1, 0),
            (list(DeliveryStatus::Failed).0, list(DeliveryStatus::Failed).1, 0),
        ];
        for (sql, values, found) in asked {
            let (before, after) = (steps(&few, &sql, &values), steps(&many, &sql, &values));
            assert_eq!((before.1, after.1), (found, found), "{sql}");
            assert!(after.0 <= before.0 + 10, "{} steps became {} with what is kept: {sql}", before.0, after.0);
        }
    }
}
