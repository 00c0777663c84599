//! Versions of what decides.
//!
//! A version never changes: the same name, number and content again is the same version, other content under the same
//! number is refused. Scripts have no number of their own and are counted.

use campanile_domain::ids::{PluginId, TenantKey};
use campanile_domain::ports::store::PluginVersion;
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::op::Op;

const SELECT: &str =
    "SELECT tenant, public_id, name, version, kind, sha256, content, active, created_at FROM plugin_version";

fn read(row: &Row<'_>) -> rusqlite::Result<(TenantKey, PluginVersion)> {
    let version = PluginVersion {
        id: PluginId::from_bytes(row.get(1)?),
        name: row.get(2)?,
        version: row.get(3)?,
        kind: row.get(4)?,
        sha256: row.get(5)?,
        content: row.get(6)?,
        active: row.get(7)?,
        created_at: Timestamp(row.get(8)?),
    };
    Ok((TenantKey(row.get(0)?), version))
}

fn find(db: &Connection, tenant: i64, name: &str, version: &str) -> Done<Option<PluginVersion>> {
    let found = db
        .prepare_cached(&format!("{SELECT} WHERE tenant = ?1 AND name = ?2 AND version = ?3"))?
        .query_row(params![tenant, name, version], read)
        .optional()?;
    Ok(found.map(|(_, version)| version))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps a version.
pub(crate) fn add(
    op: &mut Op<'_>,
    name: &str,
    version: Option<String>,
    kind: &str,
    content: &[u8],
) -> Done<PluginVersion> {
    let sha256 = hex(&Sha256::digest(content));
    let version = match version {
        Some(version) => version,
        None => match same_script(op, name, &sha256)? {
            Some(version) => version,
            None => next_count(op, name)?,
        },
    };
    if let Some(kept) = find(op.db, op.tenant(), name, &version)? {
        if kept.sha256 == sha256 && kept.kind == kind {
            return Ok(kept);
        }
        let message = format!("{name}@{version} exists with other content; versions never change, raise the number");
        return Err(conflict("version_exists", message));
    }
    let id = PluginId::mint(op.ctx.now, &mut op.rng);
    op.db
        .prepare_cached(
            "INSERT INTO plugin_version (public_id, tenant, name, version, kind, sha256, content, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![id.to_bytes(), op.tenant(), name, version, kind, sha256, content, op.now().0])?;
    op.audit("plugin.add", &format!("{name}@{version}"))?;
    find(op.db, op.tenant(), name, &version)?.map_or_else(|| not_found("plugin version"), Ok)
}

/// The version of a script that has this very content and is its newest.
fn same_script(op: &Op<'_>, name: &str, sha256: &str) -> Done<Option<String>> {
    let newest: Option<(String, String)> = op
        .db
        .prepare_cached(
            "SELECT version, sha256 FROM plugin_version WHERE tenant = ?1 AND name = ?2 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![op.tenant(), name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(newest.filter(|(_, kept)| kept == sha256).map(|(version, _)| version))
}

fn next_count(op: &Op<'_>, name: &str) -> Done<String> {
    let most: i64 = op
        .db
        .prepare_cached(
            "SELECT coalesce(max(CAST(version AS INTEGER)), 0) FROM plugin_version WHERE tenant = ?1 AND name = ?2",
        )?
        .query_row(params![op.tenant(), name], |row| row.get(0))?;
    Ok((most + 1).to_string())
}

/// `name@active` follows this version from now on.
pub(crate) fn activate(op: &mut Op<'_>, name: &str, version: &str) -> Done<PluginVersion> {
    if find(op.db, op.tenant(), name, version)?.is_none() {
        return not_found("plugin version");
    }
    op.db
        .prepare_cached("UPDATE plugin_version SET active = 0 WHERE tenant = ?1 AND name = ?2 AND active = 1")?
        .execute(params![op.tenant(), name])?;
    op.db
        .prepare_cached("UPDATE plugin_version SET active = 1 WHERE tenant = ?1 AND name = ?2 AND version = ?3")?
        .execute(params![op.tenant(), name, version])?;
    op.audit("plugin.activate", &format!("{name}@{version}"))?;
    find(op.db, op.tenant(), name, version)?.map_or_else(|| not_found("plugin version"), Ok)
}

/// Of one tenant, or of all; by name and age.
pub(crate) fn all(db: &Connection, tenant: Option<TenantKey>) -> Done<Vec<(TenantKey, PluginVersion)>> {
    let mut statement =
        db.prepare_cached(&format!("{SELECT} WHERE ?1 IS NULL OR tenant = ?1 ORDER BY tenant, name, id"))?;
    let versions = statement.query_map([tenant.map(|tenant| tenant.0)], read)?.collect::<Result<_, _>>()?;
    Ok(versions)
}
