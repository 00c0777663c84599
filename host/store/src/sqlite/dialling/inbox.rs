//! Webhooks, kept before anybody reads them.

use campanile_domain::ids::GatewayKey;
use campanile_domain::ports::gateway::Webhook;
use campanile_domain::ports::store::InboxItem;
use campanile_domain::time::{DAY_MS, Timestamp};
use rusqlite::{Connection, params};

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// How long a webhook that was read is kept, in milliseconds.
const KEPT_MS: i64 = 7 * DAY_MS;

/// Keeps one; returns its row.
pub(crate) fn put(op: &Op<'_>, gateway: GatewayKey, webhook: &Webhook) -> Done<i64> {
    let head = serde_json::json!({ "method": webhook.method, "url": webhook.url, "headers": webhook.headers });
    op.db
        .prepare_cached("INSERT INTO inbox (gateway, webhook, body, received_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![gateway.0, head.to_string(), webhook.body, webhook.received_at.0])?;
    Ok(op.db.last_insert_rowid())
}

/// The oldest that nobody has read.
pub(crate) fn take(db: &Connection, after: i64, limit: u32) -> Done<Vec<InboxItem>> {
    #[derive(serde::Deserialize)]
    struct Head {
        method: String,
        url: String,
        headers: Vec<(String, String)>,
    }
    let mut statement = db.prepare_cached(
        "SELECT id, gateway, webhook, body, received_at FROM inbox WHERE done = 0 AND id > ?1 ORDER BY id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![after, limit])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let Head { method, url, headers } = serde_json::from_str(&row.get::<_, String>(2)?)?;
        let webhook = Webhook { method, url, headers, body: row.get(3)?, received_at: Timestamp(row.get(4)?) };
        items.push(InboxItem { key: row.get(0)?, gateway: GatewayKey(row.get(1)?), webhook });
    }
    Ok(items)
}

/// They were read. Those that were read without an error and are old go; the others are kept longer, see `keeping/texts.rs`.
pub(crate) fn done(op: &Op<'_>, items: &[(i64, Option<String>)]) -> Done<()> {
    let mut mark = op.db.prepare_cached("UPDATE inbox SET done = 1, error = ?2 WHERE id = ?1")?;
    let mut newest = 0;
    for (key, error) in items {
        mark.execute(params![key, error])?;
        newest = newest.max(*key);
    }
    let received: Option<i64> = op
        .db
        .prepare_cached("SELECT max(received_at) FROM inbox WHERE id = ?1")?
        .query_row([newest], |row| row.get(0))?;
    op.db
        .prepare_cached(
            "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox INDEXED BY inbox_read
               WHERE done = 1 AND error IS NULL AND received_at < ?1 ORDER BY received_at LIMIT 256)",
        )?
        .execute([received.unwrap_or(0) - KEPT_MS])?;
    Ok(())
}
