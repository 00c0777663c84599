//! The log of a tenant by its numbers and by time.
//!
//! Nothing here is kept by time: entries are numbered in the order of their writes, which is that of their times but for
//! the moment that a write waits for its turn. So an instant is looked for by halves, and then with some room.

use campanile_domain::ids::{EventId, TenantKey};
use campanile_domain::outbox::Logged;
use campanile_domain::ports::store::{EventFilter, EventPage, EventSpan};
use campanile_domain::time::{MINUTE_MS, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::told::{self, Entry};
use crate::sqlite::campaigns::campaign;
use crate::sqlite::fault::Done;

/// Entries that are looked at in one read.
const PIECE: i64 = 5_000;
/// By how much the times of neighbours may be in the wrong order, in milliseconds.
const DISORDER_MS: i64 = MINUTE_MS;

/// The columns of [`entry`], of a table called `e`.
pub(crate) const ENTRY: &str = "e.seq, e.id, e.type, e.at, e.data, e.campaign, e.lead, e.call";

/// How many they are.
pub(crate) const ENTRY_COLUMNS: usize = 8;

/// Reads the columns of [`ENTRY`].
pub(crate) fn entry(row: &Row<'_>) -> Done<Entry> {
    let logged = Logged {
        sequence: row.get(0)?,
        id: EventId::from_bytes(row.get(1)?),
        kind: row.get(2)?,
        at: Timestamp(row.get(3)?),
        moved: serde_json::from_str(&row.get::<_, String>(4)?)?,
    };
    Ok(Entry { logged, campaign: row.get(5)?, lead: row.get(6)?, call: row.get(7)? })
}

/// A piece of the log.
pub(crate) fn page(
    db: &Connection,
    tenant: TenantKey,
    after: i64,
    filter: &EventFilter,
    limit: u32,
) -> Done<EventPage> {
    let campaign = filter.campaign.map(|id| campaign::key_of(db, tenant, id)).transpose()?.map(|key| key.0);
    let kinds = filter.kinds.as_ref().map(serde_json::to_string).transpose()?;
    let end = newest(db, tenant)?;
    let until = end.min(after.saturating_add(PIECE));
    let mut statement = db.prepare_cached(&format!(
        "SELECT {ENTRY} FROM event e
         WHERE e.tenant = ?1 AND e.seq > ?2 AND e.seq <= ?3 AND (?4 IS NULL OR e.campaign = ?4)
           AND (?5 IS NULL OR e.type IN (SELECT value FROM json_each(?5)))
         ORDER BY e.seq LIMIT ?6"
    ))?;
    let mut rows = statement.query(params![tenant.0, after, until, campaign, kinds, limit])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    let last = entries.last().filter(|_| entries.len() >= limit as usize).map(|entry| entry.logged.sequence);
    let read_to = last.unwrap_or(until).max(after);
    Ok(EventPage { events: told::envelopes(db, tenant, entries)?, read_to, more: read_to < end })
}

/// The number of the newest entry.
fn newest(db: &Connection, tenant: TenantKey) -> Done<i64> {
    Ok(db.prepare_cached("SELECT event_seq FROM tenant WHERE id = ?1")?.query_row([tenant.0], |row| row.get(0))?)
}

/// The ends of the log.
pub(crate) fn span(db: &Connection, tenant: TenantKey) -> Done<EventSpan> {
    let newest = newest(db, tenant)?;
    let oldest: Option<i64> =
        db.prepare_cached("SELECT min(seq) FROM event WHERE tenant = ?1")?.query_row([tenant.0], |row| row.get(0))?;
    Ok(EventSpan { oldest: oldest.unwrap_or(newest + 1), newest })
}

/// The number behind which everything lies that happened at `at` or later.
pub(crate) fn before(db: &Connection, tenant: TenantKey, at: Timestamp) -> Done<i64> {
    let EventSpan { oldest, newest } = span(db, tenant)?;
    let (mut low, mut high) = (oldest, newest + 1);
    let mut time = db.prepare_cached("SELECT at FROM event WHERE tenant = ?1 AND seq = ?2")?;
    while low < high {
        let middle = low + (high - low) / 2;
        let then: i64 = time.query_row((tenant.0, middle), |row| row.get(0))?;
        if then < at.0 - DISORDER_MS { low = middle + 1 } else { high = middle }
    }
    let first: Option<i64> = db
        .prepare_cached("SELECT seq FROM event WHERE tenant = ?1 AND seq >= ?2 AND at >= ?3 ORDER BY seq LIMIT 1")?
        .query_row((tenant.0, low, at.0), |row| row.get(0))
        .optional()?;
    Ok(first.map_or(newest, |first| first - 1))
}
