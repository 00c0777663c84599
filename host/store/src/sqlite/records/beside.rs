//! What stands beside the decisions: what shadows answered, and what evaluators made of calls.
//!
//! Both are documents that are read lead by lead, in a table of their own for each day. Days from before a kind of record
//! was kept get its table when the first one comes.

use campanile_domain::ids::{LeadKey, TenantKey};
use campanile_domain::ports::store::Document;
use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;

use super::beside_kind::Beside;
use super::segments;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Keeps them.
pub(crate) fn keep(op: &mut Op<'_>, kind: Beside, records: &[Document]) -> Done<()> {
    for Document { tenant, lead, at, text, .. } in records {
        if segments::is_erased(op.db, tenant.0, "lead", lead.0)? {
            continue;
        }
        let day = segments::of(op, *at)?;
        if !day.is_of(kind.since()) {
            segments::beside_of(op, day, kind)?;
        }
        let table = kind.table();
        op.db
            .prepare_cached(&format!("INSERT INTO {table}_{day} (tenant, lead, record) VALUES (?1, ?2, ?3)"))?
            .execute(params![tenant.0, lead.0, text])?;
    }
    Ok(())
}

/// Those about a lead, oldest first.
pub(crate) fn of_lead<T: DeserializeOwned>(
    db: &Connection,
    kind: Beside,
    (tenant, lead): (TenantKey, LeadKey),
) -> Done<Vec<T>> {
    let (mut records, table) = (Vec::new(), kind.table());
    for day in segments::all(db)? {
        if !segments::has(db, day, kind)? {
            continue;
        }
        let mut statement = db
            .prepare_cached(&format!("SELECT record FROM {table}_{day} WHERE tenant = ?1 AND lead = ?2 ORDER BY id"))?;
        let mut rows = statement.query(params![tenant.0, lead.0])?;
        while let Some(row) = rows.next()? {
            records.push(serde_json::from_str(&row.get::<_, String>(0)?)?);
        }
    }
    Ok(records)
}
