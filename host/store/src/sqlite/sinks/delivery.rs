//! Deliveries as their owner sees them, and sending them again.

use campanile_domain::ids::{EventId, LeadId, SinkId, SinkKey, TenantKey};
use campanile_domain::ports::store::{Delivery, DeliveryStatus, Listed, Page};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::sink;
use crate::sqlite::fault::{Done, broken, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::page;

const SELECT: &str =
    "SELECT d.seq, d.event, e.type, l.public_id, d.state, d.failures, d.next_at, d.detail, e.at, d.done_at
    FROM sink_delivery d";
const JOINED: &str = "JOIN sink s ON s.id = d.sink LEFT JOIN event e ON e.tenant = s.tenant AND e.seq = d.seq
         LEFT JOIN lead l ON l.id = d.lead";

/// How a status lies in the database.
pub(crate) const fn code(status: DeliveryStatus) -> u8 {
    match status {
        DeliveryStatus::Waiting => 0,
        DeliveryStatus::Delivered => 1,
        DeliveryStatus::Skipped => 2,
        DeliveryStatus::Failed => 3,
    }
}

/// The status that lies in the database so.
pub(crate) fn status_of(code_found: u8) -> Done<DeliveryStatus> {
    let all = [DeliveryStatus::Waiting, DeliveryStatus::Delivered, DeliveryStatus::Skipped, DeliveryStatus::Failed];
    let status = all.into_iter().find(|status| code(*status) == code_found);
    status.ok_or_else(|| broken(format!("{code_found} is no state of a delivery")))
}

fn read(row: &Row<'_>) -> Done<Delivery> {
    let status = status_of(row.get(4)?)?;
    Ok(Delivery {
        sequence: row.get(0)?,
        event: EventId::from_bytes(row.get(1)?),
        kind: row.get(2)?,
        lead: row.get::<_, Option<[u8; 16]>>(3)?.map(LeadId::from_bytes),
        status,
        failures: row.get(5)?,
        next_try_at: (status == DeliveryStatus::Waiting).then_some(Timestamp(row.get(6)?)),
        detail: row.get(7)?,
        created_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        done_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
    })
}

/// The statement of a list. Those of one state are few among those that are over, and only the index over that state finds
/// them.
pub(super) fn listed(status: Option<DeliveryStatus>) -> String {
    let index = match status {
        None | Some(DeliveryStatus::Delivered) => "",
        Some(DeliveryStatus::Waiting) => "INDEXED BY sink_delivery_waiting",
        Some(DeliveryStatus::Skipped) => "INDEXED BY sink_delivery_skipped",
        Some(DeliveryStatus::Failed) => "INDEXED BY sink_delivery_failed",
    };
    let only = status.map_or(String::new(), |status| format!("AND d.state = {}", code(status)));
    format!("{SELECT} {index} {JOINED} WHERE d.sink = ?1 AND d.seq < ?2 {only} ORDER BY d.seq DESC LIMIT ?3")
}

/// Of a sink, newest first.
pub(crate) fn all(
    db: &Connection,
    tenant: TenantKey,
    id: SinkId,
    status: Option<DeliveryStatus>,
    asked: &Page,
) -> Done<Listed<Delivery>> {
    let sink = sink::of_tenant(db, tenant, id)?;
    let before = page::after(asked, "deliveries", i64::MAX)?;
    let mut statement = db.prepare_cached(&listed(status))?;
    let mut rows = statement.query(params![sink.key.0, before, page::limit(asked) + 1])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let delivery = read(row)?;
        found.push((delivery.sequence, delivery));
    }
    Ok(page::cut(found, asked, "deliveries"))
}

fn one(db: &Connection, sink: SinkKey, event: EventId) -> Done<Delivery> {
    let mut statement = db.prepare_cached(&format!("{SELECT} {JOINED} WHERE d.sink = ?1 AND d.event = ?2"))?;
    let mut rows = statement.query(params![sink.0, event.to_bytes()])?;
    rows.next()?.map_or_else(|| not_found("delivery"), read)
}

const AGAIN: &str = "SET state = 0, failures = 0, next_at = ?2, done_at = NULL WHERE sink = ?1";

/// Makes one wait again.
pub(crate) fn resend(op: &mut Op<'_>, id: SinkId, event: EventId) -> Done<Delivery> {
    let sink = sink::of_tenant(op.db, op.ctx.tenant, id)?;
    one(op.db, sink.key, event)?;
    op.db.prepare_cached(&format!("UPDATE sink_delivery {AGAIN} AND event = ?3"))?.execute(params![
        sink.key.0,
        op.now().0,
        event.to_bytes()
    ])?;
    op.audit("sink.resend", &event)?;
    one(op.db, sink.key, event)
}

/// Makes those that were given up wait again.
pub(crate) fn resend_failed(op: &mut Op<'_>, id: SinkId) -> Done<u64> {
    let sink = sink::of_tenant(op.db, op.ctx.tenant, id)?;
    let sql = format!("UPDATE sink_delivery INDEXED BY sink_delivery_failed {AGAIN} AND state = 3");
    let again = op.db.prepare_cached(&sql)?.execute(params![sink.key.0, op.now().0])?;
    op.audit("sink.resend_failed", &id)?;
    Ok(again as u64)
}
