//! Tables of statistics, summed up from counters.
//!
//! A campaign of a million calls has some hundreds of counters, because hours, rounds, contacts and numbers repeat.

use std::collections::BTreeMap;

use campanile_domain::ids::{CampaignId, TenantKey};
use campanile_domain::money::Micros;
use campanile_domain::ports::store::{Breakdown, CallSums, Dimension};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::campaign::key_of;
use super::lateness;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::row::phone;

/// The tables asked for.
pub(crate) fn breakdown(db: &Connection, tenant: TenantKey, id: CampaignId, by: &[Dimension]) -> Done<Breakdown> {
    let campaign = key_of(db, tenant, id)?.0;
    let mut tables = BTreeMap::new();
    for dimension in by {
        tables.insert(*dimension, table(db, campaign, *dimension)?);
    }
    Ok(Breakdown { lateness: lateness::of(db, campaign)?, by: tables })
}

fn table(db: &Connection, campaign: i64, dimension: Dimension) -> Done<Vec<CallSums>> {
    let (column, counters) = match dimension {
        Dimension::Hour => ("hour", "call_time_count"),
        Dimension::Day => ("day", "call_time_count"),
        Dimension::Round => ("round", "call_line_count"),
        Dimension::Contact => ("contact", "call_line_count"),
        Dimension::CallerId => ("caller_id", "call_line_count"),
        Dimension::PolicyVersion => ("by", "decided_count"),
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT {column}, sum(n), sum(answered), sum(voicemail), sum(goals), sum(talk_ms), sum(cost)
         FROM {counters} WHERE campaign = ?1 GROUP BY {column} HAVING sum(n) > 0 ORDER BY {column}"
    ))?;
    let mut rows = statement.query([campaign])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.max(0) as u64);
        found.push(CallSums {
            key: key(row, dimension)?,
            calls: count(1)?,
            answered: count(2)?,
            voicemail: count(3)?,
            goals_reached: count(4)?,
            talk_ms: row.get(5)?,
            cost_micros: Micros(row.get(6)?),
        });
    }
    Ok(found)
}

fn key(row: &Row<'_>, dimension: Dimension) -> Done<String> {
    let number = match row.get_ref(0)? {
        ValueRef::Integer(number) => number,
        ValueRef::Text(text) => return Ok(String::from_utf8_lossy(text).into_owned()),
        other => return Err(broken(format!("{:?} is no key of a counter", other.data_type()))),
    };
    Ok(match dimension {
        Dimension::Hour => format!("{number:02}"),
        Dimension::Day => format!("{:04}-{:02}-{:02}", number / 10_000, number / 100 % 100, number % 100),
        Dimension::CallerId => phone(number)?.to_string(),
        Dimension::Round | Dimension::Contact | Dimension::PolicyVersion => number.to_string(),
    })
}
