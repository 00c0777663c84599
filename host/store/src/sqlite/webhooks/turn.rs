//! A webhook's turn: what is sent next, and what came of it.
//!
//! No order is kept between deliveries: each has its own time, and the number in the envelope tells what was first. One that
//! was sent and not answered for before the host died is sent again with the same event id.

use campanile_domain::ids::{AttemptKey, EventId, TenantKey, WebhookId, WebhookKey};
use campanile_domain::ports::store::{DueWebhook, EndedCall, HeldDelivery, SecretOwner, Sending, WebhookTurn};
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::webhook::{self as rules, GIVEN_UP_MS, MOST_WAITING, Verdict, WebhookFormat};
use rusqlite::{Connection, OptionalExtension, params};

use super::webhook::{self, SECRET, SECRET_BEFORE};
use crate::sqlite::credentials::secrets;
use crate::sqlite::events::log::{self, ENTRY};
use crate::sqlite::events::told;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::scope::{self, Cache};
use crate::vault::Vault;

/// Enabled webhooks with something to be told, by time; `each` of a tenant, so that one with many leaves room for others.
pub(super) fn due(db: &Connection, cache: &mut Cache, each: u32, limit: u32) -> Done<Vec<DueWebhook>> {
    let mut statement = db.prepare_cached(
        "SELECT id, tenant, version, at FROM (
           SELECT id, tenant, version, at, row_number() OVER (PARTITION BY tenant ORDER BY at, id) AS place FROM (
             SELECT w.id, w.tenant, t.version, max(w.next_at,
                      (SELECT min(d.next_at) FROM webhook_delivery d WHERE d.webhook = w.id AND d.state = 0)) AS at
             FROM webhook w JOIN tenant t ON t.id = w.tenant
             WHERE w.enabled = 1 AND w.deleted_at IS NULL)
           WHERE at IS NOT NULL)
         WHERE place <= ?1 ORDER BY at, id",
    )?;
    let mut rows = statement.query([each])?;
    let mut found = Vec::new();
    // Suspended tenants take no room in the limit.
    while let Some(row) = rows.next()?
        && found.len() < limit as usize
    {
        let tenant: i64 = row.get(1)?;
        if !scope::terms(db, cache, (tenant, row.get(2)?))?.suspended {
            found.push(DueWebhook {
                key: WebhookKey(row.get(0)?),
                tenant: TenantKey(tenant),
                at: Timestamp(row.get(3)?),
            });
        }
    }
    Ok(found)
}

/// How many deliveries wait.
pub(super) fn waiting(db: &Connection) -> Done<u64> {
    let sql = "SELECT count(*) FROM webhook_delivery INDEXED BY webhook_delivery_due WHERE state = 0";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))? as u64)
}

struct Enabled {
    id: WebhookId,
    tenant: TenantKey,
    url: String,
    faults: u32,
    old_secret_until: Option<Timestamp>,
    failing_since: Option<Timestamp>,
    filled: bool,
    format: WebhookFormat,
}

fn enabled(db: &Connection, key: WebhookKey) -> Done<Option<Enabled>> {
    let mut statement = db.prepare_cached(
        "SELECT public_id, tenant, url, faults, old_secret_until, failing_since, filled, format FROM webhook
         WHERE id = ?1 AND enabled = 1 AND deleted_at IS NULL",
    )?;
    let row = statement.query_row([key.0], |row| {
        Ok(Enabled {
            id: WebhookId::from_bytes(row.get(0)?),
            tenant: TenantKey(row.get(1)?),
            url: row.get(2)?,
            faults: row.get(3)?,
            old_secret_until: row.get::<_, Option<i64>>(4)?.map(Timestamp),
            failing_since: row.get::<_, Option<i64>>(5)?.map(Timestamp),
            filled: row.get(6)?,
            format: webhook::format_of(row.get(7)?),
        })
    });
    Ok(row.optional()?)
}

/// What is to be sent at `now`, and the numbers of what cannot be because it is not kept any more. An endpoint that could
/// not be reached is tried with one message before it gets the others.
pub(super) fn next(
    db: &Connection,
    vault: &Vault,
    key: WebhookKey,
    now: Timestamp,
    limit: u32,
) -> Done<Option<(WebhookTurn, Vec<i64>)>> {
    let Some(webhook) = enabled(db, key)? else { return Ok(None) };
    let limit = if webhook.faults > 0 { 1 } else { limit };
    let mut statement = db.prepare_cached(&format!(
        "SELECT {ENTRY}, d.seq FROM webhook_delivery d LEFT JOIN event e ON e.tenant = ?2 AND e.seq = d.seq
         WHERE d.webhook = ?1 AND d.state = 0 AND d.next_at <= ?3 ORDER BY d.next_at, d.seq LIMIT ?4"
    ))?;
    let mut rows = statement.query(params![key.0, webhook.tenant.0, now.0, limit])?;
    let (mut entries, mut calls, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        if row.get::<_, Option<i64>>(0)?.is_none() {
            gone.push(row.get(log::ENTRY_COLUMNS)?);
            continue;
        }
        let entry = log::entry(row)?;
        match (webhook.format, entry.call) {
            (WebhookFormat::Standard, _) => entries.push(entry),
            (WebhookFormat::Hosted, Some(call)) => {
                let (event, sequence) = (entry.logged.id, entry.logged.sequence);
                calls.push(EndedCall { event, sequence, call: AttemptKey(call) });
            }
            (WebhookFormat::Hosted, None) => gone.push(entry.logged.sequence),
        }
    }
    let more = entries.len() + calls.len() + gone.len() >= limit as usize;
    // Without what signs nothing is sent, and the delivery says why.
    let held = secrets::all(db, vault, webhook.tenant, &SecretOwner::Webhook(webhook.id)).unwrap_or_default();
    let old = held.get(SECRET_BEFORE).filter(|_| webhook.old_secret_until.is_some_and(|until| now < until));
    let secrets = held.get(SECRET).into_iter().chain(old).cloned().collect();
    let events = told::envelopes(db, webhook.tenant, entries)?;
    Ok(Some((WebhookTurn { id: webhook.id, url: webhook.url, secrets, events, calls, more }, gone)))
}

/// Skips what cannot be told any more.
pub(super) fn skip(op: &Op<'_>, key: WebhookKey, gone: &[i64]) -> Done<()> {
    let mut skip = op.db.prepare_cached(
        "UPDATE webhook_delivery SET state = 2, detail = 'the event is not kept any more', done_at = ?3
         WHERE webhook = ?1 AND seq = ?2 AND state = 0",
    )?;
    for seq in gone {
        skip.execute((key.0, seq, op.now().0))?;
    }
    Ok(())
}

/// They wait for longer. What was taken or given up meanwhile stays so.
pub(super) fn hold(op: &Op<'_>, key: WebhookKey, held: &[HeldDelivery]) -> Done<()> {
    let mut hold = op
        .db
        .prepare_cached("UPDATE webhook_delivery SET next_at = ?3 WHERE webhook = ?1 AND seq = ?2 AND state = 0")?;
    for HeldDelivery { sequence, until } in held {
        hold.execute((key.0, sequence, until.0))?;
    }
    Ok(())
}

/// Keeps what came of messages; whether more may be sent at once.
pub(super) fn keep(op: &mut Op<'_>, key: WebhookKey, sendings: &[Sending]) -> Done<bool> {
    let verdict = |sending: &Sending| Verdict::of(sending.answer.as_ref().ok().map(|(status, _)| *status));
    for sending in sendings {
        one(op, key, sending, verdict(sending))?;
    }
    // Disabled or taken out meanwhile: what came of the messages holds, and no more are sent.
    let Some(before) = enabled(op.db, key)? else { return Ok(false) };
    let (faults, failing_since, pause) = standing(&before, sendings);
    op.db
        .prepare_cached("UPDATE webhook SET faults = ?2, failing_since = ?3, next_at = ?4 WHERE id = ?1")?
        .execute(params![key.0, faults, failing_since.map(|at| at.0), op.now().0 + pause])?;
    if before.filled {
        op.db
            .prepare_cached(
                "UPDATE webhook SET filled = (SELECT count(*) FROM
                   (SELECT 1 FROM webhook_delivery INDEXED BY webhook_delivery_due
                              WHERE webhook = ?1 AND state = 0 LIMIT ?2)) >= ?2
                 WHERE id = ?1",
            )?
            .execute((key.0, MOST_WAITING))?;
    }
    if sendings.iter().any(|sending| verdict(sending) == Verdict::Gone) {
        let detail = "the endpoint answered 410, which says that it wants no more messages; enable it once it does";
        webhook::disable(op, key, "gone", detail)?;
        return Ok(false);
    }
    if failing_since.is_some_and(|since| op.now().since(since) >= GIVEN_UP_MS) {
        let detail = format!(
            "the endpoint took nothing for {} days; see GET /v1/webhooks/{}/deliveries for what it answered, enable it once it is repaired, and recover what it missed",
            GIVEN_UP_MS / DAY_MS,
            before.id
        );
        webhook::disable(op, key, "failed_for_days", &detail)?;
        return Ok(false);
    }
    Ok(pause == 0)
}

/// Where the endpoint stands after messages, in the order in which they ended: how often in a row it could not be reached,
/// since when it took nothing, and how long it is left alone, in milliseconds.
fn standing(before: &Enabled, sendings: &[Sending]) -> (u32, Option<Timestamp>, i64) {
    let (mut faults, mut failing_since, mut asked) = (before.faults, before.failing_since, None);
    for sending in sendings {
        match &sending.answer {
            Ok((200..=299, _)) => (faults, failing_since) = (0, None),
            Ok(_) => (faults, failing_since) = (0, failing_since.or(Some(sending.at))),
            Err(_) => (faults, failing_since) = (faults.saturating_add(1), failing_since.or(Some(sending.at))),
        }
        asked = asked.max(sending.retry_after_ms.filter(|_| failing_since.is_some()));
    }
    (faults, failing_since, rules::pause_ms(faults, asked))
}

/// One delivery.
fn one(op: &Op<'_>, key: WebhookKey, sending: &Sending, verdict: Verdict) -> Done<()> {
    let waiting: Option<(u32, [u8; 16])> = op
        .db
        .prepare_cached(
            "SELECT attempts + 1, event FROM webhook_delivery WHERE webhook = ?1 AND seq = ?2 AND state = 0",
        )?
        .query_row((key.0, sending.sequence), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((attempts, event)) = waiting else { return Ok(()) };
    let again = match verdict {
        Verdict::Delivered => None,
        Verdict::Gone | Verdict::Failed => {
            rules::next_try_ms(attempts, EventId::from_bytes(event), sending.retry_after_ms)
        }
    };
    let state = match (verdict, again) {
        (Verdict::Delivered, _) => 1,
        (_, Some(_)) => 0,
        (_, None) => 3,
    };
    let (status, response) = sending.answer.as_ref().map_or((None, None), |(status, text)| (Some(*status), Some(text)));
    op.db
        .prepare_cached(
            "UPDATE webhook_delivery SET state = ?3, attempts = ?4, next_at = ?5, last_at = ?6, response_status = ?7,
                    response = ?8, duration_ms = ?9, detail = ?10, done_at = ?11
             WHERE webhook = ?1 AND seq = ?2",
        )?
        .execute(params![
            key.0,
            sending.sequence,
            state,
            attempts,
            (op.now() + again.unwrap_or(0)).0,
            sending.at.0,
            status,
            response,
            sending.duration_ms,
            sending.answer.as_ref().err(),
            (state != 0).then_some(op.now().0),
        ])?;
    Ok(())
}
