//! What shadows answered beside what was decided.

use campanile_domain::ids::{LeadKey, TenantKey};
use campanile_domain::ports::store::{Document, ShadowRecord};
use rusqlite::{Connection, params};

use super::segments;
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// Keeps them.
pub(crate) fn keep(op: &mut Op<'_>, records: &[Document]) -> Done<()> {
    for Document { tenant, lead, at, text, .. } in records {
        let day = segments::of(op, *at)?;
        if day.is_first_shape() {
            segments::shadows_of(op, day)?;
        }
        op.db
            .prepare_cached(&format!("INSERT INTO shadow_{day} (tenant, lead, record) VALUES (?1, ?2, ?3)"))?
            .execute(params![tenant.0, lead.0, text])?;
    }
    Ok(())
}

/// Those about a lead, oldest first.
pub(crate) fn of_lead(db: &Connection, tenant: TenantKey, lead: LeadKey) -> Done<Vec<ShadowRecord>> {
    let mut records = Vec::new();
    for day in segments::all(db)? {
        if !segments::has_shadows(db, day)? {
            continue;
        }
        let mut statement =
            db.prepare_cached(&format!("SELECT record FROM shadow_{day} WHERE tenant = ?1 AND lead = ?2 ORDER BY id"))?;
        let mut rows = statement.query(params![tenant.0, lead.0])?;
        while let Some(row) = rows.next()? {
            records.push(serde_json::from_str::<ShadowRecord>(&row.get::<_, String>(0)?)?);
        }
    }
    Ok(records)
}
