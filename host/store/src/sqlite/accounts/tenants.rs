//! Tenants and their test twins.
//!
//! A tenant is never alone: its twin is made in the same transaction, so that a test key always has somewhere to go.

use campanile_domain::ids::{TenantId, TenantKey};
use campanile_domain::money::Micros;
use campanile_domain::ports::store::{NewTenant, StoreError, Tenant, TenantLimits};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::once::once;
use crate::sqlite::changes::between;
use crate::sqlite::dialling::money;
use crate::sqlite::fault::{Done, Fault, conflict, not_found};
use crate::sqlite::leads::park;
use crate::sqlite::op::Op;

const SELECT: &str =
    "SELECT t.id, t.public_id, t.name, w.public_id, t.suspended, t.limits, t.billing, t.available, t.created_at
    FROM tenant t LEFT JOIN tenant w ON w.id = t.twin_of";

fn read(row: &Row<'_>) -> Done<Tenant> {
    let billing: Option<String> = row.get(6)?;
    Ok(Tenant {
        key: TenantKey(row.get(0)?),
        id: TenantId::from_bytes(row.get(1)?),
        name: row.get(2)?,
        twin_of: row.get::<_, Option<[u8; 16]>>(3)?.map(TenantId::from_bytes),
        suspended: row.get(4)?,
        limits: serde_json::from_str(&row.get::<_, String>(5)?)?,
        billing: billing.map(|billing| serde_json::from_str(&billing)).transpose()?,
        available_micros: Micros(row.get(7)?),
        created_at: Timestamp(row.get(8)?),
    })
}

fn one(db: &Connection, condition: &str, params: impl rusqlite::Params) -> Done<Tenant> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE {condition}"))?;
    let mut rows = statement.query(params)?;
    rows.next()?.map_or_else(|| not_found("tenant"), read)
}

/// Makes a tenant with its twin.
pub(crate) fn create(op: &mut Op<'_>, new: &NewTenant) -> Done<Tenant> {
    let key = once(op, |op| {
        let billing = new.billing.as_ref().map(serde_json::to_string).transpose()?;
        let key = insert(op, &new.name, None, &new.limits, billing)?;
        insert(op, &format!("{} (test)", new.name), Some(key), &new.limits, None)?;
        let made = by_key(op.db, TenantKey(key))?;
        op.audit_of(key, "tenant.create", &made.id)?;
        Ok(key)
    })?;
    by_key(op.db, TenantKey(key))
}

fn insert(
    op: &mut Op<'_>,
    name: &str,
    twin_of: Option<i64>,
    limits: &TenantLimits,
    billing: Option<String>,
) -> Done<i64> {
    let id = TenantId::mint(op.ctx.now, &mut op.rng).to_bytes();
    op.db
        .prepare_cached(
            "INSERT INTO tenant (public_id, name, twin_of, limits, billing, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id, name, twin_of, serde_json::to_string(limits)?, billing, op.now().0])?;
    Ok(op.db.last_insert_rowid())
}

/// All, by key.
pub(crate) fn all(db: &Connection) -> Done<Vec<Tenant>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} ORDER BY t.id"))?;
    let mut rows = statement.query([])?;
    let mut tenants = Vec::new();
    while let Some(row) = rows.next()? {
        tenants.push(read(row)?);
    }
    Ok(tenants)
}

/// One.
pub(crate) fn by_key(db: &Connection, key: TenantKey) -> Done<Tenant> {
    one(db, "t.id = ?1", [key.0])
}

/// By its public id.
pub(crate) fn by_id(db: &Connection, id: TenantId) -> Done<Tenant> {
    one(db, "t.public_id = ?1", [id.to_bytes()])
}

/// The test twin.
pub(crate) fn twin(db: &Connection, key: TenantKey) -> Done<Tenant> {
    one(db, "t.twin_of = ?1", [key.0])
}

/// Changes limits or suspends. Leads that a tenant's limit parked are asked again; the twin gets what it
/// has from its account.
pub(crate) fn update(op: &mut Op<'_>, limits: &TenantLimits, suspended: bool) -> Done<Tenant> {
    let before = by_key(op.db, op.ctx.tenant)?;
    op.db
        .prepare_cached("UPDATE tenant SET limits = ?2, suspended = ?3, version = version + 1 WHERE id = ?1")?
        .execute(params![op.tenant(), serde_json::to_string(limits)?, suspended])?;
    twin_follows(op, limits)?;
    let campaigns: Vec<i64> = op
        .db
        .prepare_cached("SELECT id FROM campaign WHERE tenant = ?1 ORDER BY id")?
        .query_map([op.tenant()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for campaign in campaigns {
        park::release(op, campaign)?;
    }
    let tenant = by_key(op.db, op.ctx.tenant)?;
    op.audit_changes("tenant.update", &tenant.id, &between(&before, &tenant)?)?;
    Ok(tenant)
}

/// What protects the host binds the twin as it binds the account; what binds calls is its own.
fn twin_follows(op: &Op<'_>, limits: &TenantLimits) -> Done<()> {
    let twin = match twin(op.db, op.ctx.tenant) {
        Ok(twin) => twin,
        Err(Fault::Store(StoreError::NotFound(_))) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    let limits = twin.limits.following(limits);
    op.db
        .prepare_cached("UPDATE tenant SET limits = ?2, version = version + 1 WHERE id = ?1")?
        .execute(params![twin.key.0, serde_json::to_string(&limits)?])?;
    Ok(())
}

/// Adds to the balance.
pub(crate) fn top_up(op: &mut Op<'_>, amount: Micros) -> Done<Tenant> {
    if amount.0 <= 0 {
        return Err(conflict("amount_not_positive", format!("{} micros is no top-up; add more than 0", amount.0)));
    }
    once(op, |op| {
        let before = by_key(op.db, op.ctx.tenant)?;
        if before.available_micros.checked_add(amount).is_err() {
            return Err(conflict("amount_overflow", "the balance would be more than an amount can hold; top up less"));
        }
        money::top_up(op, amount.0)?;
        op.flush()?;
        op.audit("balance.top_up", &before.id)
    })?;
    by_key(op.db, op.ctx.tenant)
}
