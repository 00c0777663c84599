//! Days, each with tables of its own.
//!
//! Deleting a day's rows one by one would cost as much as writing them; dropping its tables costs nothing and gives the
//! pages back.

use std::fmt;

use campanile_domain::time::{DAY_MS, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::beside_kind::Beside;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// The day of an instant, counted from 1970 in UTC.
fn day(at: Timestamp) -> i64 {
    at.millis().div_euclid(DAY_MS)
}

/// What a day's tables look like: see the migration that brought the second shape. A day of the third has a table for what
/// evaluators answered from the start.
const SHAPE: u32 = 3;

/// A day's tables. Shown, it is the end of their names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    /// Counted from 1970 in UTC.
    pub day: i64,
    shape: u32,
}

impl Segment {
    /// The campaign of a decision, in SQL.
    pub(crate) const fn campaign(self) -> &'static str {
        if self.is_first_shape() { "json_extract(record, '$.campaign')" } else { "campaign" }
    }

    /// When it was decided, in SQL: milliseconds.
    pub(crate) const fn at(self) -> &'static str {
        if self.is_first_shape() {
            "CAST(round(1000 * unixepoch(json_extract(record, '$.at'), 'subsec')) AS INTEGER)"
        } else {
            "at"
        }
    }

    /// From before decisions were found by their campaign.
    pub(crate) const fn is_first_shape(self) -> bool {
        !self.is_of(2)
    }

    /// Of this shape or a later one.
    pub(crate) const fn is_of(self, shape: u32) -> bool {
        self.shape >= shape
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.day < 0 { write!(f, "n{}", self.day.unsigned_abs()) } else { write!(f, "{}", self.day) }
    }
}

/// The tables for an instant; makes them when they are missing.
pub(crate) fn of(op: &Op<'_>, at: Timestamp) -> Done<Segment> {
    let day = day(at);
    let known: Option<u32> = op
        .db
        .prepare_cached("SELECT shape FROM segment WHERE day = ?1")?
        .query_row([day], |row| row.get(0))
        .optional()?;
    if let Some(shape) = known {
        return Ok(Segment { day, shape });
    }
    let segment = Segment { day, shape: SHAPE };
    op.db.execute_batch(&format!(
        "CREATE TABLE decision_{segment} (
           id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, campaign INTEGER NOT NULL, lead INTEGER NOT NULL,
           at INTEGER NOT NULL, record TEXT NOT NULL
         ) STRICT;
         CREATE INDEX decision_{segment}_of_lead ON decision_{segment} (tenant, lead);
         CREATE INDEX decision_{segment}_of_campaign ON decision_{segment} (tenant, campaign, at);
         CREATE TABLE transcript_{segment} (
           tenant INTEGER NOT NULL, attempt INTEGER NOT NULL, lines TEXT NOT NULL, PRIMARY KEY (tenant, attempt)
         ) STRICT, WITHOUT ROWID;"
    ))?;
    for kind in Beside::ALL {
        beside_of(op, segment, kind)?;
    }
    op.db.execute("INSERT INTO segment (day, shape) VALUES (?1, ?2)", [day, i64::from(SHAPE)])?;
    Ok(segment)
}

/// Makes a day's table for what stands beside its decisions.
pub(crate) fn beside_of(op: &Op<'_>, segment: Segment, kind: Beside) -> Done<()> {
    let table = kind.table();
    op.db.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS {table}_{segment} (
           id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, lead INTEGER NOT NULL, record TEXT NOT NULL
         ) STRICT;
         CREATE INDEX IF NOT EXISTS {table}_{segment}_of_lead ON {table}_{segment} (tenant, lead);"
    ))?;
    Ok(())
}

/// The days there are, oldest first.
pub(crate) fn all(db: &Connection) -> Done<Vec<Segment>> {
    let days = db
        .prepare_cached("SELECT day, shape FROM segment ORDER BY day")?
        .query_map([], |row| Ok(Segment { day: row.get(0)?, shape: row.get(1)? }))?
        .collect::<Result<_, _>>()?;
    Ok(days)
}

/// The days from one instant to another, oldest first.
pub(crate) fn between(db: &Connection, since: Option<Timestamp>, until: Option<Timestamp>) -> Done<Vec<Segment>> {
    let (first, last) = (since.map_or(i64::MIN, day), until.map_or(i64::MAX, day));
    Ok(all(db)?.into_iter().filter(|segment| (first..=last).contains(&segment.day)).collect())
}

/// Whether a day has the table.
pub(crate) fn has(db: &Connection, segment: Segment, kind: Beside) -> Done<bool> {
    if segment.is_of(kind.since()) {
        return Ok(true);
    }
    let found = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)")?
        .query_row([format!("{}_{segment}", kind.table())], |row| row.get(0))?;
    Ok(found)
}

/// The days that ended before an instant, oldest first.
pub(crate) fn before(db: &Connection, at: Timestamp) -> Done<Vec<Segment>> {
    Ok(all(db)?.into_iter().filter(|segment| segment.day < day(at)).collect())
}

/// Drops a day's tables.
pub(crate) fn drop_day(op: &Op<'_>, segment: Segment) -> Done<()> {
    // Every free page leaves the file below; to overwrite them first would cost as much as writing them did.
    op.db.execute_batch("PRAGMA secure_delete = OFF")?;
    let dropped = drop_tables(op, segment);
    op.db.execute_batch("PRAGMA secure_delete = ON")?;
    dropped
}

fn drop_tables(op: &Op<'_>, segment: Segment) -> Done<()> {
    op.db.execute_batch(&format!("DROP TABLE decision_{segment}; DROP TABLE transcript_{segment};"))?;
    for kind in Beside::ALL {
        op.db.execute_batch(&format!("DROP TABLE IF EXISTS {}_{segment};", kind.table()))?;
    }
    op.db.execute("DELETE FROM segment WHERE day = ?1", [segment.day])?;
    // Each step gives one page back.
    let mut vacuum = op.db.prepare("PRAGMA incremental_vacuum")?;
    let mut steps = vacuum.query([])?;
    while steps.next()?.is_some() {}
    Ok(())
}

/// Whether the records of a lead (`lead`) or of a call (`call`) were erased.
pub(crate) fn is_erased(db: &Connection, tenant: i64, kind: &str, key: i64) -> Done<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM erased WHERE tenant = ?1 AND kind = ?2 AND key = ?3)")?
        .query_row(params![tenant, kind, key], |row| row.get(0))?)
}
