//! Installed voice gateways.

use campanile_domain::ids::{GatewayId, GatewayKey, TenantKey};
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::{Kind, NotAPlugin, PluginRef};
use campanile_domain::ports::store::{GatewayChange, GatewayRow, NewGateway, SecretOwner};
use campanile_domain::time::Timestamp;
use rand_core::Rng;
use rusqlite::{Connection, Row, params};

use super::once::once;
use super::tenants;
use crate::sqlite::codes::OPEN;
use crate::sqlite::credentials::secrets;
use crate::sqlite::fault::{Done, Fault, broken, conflict, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::plugins::{grants, versions};
use crate::vault::Vault;

const SELECT: &str = "SELECT id, public_id, tenant, name, kind, settings, hook_token, created_at, plugin FROM gateway";
/// The carrier inside; the only kind of a test twin.
const SIMULATED: &str = "simulated";

fn read(row: &Row<'_>) -> Done<GatewayRow> {
    Ok(GatewayRow {
        key: GatewayKey(row.get(0)?),
        id: GatewayId::from_bytes(row.get(1)?),
        tenant: TenantKey(row.get(2)?),
        name: row.get(3)?,
        kind: row.get(4)?,
        plugin: row.get::<_, Option<String>>(8)?.map(|text| text.parse()).transpose().map_err(not_named)?,
        settings: serde_json::from_str(&row.get::<_, String>(5)?)?,
        hook_token: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
    })
}

fn not_named(error: NotAPlugin) -> Fault {
    broken(error.to_string())
}

/// Refuses a plugin that cannot place calls, or not yet; what it says about itself otherwise.
fn placing(op: &Op<'_>, plugin: &PluginRef) -> Done<Option<Manifest>> {
    let version = versions::usable(op.db, op.tenant(), plugin)?;
    if version.kind != Kind::VoiceGateway.word() {
        let message = format!("{plugin} is a {}; only a {} places calls", version.kind, Kind::VoiceGateway);
        return Err(conflict("plugin_wrong_kind", message));
    }
    grants::must_be_given(op.db, op.tenant(), &version)?;
    Ok(version.manifest)
}

/// Installs one.
pub(crate) fn create(op: &mut Op<'_>, vault: &Vault, new: &NewGateway) -> Done<GatewayRow> {
    let key = once(op, |op| {
        if tenants::by_key(op.db, op.ctx.tenant)?.is_test() && new.kind != SIMULATED {
            let message = format!("a test account dials nobody, so its gateways are {SIMULATED:?}, not {:?}", new.kind);
            return Err(conflict("gateway_not_simulated", message));
        }
        let manifest = new.plugin.as_ref().map(|plugin| placing(op, plugin)).transpose()?.flatten();
        let id = GatewayId::mint(op.ctx.now, &mut op.rng);
        let token = format!("{:016x}{:016x}", op.rng.next_u64(), op.rng.next_u64());
        op.db
            .prepare_cached(
                "INSERT INTO gateway (public_id, tenant, name, kind, settings, hook_token, created_at, plugin)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                id.to_bytes(),
                op.tenant(),
                new.name,
                new.kind,
                new.settings.to_string(),
                token,
                op.now().0,
                new.plugin.as_ref().map(ToString::to_string)
            ])?;
        let key = op.db.last_insert_rowid();
        secrets::put_all(op, vault, &SecretOwner::Gateway(id), &new.secrets)?;
        if let Some(manifest) = manifest {
            secrets::must_be_complete(op.db, op.tenant(), &SecretOwner::Gateway(id), &manifest)?;
        }
        op.audit("gateway.create", &id)?;
        Ok(key)
    })?;
    let mut statement = op.db.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
    let mut rows = statement.query([key])?;
    rows.next()?.map_or_else(|| not_found("gateway"), read)
}

/// Of one tenant, or of all.
pub(crate) fn all(db: &Connection, tenant: Option<TenantKey>) -> Done<Vec<GatewayRow>> {
    let mut statement =
        db.prepare_cached(&format!("{SELECT} WHERE (?1 IS NULL OR tenant = ?1) AND deleted_at IS NULL ORDER BY id"))?;
    let mut rows = statement.query([tenant.map(|tenant| tenant.0)])?;
    let mut gateways = Vec::new();
    while let Some(row) = rows.next()? {
        gateways.push(read(row)?);
    }
    Ok(gateways)
}

/// By its public id, whoever owns it.
pub(crate) fn by_id(db: &Connection, id: GatewayId) -> Done<GatewayRow> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE public_id = ?1 AND deleted_at IS NULL"))?;
    let mut rows = statement.query([id.to_bytes()])?;
    rows.next()?.map_or_else(|| not_found("gateway"), read)
}

/// The key of a tenant's gateway.
pub(crate) fn key_of(db: &Connection, tenant: i64, id: GatewayId) -> Done<i64> {
    let gateway = by_id(db, id)?;
    if gateway.tenant.0 == tenant { Ok(gateway.key.0) } else { not_found("gateway") }
}

/// Changes one. What it dials through stays what it was: another plugin is another gateway.
pub(crate) fn update(op: &mut Op<'_>, id: GatewayId, change: &GatewayChange) -> Done<GatewayRow> {
    key_of(op.db, op.tenant(), id)?;
    let gateway = by_id(op.db, id)?;
    let named = |plugin: &Option<PluginRef>| plugin.as_ref().map(|plugin| plugin.name.clone());
    if named(&gateway.plugin) != named(&change.plugin) {
        let message =
            "a gateway keeps its plugin, only the version may change; install another gateway for another plugin";
        return Err(conflict("gateway_keeps_plugin", message));
    }
    if let Some(plugin) = &change.plugin
        && let Some(manifest) = placing(op, plugin)?
    {
        secrets::must_be_complete(op.db, op.tenant(), &SecretOwner::Gateway(id), &manifest)?;
    }
    op.db.prepare_cached("UPDATE gateway SET name = ?2, settings = ?3, plugin = ?4 WHERE id = ?1")?.execute(
        params![
            gateway.key.0,
            change.name,
            change.settings.to_string(),
            change.plugin.as_ref().map(ToString::to_string)
        ],
    )?;
    op.audit("gateway.update", &id)?;
    by_id(op.db, id)
}

/// Takes one out. Its row stays for the calls that were placed through it; its secrets go.
pub(crate) fn delete(op: &mut Op<'_>, id: GatewayId) -> Done<()> {
    let key = key_of(op.db, op.tenant(), id)?;
    let count = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
        op.db.prepare_cached(sql)?.query_row(params, |row| row.get::<_, i64>(0))
    };
    let used = count("SELECT count(*) FROM assistant WHERE gateway = ?1 AND deleted_at IS NULL", &[&key])?;
    if used > 0 {
        let message = format!("{used} assistant(s) dial through {id}; give them another gateway first");
        return Err(conflict("gateway_in_use", message));
    }
    let open = count("SELECT count(*) FROM attempt WHERE gateway = ?1 AND state < ?2", &[&key, &OPEN])?;
    if open > 0 {
        let message = format!("{open} call(s) through {id} are not over yet; delete it when they are");
        return Err(conflict("gateway_in_use", message));
    }
    op.db.prepare_cached("UPDATE gateway SET deleted_at = ?2 WHERE id = ?1")?.execute(params![key, op.now().0])?;
    secrets::forget(op, &SecretOwner::Gateway(id))?;
    op.audit("gateway.delete", &id)
}
