//! What a tenant lets its plugins have.
//!
//! A grant belongs to a name, not to a version. An auth block is granted as it was written, and a block that changed is
//! granted beside the old one, so that the version in force keeps its own until the other takes over.

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::grants::Ask;
use campanile_domain::ports::store::{Grant, PluginVersion};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, params};

use crate::sqlite::actor::by;
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::op::Op;

/// By kind and name.
pub(crate) fn all(db: &Connection, tenant: TenantKey, name: &str) -> Done<Vec<Grant>> {
    exists(db, tenant.0, name)?;
    given(db, tenant.0, name)
}

fn given(db: &Connection, tenant: i64, name: &str) -> Done<Vec<Grant>> {
    let mut statement = db.prepare_cached(
        "SELECT ask, by, at FROM plugin_grant WHERE tenant = ?1 AND name = ?2 ORDER BY what, item, at, ask",
    )?;
    let mut rows = statement.query(params![tenant, name])?;
    let mut grants = Vec::new();
    while let Some(row) = rows.next()? {
        let ask: Ask = serde_json::from_str(&row.get::<_, String>(0)?)?;
        grants.push(Grant { ask, by: row.get(1)?, at: Timestamp(row.get(2)?) });
    }
    Ok(grants)
}

fn exists(db: &Connection, tenant: i64, name: &str) -> Done<()> {
    let found = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM plugin_version WHERE tenant = ?1 AND name = ?2)")?
        .query_row(params![tenant, name], |row| row.get(0))?;
    if found { Ok(()) } else { not_found("plugin") }
}

/// Refuses a version that asks for more than was given, with the difference.
pub(crate) fn must_be_given(db: &Connection, tenant: i64, version: &PluginVersion) -> Done<()> {
    let Some(manifest) = &version.manifest else { return Ok(()) };
    let given = given(db, tenant, &version.name)?;
    let missing = manifest.missing(given.iter().map(|grant| &grant.ask));
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let message = format!(
        "{name}@{version} asks for what was not granted: {list}; look at it and grant it with POST /v1/plugins/{name}/grants",
        name = version.name,
        version = version.version
    );
    Err(conflict("plugin_not_granted", message))
}

/// Gives.
pub(crate) fn grant(op: &mut Op<'_>, name: &str, asks: &[Ask]) -> Done<Vec<Grant>> {
    exists(op.db, op.tenant(), name)?;
    let by = by(&op.ctx.actor);
    for ask in asks {
        let new = op
            .db
            .prepare_cached(
                "INSERT OR IGNORE INTO plugin_grant (tenant, name, what, item, ask, by, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![op.tenant(), name, ask.what(), ask.item(), serde_json::to_string(ask)?, by, op.now().0])?;
        if new > 0 {
            op.audit_changes("plugin.grant", &name, &[ask.to_string()])?;
        }
    }
    given(op.db, op.tenant(), name)
}

/// Takes back.
pub(crate) fn revoke(op: &mut Op<'_>, name: &str, asks: &[Ask]) -> Done<Vec<Grant>> {
    exists(op.db, op.tenant(), name)?;
    for ask in asks {
        let gone = op
            .db
            .prepare_cached("DELETE FROM plugin_grant WHERE tenant = ?1 AND name = ?2 AND what = ?3 AND item = ?4")?
            .execute(params![op.tenant(), name, ask.what(), ask.item()])?;
        if gone > 0 {
            op.audit_changes("plugin.revoke_grant", &name, &[ask.to_string()])?;
        }
    }
    given(op.db, op.tenant(), name)
}
