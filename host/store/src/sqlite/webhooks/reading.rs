//! Reading the log on: what happened becomes deliveries.
//!
//! One write for all webhooks, so that listeners whom nothing concerns cost the writer next to nothing however many they
//! are; each is read on by a piece, and the next round begins behind the last one that had its piece. Where many deliveries
//! wait already the log itself is the queue. Recovering is reading a stretch again, where what was given up counts as not
//! there. What was taken out goes here, too, by the piece.

use campanile_domain::attempt::AttemptState;
use campanile_domain::event;
use campanile_domain::ids::{WebhookId, WebhookKey};
use campanile_domain::ports::store::{ReadOn, Recovery};
use campanile_domain::time::Timestamp;
use campanile_domain::webhook::{KEPT_MS, MOST_WAITING};
use rusqlite::{Connection, OptionalExtension, params};

use super::webhook;
use crate::sqlite::events::log;
use crate::sqlite::fault::{Done, conflict};
use crate::sqlite::op::Op;
use crate::sqlite::row::codes_of;

/// Entries that are looked at for one webhook in one write.
const PIECE: i64 = 1_000;
/// Entries that are looked at in one write.
const READ: i64 = 5_000;
/// Webhooks that are read on for in one write.
const WEBHOOKS: usize = 64;
/// Deliveries that are forgotten in one write.
const FORGOTTEN: i64 = 1_000;

const BEHIND: &str = "FROM webhook w JOIN tenant t ON t.id = w.tenant
    WHERE w.enabled = 1 AND w.deleted_at IS NULL AND w.filled = 0 AND w.position < t.event_seq";

/// Whether there is anything to read, or to forget.
pub(super) fn is_behind(db: &Connection) -> Done<bool> {
    let sql =
        format!("SELECT EXISTS (SELECT 1 {BEHIND}) OR EXISTS (SELECT 1 FROM webhook WHERE deleted_at IS NOT NULL)");
    Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

struct Behind {
    key: i64,
    tenant: i64,
    position: i64,
    end: i64,
    events: Option<String>,
    campaign: Option<i64>,
    assistant: Option<i64>,
    only_completed: bool,
    recover_until: i64,
}

fn behind(db: &Connection, after: Option<WebhookKey>) -> Done<Vec<Behind>> {
    let sql = format!(
        "SELECT w.id, w.tenant, w.position, t.event_seq, w.events, w.campaign, w.recover_until,
           w.assistant, w.only_completed {BEHIND}
         ORDER BY w.id <= ?1, w.id LIMIT ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![after.map_or(0, |key| key.0), WEBHOOKS as i64 + 1], |row| {
        Ok(Behind {
            key: row.get(0)?,
            tenant: row.get(1)?,
            position: row.get(2)?,
            end: row.get(3)?,
            events: row.get(4)?,
            campaign: row.get(5)?,
            recover_until: row.get(6)?,
            assistant: row.get(7)?,
            only_completed: row.get(8)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Makes deliveries of what was written since.
pub(super) fn read_on(op: &mut Op<'_>, after: Option<WebhookKey>) -> Done<ReadOn> {
    let mut read = ReadOn { last: after, more: forget(op.db)? };
    let mut budget = READ;
    for (count, behind) in behind(op.db, after)?.into_iter().enumerate() {
        if budget <= 0 || count >= WEBHOOKS {
            read.more = true;
            break;
        }
        let until = behind.end.min(behind.position + PIECE.min(budget));
        budget -= until - behind.position;
        read.more |= until < behind.end;
        read.last = Some(WebhookKey(behind.key));
        piece(op, &behind, until)?;
    }
    Ok(read)
}

fn piece(op: &Op<'_>, behind: &Behind, until: i64) -> Done<()> {
    let all = || serde_json::to_string(&event::by_default().map(|kind| kind.name).collect::<Vec<_>>());
    let events = behind.events.clone().map_or_else(all, Ok)?;
    let completed = behind.only_completed.then(|| codes_of(|state: AttemptState| state.public_status() == "completed"));
    op.db
        .prepare_cached(
            "INSERT INTO webhook_delivery (webhook, seq, event, next_at)
             SELECT ?1, e.seq, e.id, ?2 FROM event e
             WHERE e.tenant = ?3 AND e.seq > ?4 AND e.seq <= ?5 AND (?6 IS NULL OR e.campaign = ?6)
               AND e.type IN (SELECT value FROM json_each(?7))
               AND (?9 IS NULL OR e.campaign IN (SELECT id FROM campaign WHERE tenant = ?3 AND assistant = ?9))
               AND (?10 IS NULL OR EXISTS
                 (SELECT 1 FROM attempt a WHERE a.id = e.call AND a.state IN (SELECT value FROM json_each(?10))))
             ON CONFLICT (webhook, seq) DO UPDATE
             SET state = 0, attempts = 0, next_at = excluded.next_at, done_at = NULL, detail = NULL
             WHERE state IN (2, 3) AND seq <= ?8",
        )?
        .execute(params![
            behind.key,
            op.now().0,
            behind.tenant,
            behind.position,
            until,
            behind.campaign,
            events,
            behind.recover_until,
            behind.assistant,
            completed,
        ])?;
    op.db
        .prepare_cached(
            "UPDATE webhook SET position = ?2,
                    filled = (SELECT count(*) FROM (SELECT 1 FROM webhook_delivery INDEXED BY webhook_delivery_due
                              WHERE webhook = ?1 AND state = 0 LIMIT ?3))
                             >= ?3
             WHERE id = ?1",
        )?
        .execute(params![behind.key, until, MOST_WAITING])?;
    op.db
        .prepare_cached(
            "DELETE FROM webhook_delivery WHERE webhook = ?1 AND state <> 0 AND done_at < ?2
               AND seq IN (SELECT seq FROM webhook_delivery WHERE webhook = ?1 ORDER BY seq LIMIT 256)",
        )?
        .execute(params![behind.key, op.now().0 - KEPT_MS])?;
    Ok(())
}

/// A piece of what a webhook that was taken out left; whether there is more.
fn forget(db: &Connection) -> Done<bool> {
    let gone: Option<i64> = db
        .prepare_cached("SELECT id FROM webhook WHERE deleted_at IS NOT NULL ORDER BY id LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(gone) = gone else { return Ok(false) };
    let forgotten = db
        .prepare_cached(
            "DELETE FROM webhook_delivery WHERE webhook = ?1
               AND seq IN (SELECT seq FROM webhook_delivery WHERE webhook = ?1 ORDER BY seq LIMIT ?2)",
        )?
        .execute((gone, FORGOTTEN))?;
    if (forgotten as i64) < FORGOTTEN {
        db.prepare_cached("DELETE FROM webhook WHERE id = ?1")?.execute([gone])?;
    }
    Ok(true)
}

/// Looks through the log again from an instant on.
pub(super) fn recover(op: &mut Op<'_>, id: WebhookId, since: Timestamp) -> Done<Recovery> {
    let webhook = webhook::of_tenant(op.db, op.ctx.tenant, id)?;
    webhook::must_be_enabled(&webhook)?;
    let known = op.now() - KEPT_MS;
    if since < known {
        let message = format!(
            "{since} is too long ago: what was delivered is known for {} days, so before {known} nobody knows what was not",
            KEPT_MS / campanile_domain::time::DAY_MS
        );
        return Err(conflict("since_too_old", message));
    }
    let after_sequence = log::before(op.db, op.ctx.tenant, since)?;
    let position: i64 = op
        .db
        .prepare_cached(
            "UPDATE webhook SET recover_until = max(recover_until, position) WHERE id = ?1 RETURNING position",
        )?
        .query_row([webhook.key.0], |row| row.get(0))?;
    let after_sequence = after_sequence.min(position);
    op.db.prepare_cached("UPDATE webhook SET position = ?2 WHERE id = ?1")?.execute((webhook.key.0, after_sequence))?;
    op.audit("webhook.recover", &id)?;
    Ok(Recovery { after_sequence, until_sequence: position })
}
