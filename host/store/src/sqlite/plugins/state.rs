//! What instances of plugins keep between calls. Written in the transaction that stores the call's result.

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::instance::Kept;
use rusqlite::{Connection, OptionalExtension, params};

use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;

/// What an instance keeps; nothing, for a new one.
pub(crate) fn read(db: &Connection, tenant: TenantKey, instance: &impl ToString) -> Done<Kept> {
    let kept: Option<String> = db
        .prepare_cached("SELECT kept FROM plugin_state WHERE tenant = ?1 AND instance = ?2")?
        .query_row(params![tenant.0, instance.to_string()], |row| row.get(0))
        .optional()?;
    Ok(kept.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
}

/// Keeps it.
pub(crate) fn write(op: &Op<'_>, instance: &impl ToString, kept: &Kept) -> Done<()> {
    op.db
        .prepare_cached("INSERT OR REPLACE INTO plugin_state (tenant, instance, kept) VALUES (?1, ?2, ?3)")?
        .execute(params![op.tenant(), instance.to_string(), serde_json::to_string(kept)?])?;
    Ok(())
}

/// Forgets it.
pub(crate) fn forget(op: &Op<'_>, instance: &impl ToString) -> Done<()> {
    op.db
        .prepare_cached("DELETE FROM plugin_state WHERE tenant = ?1 AND instance = ?2")?
        .execute(params![op.tenant(), instance.to_string()])?;
    Ok(())
}
