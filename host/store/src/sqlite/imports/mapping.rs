//! Mappings that are remembered by the headers of the files they were made for.

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::SavedMapping;
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::op::Op;

const COLUMNS: &str = "name, headers, options, created_at";

/// Saves one; the name is the tenant's.
pub(crate) fn save(op: &mut Op<'_>, name: &str, headers: &[String], options: &serde_json::Value) -> Done<SavedMapping> {
    op.db
        .prepare_cached(
            "INSERT OR REPLACE INTO mapping (tenant, name, headers, options, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![op.tenant(), name, serde_json::to_string(headers)?, options.to_string(), op.now().0])?;
    op.audit("mapping.save", &name)?;
    Ok(SavedMapping {
        name: name.to_owned(),
        headers: headers.to_vec(),
        options: options.clone(),
        created_at: op.now(),
    })
}

fn read(row: &Row<'_>) -> Done<SavedMapping> {
    Ok(SavedMapping {
        name: row.get(0)?,
        headers: serde_json::from_str(&row.get::<_, String>(1)?)?,
        options: serde_json::from_str(&row.get::<_, String>(2)?)?,
        created_at: Timestamp(row.get(3)?),
    })
}

/// All of a tenant, by name.
pub(crate) fn all(db: &Connection, tenant: TenantKey) -> Done<Vec<SavedMapping>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM mapping WHERE tenant = ?1 ORDER BY name"))?;
    let mut rows = statement.query([tenant.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The latest for a set of headers.
pub(crate) fn of(db: &Connection, tenant: TenantKey, headers: &[String]) -> Done<Option<SavedMapping>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM mapping WHERE tenant = ?1 AND headers = ?2 ORDER BY id DESC LIMIT 1"
    ))?;
    let mut rows = statement.query(params![tenant.0, serde_json::to_string(headers)?])?;
    rows.next()?.map(read).transpose()
}

/// Forgets one.
pub(crate) fn delete(op: &mut Op<'_>, name: &str) -> Done<()> {
    let gone = op
        .db
        .prepare_cached("DELETE FROM mapping WHERE tenant = ?1 AND name = ?2")?
        .execute(params![op.tenant(), name])?;
    if gone == 0 {
        return not_found("mapping");
    }
    op.audit("mapping.delete", &name)
}
