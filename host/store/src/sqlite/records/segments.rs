//! Days, each with tables of its own.
//!
//! Deleting a day's rows one by one would cost as much as writing them; dropping its tables costs nothing and gives the
//! pages back.

use campanile_domain::time::{DAY_MS, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// The day of an instant, counted from 1970 in UTC.
fn day(at: Timestamp) -> i64 {
    at.millis().div_euclid(DAY_MS)
}

/// What a day's tables are called with.
pub(crate) fn suffix(day: i64) -> String {
    if day < 0 { format!("n{}", day.unsigned_abs()) } else { day.to_string() }
}

/// The suffix of the tables for an instant; makes them when they are missing.
pub(crate) fn of(op: &Op<'_>, at: Timestamp) -> Done<String> {
    let day = day(at);
    let name = suffix(day);
    let known: Option<i64> = op
        .db
        .prepare_cached("SELECT day FROM segment WHERE day = ?1")?
        .query_row([day], |row| row.get(0))
        .optional()?;
    if known.is_none() {
        op.db.execute_batch(&format!(
            "CREATE TABLE decision_{name} (
               id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, lead INTEGER NOT NULL, record TEXT NOT NULL
             ) STRICT;
             CREATE INDEX decision_{name}_of_lead ON decision_{name} (tenant, lead);
             CREATE TABLE transcript_{name} (
               tenant INTEGER NOT NULL, attempt INTEGER NOT NULL, lines TEXT NOT NULL, PRIMARY KEY (tenant, attempt)
             ) STRICT, WITHOUT ROWID;"
        ))?;
        op.db.execute("INSERT INTO segment (day) VALUES (?1)", [day])?;
    }
    Ok(name)
}

/// The days there are, oldest first.
pub(crate) fn all(db: &Connection) -> Done<Vec<String>> {
    let days = db
        .prepare_cached("SELECT day FROM segment ORDER BY day")?
        .query_map([], |row| row.get(0).map(suffix))?
        .collect::<Result<_, _>>()?;
    Ok(days)
}

/// Drops whole days that ended before an instant.
pub(crate) fn drop_before(op: &mut Op<'_>, at: Timestamp) -> Done<u32> {
    let days: Vec<i64> = op
        .db
        .prepare_cached("SELECT day FROM segment WHERE day < ?1 ORDER BY day")?
        .query_map([day(at)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for day in &days {
        let name = suffix(*day);
        op.db.execute_batch(&format!("DROP TABLE decision_{name}; DROP TABLE transcript_{name};"))?;
        op.db.execute("DELETE FROM segment WHERE day = ?1", [day])?;
    }
    if !days.is_empty() {
        op.db.execute_batch("PRAGMA incremental_vacuum")?;
    }
    Ok(days.len() as u32)
}
