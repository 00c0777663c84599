//! Texts of others that may speak of a person: webhooks, complaints, reports, what plugins keep.
//!
//! Nothing says whom such a text is about, so all of an account's are read, page by page and beside the writer, and those that
//! name the person by a number or an id go. A row that is only about them goes whole; of others the words go.

use std::collections::BTreeMap;

use campanile_domain::erasure::{ERASED, Traces};
use campanile_domain::ids::{ErasureId, TenantKey};
use campanile_domain::plugin::instance::Kept;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params};
use serde_json::Value;

use super::erasure;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Before the first row of every table.
pub(super) const FIRST: i64 = i64::MIN;
/// Rows in one page.
const PAGE: i64 = 500;

/// What becomes of a text that speaks of the person.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// The row goes.
    Delete(&'static str),
    /// The words of its JSON document go; the statement takes the row and the document.
    Blank(&'static str),
    /// The text goes; the statement takes the row and what stands in its place.
    Replace(&'static str),
    /// The entries of what a plugin keeps go; the statement takes the row and the rest.
    Entries(&'static str),
}

/// A place where such texts are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    /// What the erasure counts.
    kind: &'static str,
    /// Row number, name of the row within it, texts: of a tenant (`?1`), behind a row number (`?2`), at most so many (`?3`),
    /// or all that have the same number.
    find: &'static str,
    then: Then,
}

/// A row that was found: its number, the name within, its first text.
pub(super) type Found = (i64, Sql, String);

/// All of them.
pub(super) const ALL: [Text; 16] = [
    Text {
        kind: "webhooks",
        find: "SELECT id, NULL, webhook, body, error FROM inbox
               WHERE id > ?2 AND gateway IN (SELECT id FROM gateway WHERE tenant = ?1) ORDER BY id LIMIT ?3",
        then: Then::Delete("DELETE FROM inbox WHERE id = ?1"),
    },
    Text {
        kind: "webhooks",
        find: "SELECT id, NULL, event FROM early_event
               WHERE id > ?2 AND gateway IN (SELECT id FROM gateway WHERE tenant = ?1) ORDER BY id LIMIT ?3",
        then: Then::Delete("DELETE FROM early_event WHERE id = ?1"),
    },
    Text {
        kind: "webhooks",
        find: "SELECT id, NULL, webhook, body, error FROM source_push
               WHERE id > ?2 AND source IN (SELECT id FROM source WHERE tenant = ?1) ORDER BY id LIMIT ?3",
        then: Then::Delete("DELETE FROM source_push WHERE id = ?1"),
    },
    Text {
        kind: "source_records",
        find: "SELECT s.id, l.external_id, l.external_id, l.waiting FROM source s
               JOIN source_lead l ON l.source = s.id AND l.waiting IS NOT NULL
               WHERE s.tenant = ?1 AND s.id > ?2 AND ?3 > 0 ORDER BY s.id",
        then: Then::Delete("DELETE FROM source_lead WHERE source = ?1 AND external_id = ?2"),
    },
    Text {
        kind: "source_records",
        find: "SELECT j.run, j.n, j.external_id, j.field, j.message FROM source s
               JOIN source_run r ON r.source = s.id JOIN source_reject j ON j.run = r.id
               WHERE s.tenant = ?1 AND j.run > ?2 AND ?3 > 0 ORDER BY j.run",
        then: Then::Delete("DELETE FROM source_reject WHERE run = ?1 AND n = ?2"),
    },
    Text {
        kind: "words",
        find: "SELECT r.id, NULL, r.error FROM source s JOIN source_run r ON r.source = s.id
               WHERE s.tenant = ?1 AND r.id > ?2 AND r.error IS NOT NULL ORDER BY r.id LIMIT ?3",
        then: Then::Blank("UPDATE source_run SET error = ?2 WHERE id = ?1"),
    },
    Text {
        kind: "words",
        find: "SELECT id, NULL, reason FROM source WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        then: Then::Blank("UPDATE source SET reason = ?2 WHERE id = ?1"),
    },
    Text {
        kind: "words",
        find: "SELECT id, NULL, reason FROM sink WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        then: Then::Blank("UPDATE sink SET reason = ?2 WHERE id = ?1"),
    },
    Text {
        kind: "words",
        find: "SELECT w.id, d.seq, coalesce(d.response, ''), d.detail FROM webhook w JOIN webhook_delivery d ON d.webhook = w.id
               WHERE w.tenant = ?1 AND w.id > ?2 AND ?3 > 0 AND (d.response IS NOT NULL OR d.detail IS NOT NULL)
               ORDER BY w.id",
        then: Then::Replace("UPDATE webhook_delivery SET response = ?2, detail = NULL WHERE webhook = ?1 AND seq = ?3"),
    },
    Text {
        kind: "words",
        find: "SELECT id, NULL, reason FROM campaign WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        then: Then::Blank("UPDATE campaign SET reason = ?2 WHERE id = ?1"),
    },
    Text {
        kind: "words",
        find: "SELECT id, NULL, broken_because FROM connection
               WHERE tenant = ?1 AND id > ?2 AND broken_because IS NOT NULL ORDER BY id LIMIT ?3",
        then: Then::Replace("UPDATE connection SET broken_because = ?2 WHERE id = ?1"),
    },
    Text {
        kind: "words",
        find: "SELECT id, NULL, message FROM plugin_failure WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        then: Then::Replace("UPDATE plugin_failure SET message = ?2 WHERE id = ?1"),
    },
    Text {
        kind: "words",
        find: "SELECT id, NULL, target FROM audit
               WHERE tenant = ?1 AND id > ?2 AND what = 'suppression.remove' ORDER BY id LIMIT ?3",
        then: Then::Replace("UPDATE audit SET target = ?2 WHERE id = ?1"),
    },
    Text {
        kind: "events",
        find: "SELECT seq, tenant, data FROM event INDEXED BY event_with_words WHERE tenant = ?1 AND seq > ?2
               AND type IN ('source.failed', 'campaign.paused') ORDER BY seq LIMIT ?3",
        then: Then::Blank("UPDATE event SET data = ?2 WHERE seq = ?1 AND tenant = ?3"),
    },
    Text {
        kind: "reports",
        find: "SELECT id, NULL, request, result, error FROM job
               WHERE tenant = ?1 AND id > ?2 AND state <> 'running' ORDER BY id LIMIT ?3",
        then: Then::Delete("DELETE FROM job WHERE id = ?1"),
    },
    Text {
        kind: "plugin_state",
        find: "SELECT 1, instance, kept FROM plugin_state WHERE tenant = ?1 AND 1 > ?2 AND ?3 > 0 ORDER BY instance",
        then: Then::Entries("UPDATE plugin_state SET kept = ?2 WHERE tenant = ?4 AND instance = ?3 AND ?1 = 1"),
    },
];

fn text(row: &Row<'_>, column: usize) -> Done<Option<String>> {
    Ok(match row.get::<_, Sql>(column)? {
        Sql::Text(text) => Some(text),
        Sql::Blob(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        _ => None,
    })
}

/// Reads a page; what was found, and where the next begins.
pub(super) fn look(
    db: &Connection,
    of: Text,
    tenant: TenantKey,
    from: i64,
    traces: &Traces,
) -> Done<(Vec<Found>, Option<i64>)> {
    let mut statement = db.prepare_cached(of.find)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params![tenant.0, from, PAGE])?;
    let (mut found, mut read, mut last) = (Vec::new(), 0, from);
    while let Some(row) = rows.next()? {
        (read, last) = (read + 1, row.get(0)?);
        for column in 2..columns {
            if text(row, column)?.is_some_and(|text| traces.found_in(&text)) {
                found.push((last, row.get(1)?, text(row, 2)?.unwrap_or_default()));
                break;
            }
        }
    }
    Ok((found, (read >= PAGE).then_some(last)))
}

/// Erases what a page found.
pub(super) fn erase(op: &Op<'_>, id: ErasureId, of: Text, found: &[Found], traces: &Traces) -> Done<()> {
    let mut gone = 0;
    for (key, name, text) in found {
        gone += match of.then {
            Then::Delete(sql) if sql.contains("?2") => op.db.prepare_cached(sql)?.execute(params![key, name])?,
            Then::Delete(sql) => op.db.prepare_cached(sql)?.execute([key])?,
            Then::Replace(sql) if sql.contains("?3") => {
                op.db.prepare_cached(sql)?.execute(params![key, ERASED, name])?
            }
            Then::Replace(sql) => op.db.prepare_cached(sql)?.execute(params![key, ERASED])?,
            Then::Blank(sql) => {
                let mut document: Value = serde_json::from_str(text)?;
                traces.blank(&mut document);
                let mut statement = op.db.prepare_cached(sql)?;
                match sql.contains("?3") {
                    true => statement.execute(params![key, document.to_string(), name])?,
                    false => statement.execute(params![key, document.to_string()])?,
                }
            }
            Then::Entries(sql) => {
                let mut kept: Kept = serde_json::from_str(text)?;
                let before = kept.0.len();
                kept.0.retain(|name, value| !traces.found_in(name) && !traces.found_in(value));
                op.db.prepare_cached(sql)?.execute(params![key, serde_json::to_string(&kept)?, name, op.tenant()])?;
                before - kept.0.len()
            }
        };
    }
    erasure::add(op, id, &BTreeMap::from([(of.kind, gone as u64)]))
}
