//! Deliveries as their owner sees them, sending them again, and the one that tries an endpoint.

use campanile_domain::event;
use campanile_domain::ids::{EventId, TenantKey, WebhookId, WebhookKey};
use campanile_domain::ports::store::{DeliveryStatus, Listed, Page, WebhookDelivery};
use campanile_domain::time::Timestamp;
use campanile_domain::webhook::WebhookFormat;
use rusqlite::{Connection, Row, params};

use super::webhook;
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::op::{About, Op};
use crate::sqlite::page;
use crate::sqlite::sinks::delivery::{code, status_of};

const COLUMNS: &str = "SELECT d.seq, d.event, e.type, d.state, d.attempts, d.last_at, d.response_status, d.response,
        d.duration_ms, d.detail, d.next_at, e.at, d.done_at";
const JOINED: &str = "JOIN webhook w ON w.id = d.webhook LEFT JOIN event e ON e.tenant = w.tenant AND e.seq = d.seq";

fn read(row: &Row<'_>) -> Done<WebhookDelivery> {
    let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
    let status = status_of(row.get(3)?)?;
    Ok(WebhookDelivery {
        sequence: row.get(0)?,
        event: EventId::from_bytes(row.get(1)?),
        kind: row.get(2)?,
        status,
        attempts: row.get(4)?,
        last_attempt_at: at(5)?,
        response_status: row.get(6)?,
        response: row.get(7)?,
        duration_ms: row.get(8)?,
        detail: row.get(9)?,
        next_try_at: at(10)?.filter(|_| status == DeliveryStatus::Waiting),
        created_at: at(11)?,
        done_at: at(12)?,
    })
}

/// Of a webhook, newest first.
pub(super) fn all(
    db: &Connection,
    tenant: TenantKey,
    id: WebhookId,
    status: Option<DeliveryStatus>,
    asked: &Page,
) -> Done<Listed<WebhookDelivery>> {
    let webhook = webhook::of_tenant(db, tenant, id)?;
    let before = page::after(asked, "webhook_deliveries", i64::MAX)?;
    // Those of one state are few among those that are over, and only the index over that state finds them.
    let (index, state) = match status {
        None | Some(DeliveryStatus::Delivered) => ("", status.map(code)),
        Some(DeliveryStatus::Waiting) => ("INDEXED BY webhook_delivery_due", status.map(code)),
        Some(DeliveryStatus::Skipped) => ("INDEXED BY webhook_delivery_skipped", status.map(code)),
        Some(DeliveryStatus::Failed) => ("INDEXED BY webhook_delivery_failed", status.map(code)),
    };
    let state = state.map_or_else(String::new, |state| format!("AND d.state = {state}"));
    let mut statement = db.prepare_cached(&format!(
        "{COLUMNS} FROM webhook_delivery d {index} {JOINED}
         WHERE d.webhook = ?1 AND d.seq < ?2 {state} ORDER BY d.seq DESC LIMIT ?3"
    ))?;
    let mut rows = statement.query(params![webhook.key.0, before, page::limit(asked) + 1])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let delivery = read(row)?;
        found.push((delivery.sequence, delivery));
    }
    Ok(page::cut(found, asked, "webhook_deliveries"))
}

fn one(db: &Connection, webhook: WebhookKey, event: EventId) -> Done<WebhookDelivery> {
    let mut statement = db
        .prepare_cached(&format!("{COLUMNS} FROM webhook_delivery d {JOINED} WHERE d.webhook = ?1 AND d.event = ?2"))?;
    let mut rows = statement.query(params![webhook.0, event.to_bytes()])?;
    rows.next()?.map_or_else(|| not_found("delivery"), read)
}

/// Makes one wait again, and be sent at once.
pub(super) fn resend(op: &mut Op<'_>, id: WebhookId, event: EventId) -> Done<WebhookDelivery> {
    let webhook = webhook::of_tenant(op.db, op.ctx.tenant, id)?;
    one(op.db, webhook.key, event)?;
    webhook::must_be_enabled(&webhook)?;
    op.db
        .prepare_cached(
            "UPDATE webhook_delivery SET state = 0, attempts = 0, next_at = ?3, done_at = NULL
             WHERE webhook = ?1 AND event = ?2",
        )?
        .execute(params![webhook.key.0, event.to_bytes(), op.now().0])?;
    op.audit("webhook.resend", &event)?;
    one(op.db, webhook.key, event)
}

/// Writes an event that only this webhook is told of.
pub(super) fn test(op: &mut Op<'_>, id: WebhookId) -> Done<WebhookDelivery> {
    let webhook = webhook::of_tenant(op.db, op.ctx.tenant, id)?;
    webhook::must_be_enabled(&webhook)?;
    if webhook.format == WebhookFormat::Hosted {
        let message = "a webhook of the format \"hosted\" is told of ended calls and of nothing else; place a call to a number \
                       of your own to try it (POST /v1/calls), or send one again that it was told of";
        return Err(conflict("webhook_format", message));
    }
    let data = serde_json::json!({ "id": id, "url": webhook.url, "description": webhook.description });
    op.event(op.ctx.tenant, event::TEST, About::default(), data.to_string());
    op.flush()?;
    op.db
        .prepare_cached(
            "INSERT INTO webhook_delivery (webhook, seq, event, next_at)
             SELECT ?1, e.seq, e.id, ?2 FROM tenant t JOIN event e ON e.tenant = t.id AND e.seq = t.event_seq
             WHERE t.id = ?3",
        )?
        .execute(params![webhook.key.0, op.now().0, op.tenant()])?;
    op.audit("webhook.test", &id)?;
    let mut statement = op.db.prepare_cached(&format!(
        "{COLUMNS} FROM webhook_delivery d {JOINED} WHERE d.webhook = ?1 ORDER BY d.seq DESC LIMIT 1"
    ))?;
    let mut rows = statement.query([webhook.key.0])?;
    rows.next()?.map_or_else(|| not_found("delivery"), read)
}
