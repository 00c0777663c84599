//! A sink's turn: the log is read on, what concerns the sink becomes deliveries, and the next of them are told.
//!
//! Reading on is by number and by the piece, so that a tenant whose import wrote a million entries holds the writer up no
//! longer than anybody else. Of each lead only its oldest waiting event is told: a record must not end on what was true
//! before. What was told and not acknowledged, because the host died, is told again with the same event id.

use campanile_domain::ids::{EventId, LeadId, SinkKey, TenantKey};
use campanile_domain::outbox::{self, Envelope, Logged};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::Kept;
use campanile_domain::plugin::setback;
use campanile_domain::ports::store::{DueSink, InstanceStatus, SinkRow, SinkTurn, StoreError};
use campanile_domain::sink::{Ack, ResultEvent};
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::variable::Variables;
use rand_core::Rng;
use rusqlite::{Connection, OptionalExtension, params};

use super::sink;
use crate::sqlite::failures;
use crate::sqlite::fault::{Done, Fault};
use crate::sqlite::instances;
use crate::sqlite::leads::{call, lead};
use crate::sqlite::op::Op;
use crate::sqlite::plugins::state;
use crate::sqlite::scope::{self, Cache};

/// Entries of the log that are looked at in one turn.
const READ: i64 = 5_000;
/// How long a delivery that is over is kept, in milliseconds.
const KEPT_MS: i64 = 30 * DAY_MS;

/// Active sinks that have something to do, by time.
pub(crate) fn due(db: &Connection, cache: &mut Cache, limit: u32) -> Done<Vec<DueSink>> {
    let mut statement = db.prepare_cached(
        "SELECT id, tenant, version, at FROM (
           SELECT s.id, s.tenant, t.version, max(s.next_at, CASE WHEN s.position < t.event_seq THEN 0 ELSE
                    (SELECT min(d.next_at) FROM sink_delivery d WHERE d.sink = s.id AND d.state = 0) END) AS at
           FROM sink s JOIN tenant t ON t.id = s.tenant
           WHERE s.status = 'active' AND s.deleted_at IS NULL)
         WHERE at IS NOT NULL ORDER BY at, id LIMIT ?1",
    )?;
    let mut rows = statement.query([limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let tenant: i64 = row.get(1)?;
        if !scope::terms(db, cache, (tenant, row.get(2)?))?.suspended {
            found.push(DueSink { key: SinkKey(row.get(0)?), tenant: TenantKey(tenant), at: Timestamp(row.get(3)?) });
        }
    }
    Ok(found)
}

/// Reads the log on, and says what is to be told.
pub(crate) fn turn(op: &mut Op<'_>, key: SinkKey, limit: u32) -> Done<Option<SinkTurn>> {
    let Some(sink) = active(op.db, key)? else { return Ok(None) };
    let more_log = read_on(op, &sink)?;
    let (events, gone) = next(op, &sink, limit)?;
    for seq in &gone {
        let why = "the lead is not there any more";
        over(op, key, *seq, 2, Some(why))?;
    }
    let kept = state::read(op.db, sink.tenant, &sink.id)?;
    let more = more_log || !gone.is_empty() || !events.is_empty();
    Ok(Some(SinkTurn { sink, kept, events, more }))
}

fn active(db: &Connection, key: SinkKey) -> Done<Option<SinkRow>> {
    match sink::by_key(db, key) {
        Ok(sink) if sink.status == InstanceStatus::Active => Ok(Some(sink)),
        Ok(_) | Err(Fault::Store(StoreError::NotFound(_))) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Makes deliveries of the entries behind the sink's position; whether there are more entries.
fn read_on(op: &Op<'_>, sink: &SinkRow) -> Done<bool> {
    let (position, source, end): (i64, Option<i64>, i64) = op
        .db
        .prepare_cached(
            "SELECT s.position, s.source, t.event_seq FROM sink s JOIN tenant t ON t.id = s.tenant WHERE s.id = ?1",
        )?
        .query_row([sink.key.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let until = end.min(position + READ);
    if until == position {
        return Ok(false);
    }
    op.db
        .prepare_cached(
            "INSERT OR IGNORE INTO sink_delivery (sink, seq, event, lead, next_at)
             SELECT ?1, e.seq, e.id, e.lead, ?2 FROM event e
             WHERE e.tenant = ?3 AND e.seq > ?4 AND e.seq <= ?5 AND e.campaign = ?6 AND e.lead IS NOT NULL
               AND e.type IN (SELECT value FROM json_each(?7))
               AND (?8 IS NULL OR EXISTS (SELECT 1 FROM lead_data d WHERE d.lead = e.lead AND d.source = ?8))",
        )?
        .execute(params![
            sink.key.0,
            op.now().0,
            sink.tenant.0,
            position,
            until,
            sink.campaign_key.0,
            serde_json::to_string(&sink.events)?,
            source
        ])?;
    op.db.prepare_cached("UPDATE sink SET position = ?2 WHERE id = ?1")?.execute(params![sink.key.0, until])?;
    op.db
        .prepare_cached(
            "DELETE FROM sink_delivery WHERE sink = ?1 AND state <> 0 AND done_at < ?2
               AND seq IN (SELECT seq FROM sink_delivery WHERE sink = ?1 ORDER BY seq LIMIT 256)",
        )?
        .execute(params![sink.key.0, op.now().0 - KEPT_MS])?;
    Ok(until < end)
}

type Told = (Vec<(i64, ResultEvent)>, Vec<i64>);

/// The next to be told, and those whose lead is gone.
fn next(op: &Op<'_>, sink: &SinkRow, limit: u32) -> Done<Told> {
    struct Waiting {
        logged: Logged,
        lead: Option<LeadId>,
        call: Option<[u8; 16]>,
        overtaken: bool,
    }
    let mut statement = op.db.prepare_cached(
        "SELECT d.seq, e.id, e.type, e.at, e.data, l.public_id, a.public_id,
                EXISTS (SELECT 1 FROM sink_delivery f
                        WHERE f.sink = ?1 AND f.lead = d.lead AND f.seq > d.seq AND f.state = 1)
         FROM sink_delivery d JOIN event e ON e.tenant = ?2 AND e.seq = d.seq
              LEFT JOIN lead l ON l.id = d.lead LEFT JOIN attempt a ON a.id = e.call AND a.lead = d.lead
         WHERE d.sink = ?1 AND d.state = 0 AND d.next_at <= ?3
           AND NOT EXISTS (SELECT 1 FROM sink_delivery f
                           WHERE f.sink = ?1 AND f.lead = d.lead AND f.state = 0 AND f.seq < d.seq)
         ORDER BY d.seq LIMIT ?4",
    )?;
    let mut rows = statement.query(params![sink.key.0, sink.tenant.0, op.now().0, limit])?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next()? {
        let logged = Logged {
            sequence: row.get(0)?,
            id: EventId::from_bytes(row.get(1)?),
            kind: row.get(2)?,
            at: Timestamp(row.get(3)?),
            moved: serde_json::from_str(&row.get::<_, String>(4)?)?,
        };
        let lead = row.get::<_, Option<[u8; 16]>>(5)?.map(LeadId::from_bytes);
        waiting.push(Waiting { logged, lead, call: row.get(6)?, overtaken: row.get(7)? });
    }
    let (mut events, mut gone) = (Vec::new(), Vec::new());
    for Waiting { mut logged, lead: id, call: call_id, overtaken } in waiting {
        let seq = logged.sequence;
        // The row of a lead that was removed may be another's by now.
        let same = |id: &LeadId| !logged.kind.starts_with("lead.") || logged.moved["id"] == id.to_string();
        let Some(id) = id.filter(same) else {
            gone.push(seq);
            continue;
        };
        if overtaken {
            // Sent again after a later one: what was true then must not be written over what is true now.
            logged.moved = serde_json::Value::Null;
        }
        let lead = lead::by_id(op.db, sink.tenant, id)?;
        let call = call_id
            .map(|id| call::by_id(op.db, sink.tenant, campanile_domain::ids::CallId::from_bytes(id)))
            .transpose()?;
        let Some(primary) = lead.contacts.first() else {
            gone.push(seq);
            continue;
        };
        let variables = call.as_ref().map_or_else(Variables::new, |call| call.variables.values());
        let (kind, at, event_id, phone) = (logged.kind.clone(), logged.at, logged.id, primary.phone);
        let external_id = lead.external_id.clone();
        let envelope = Envelope::of(logged, &lead, call.as_ref());
        let data = serde_json::to_value(&envelope)?;
        events.push((seq, ResultEvent { id: event_id, kind, at, external_id, phone, data, variables }));
    }
    Ok((events, gone))
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

/// Keeps what became of what was told.
pub(crate) fn acknowledge(op: &mut Op<'_>, key: SinkKey, acks: &[(i64, Ack)], kept: Option<&Kept>) -> Done<SinkRow> {
    let sink = sink::by_key(op.db, key)?;
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
    if let Some(kept) = kept {
        state::write(op, &sink.id, kept)?;
    }
    if let Some(failure) = needs_a_person {
        return fail(op, key, failure);
    }
    let (failures, wait) = match asks_to_wait {
        Some(asked) => {
            let failures = sink.failures_in_a_row.saturating_add(1);
            (failures, setback::back_off_ms(failures, Some(asked), jitter(op)))
        }
        None => (0, 0),
    };
    op.db.prepare_cached("UPDATE sink SET failures = ?2, next_at = ?3 WHERE id = ?1")?.execute(params![
        key.0,
        failures,
        (op.now() + wait).0
    ])?;
    sink::by_key(op.db, key)
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

fn jitter(op: &mut Op<'_>) -> f64 {
    f64::from(op.rng.next_u32()) / f64::from(u32::MAX)
}

/// The call failed as a whole.
pub(crate) fn fail(op: &mut Op<'_>, key: SinkKey, failure: &PluginFailure) -> Done<SinkRow> {
    let Some(sink) = active(op.db, key)? else { return Err(Fault::Store(StoreError::Stale)) };
    let failures = sink.failures_in_a_row.saturating_add(1);
    let wait = setback::back_off_ms(failures, failure.retry_after_ms, jitter(op));
    op.db.prepare_cached("UPDATE sink SET failures = ?2, next_at = ?3 WHERE id = ?1")?.execute(params![
        key.0,
        failures,
        (op.now() + wait).0
    ])?;
    let verdict = instances::verdict(op, (failures::SINK, key.0), ("sink", &sink.plugin), failure)?;
    if let Some((status, why)) = verdict {
        sink::set(op, key, status, &why)?;
    }
    sink::by_key(op.db, key)
}
