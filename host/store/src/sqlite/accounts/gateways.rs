//! Installed voice gateways.

use campanile_domain::ids::{GatewayId, GatewayKey, TenantKey};
use campanile_domain::ports::store::{GatewayRow, NewGateway};
use campanile_domain::time::Timestamp;
use rand_core::Rng;
use rusqlite::{Connection, Row, params};

use super::once::once;
use super::tenants;
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::op::Op;

const SELECT: &str = "SELECT id, public_id, tenant, name, kind, settings, hook_token, created_at FROM gateway";
/// The carrier inside; the only kind of a test twin.
const SIMULATED: &str = "simulated";

fn read(row: &Row<'_>) -> Done<GatewayRow> {
    Ok(GatewayRow {
        key: GatewayKey(row.get(0)?),
        id: GatewayId::from_bytes(row.get(1)?),
        tenant: TenantKey(row.get(2)?),
        name: row.get(3)?,
        kind: row.get(4)?,
        settings: serde_json::from_str(&row.get::<_, String>(5)?)?,
        hook_token: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
    })
}

/// Installs one.
pub(crate) fn create(op: &mut Op<'_>, new: &NewGateway) -> Done<GatewayRow> {
    let key = once(op, |op| {
        if tenants::by_key(op.db, op.ctx.tenant)?.is_test() && new.kind != SIMULATED {
            let message = format!("a test account dials nobody, so its gateways are {SIMULATED:?}, not {:?}", new.kind);
            return Err(conflict("gateway_not_simulated", message));
        }
        let id = GatewayId::mint(op.ctx.now, &mut op.rng);
        let token = format!("{:016x}{:016x}", op.rng.next_u64(), op.rng.next_u64());
        op.db
            .prepare_cached(
                "INSERT INTO gateway (public_id, tenant, name, kind, settings, hook_token, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                id.to_bytes(),
                op.tenant(),
                new.name,
                new.kind,
                new.settings.to_string(),
                token,
                op.now().0
            ])?;
        let key = op.db.last_insert_rowid();
        op.audit("gateway.create", &id)?;
        Ok(key)
    })?;
    let mut statement = op.db.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
    let mut rows = statement.query([key])?;
    rows.next()?.map_or_else(|| not_found("gateway"), read)
}

/// Of one tenant, or of all.
pub(crate) fn all(db: &Connection, tenant: Option<TenantKey>) -> Done<Vec<GatewayRow>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE ?1 IS NULL OR tenant = ?1 ORDER BY id"))?;
    let mut rows = statement.query([tenant.map(|tenant| tenant.0)])?;
    let mut gateways = Vec::new();
    while let Some(row) = rows.next()? {
        gateways.push(read(row)?);
    }
    Ok(gateways)
}

/// By its public id, whoever owns it.
pub(crate) fn by_id(db: &Connection, id: GatewayId) -> Done<GatewayRow> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE public_id = ?1"))?;
    let mut rows = statement.query([id.to_bytes()])?;
    rows.next()?.map_or_else(|| not_found("gateway"), read)
}

/// The key of a tenant's gateway.
pub(crate) fn key_of(db: &Connection, tenant: i64, id: GatewayId) -> Done<i64> {
    let gateway = by_id(db, id)?;
    if gateway.tenant.0 == tenant { Ok(gateway.key.0) } else { not_found("gateway") }
}
