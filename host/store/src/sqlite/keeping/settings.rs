//! What accounts chose.

use campanile_domain::ids::TenantKey;
use campanile_domain::retention::Retention;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::accounts::tenants;
use crate::sqlite::changes::between;
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::op::Op;

/// Of one account.
pub(super) fn of(db: &Connection, tenant: TenantKey) -> Done<Retention> {
    let found: Option<String> = db
        .prepare_cached("SELECT retention FROM tenant WHERE id = ?1")?
        .query_row([tenant.0], |row| row.get(0))
        .optional()?;
    found.map_or_else(|| not_found("tenant"), |text| Ok(serde_json::from_str(&text)?))
}

/// Chooses.
pub(super) fn set(op: &Op<'_>, retention: Retention) -> Done<Retention> {
    let before = of(op.db, op.ctx.tenant)?;
    op.db
        .prepare_cached("UPDATE tenant SET retention = ?2 WHERE id = ?1")?
        .execute(params![op.tenant(), serde_json::to_string(&retention)?])?;
    let id = tenants::by_key(op.db, op.ctx.tenant)?.id;
    op.audit_changes("retention.update", &id, &between(&before, &retention)?)?;
    Ok(retention)
}

/// Of those that keep something no longer than they said.
pub(super) fn chosen(db: &Connection) -> Done<Vec<(TenantKey, Retention)>> {
    let mut statement = db.prepare_cached("SELECT id, retention FROM tenant WHERE retention <> '{}' ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let retention: Retention = serde_json::from_str(&row.get::<_, String>(1)?)?;
        if !retention.is_for_ever() {
            found.push((TenantKey(row.get(0)?), retention));
        }
    }
    Ok(found)
}
