//! What policies were asked and what they answered.

use campanile_domain::ids::{LeadKey, TenantKey};
use campanile_domain::ports::store::DecisionRecord;
use rusqlite::{Connection, params};

use super::segments;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Keeps records.
pub(crate) fn keep(op: &mut Op<'_>, records: &[DecisionRecord]) -> Done<()> {
    for record in records {
        let day = segments::of(op, record.at)?;
        op.db
            .prepare_cached(&format!("INSERT INTO decision_{day} (tenant, lead, record) VALUES (?1, ?2, ?3)"))?
            .execute(params![record.tenant.0, record.lead.0, serde_json::to_string(record)?])?;
    }
    Ok(())
}

/// The records of a lead, oldest first.
pub(crate) fn of_lead(db: &Connection, tenant: TenantKey, lead: LeadKey) -> Done<Vec<DecisionRecord>> {
    let mut records = Vec::new();
    for day in segments::all(db)? {
        let mut statement = db.prepare_cached(&format!(
            "SELECT record FROM decision_{day} WHERE tenant = ?1 AND lead = ?2 ORDER BY id"
        ))?;
        let mut rows = statement.query(params![tenant.0, lead.0])?;
        while let Some(row) = rows.next()? {
            records.push(serde_json::from_str::<DecisionRecord>(&row.get::<_, String>(0)?)?);
        }
    }
    Ok(records)
}
