//! API keys: hashes, never secrets.

use campanile_domain::ids::{KeyId, TenantKey};
use campanile_domain::ports::store::{Authenticated, Key, NewKey};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::tenants;
use crate::sqlite::fault::{Done, not_found};
use crate::sqlite::op::Op;

/// Keeps a key.
pub(crate) fn create(op: &mut Op<'_>, new: &NewKey) -> Done<()> {
    op.db
        .prepare_cached(
            "INSERT INTO api_key (public_id, tenant, name, scopes, hash, last_four, expires_at, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            new.id.to_bytes(),
            new.tenant.map(|tenant| tenant.0),
            new.name,
            serde_json::to_string(&new.scopes)?,
            new.hash,
            new.last_four,
            new.expires_at.map(|at| at.0),
            new.created_at.0,
        ])?;
    op.audit("key.create", &new.id)
}

/// Whom the hash of a secret speaks for.
pub(crate) fn authenticate(db: &Connection, hash: &[u8; 32]) -> Done<Authenticated> {
    let found = db
        .prepare_cached(
            "SELECT public_id, tenant, scopes, expires_at FROM api_key WHERE hash = ?1 AND revoked_at IS NULL",
        )?
        .query_row([hash], |row| {
            Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?, row.get::<_, Option<i64>>(3)?))
        })
        .optional()?;
    let Some((id, tenant, scopes, expires_at)) = found else { return not_found("key") };
    Ok(Authenticated {
        key: KeyId::from_bytes(id),
        tenant: tenant.map(|key| tenants::by_key(db, TenantKey(key))).transpose()?,
        scopes: serde_json::from_str(&scopes)?,
        expires_at: expires_at.map(Timestamp),
    })
}

/// Whether the operator has a key that was not revoked.
pub(crate) fn operator_has_one(db: &Connection) -> Done<bool> {
    let one = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM api_key WHERE tenant IS NULL AND revoked_at IS NULL)")?
        .query_row([], |row| row.get(0))?;
    Ok(one)
}

/// The tenant's, oldest first.
pub(crate) fn all(db: &Connection, tenant: TenantKey) -> Done<Vec<Key>> {
    let mut statement = db.prepare_cached(
        "SELECT public_id, name, scopes, last_four, expires_at, revoked_at, created_at FROM api_key
         WHERE tenant = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([tenant.0])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(Key {
            id: KeyId::from_bytes(row.get(0)?),
            tenant,
            name: row.get(1)?,
            scopes: serde_json::from_str(&row.get::<_, String>(2)?)?,
            last_four: row.get(3)?,
            expires_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
            revoked_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
            created_at: Timestamp(row.get(6)?),
        });
    }
    Ok(keys)
}

/// Not valid from now on. Revoking twice keeps the first instant.
pub(crate) fn revoke(op: &mut Op<'_>, id: KeyId, at: Timestamp) -> Done<()> {
    let changed = op
        .db
        .prepare_cached(
            "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?3) WHERE public_id = ?1 AND tenant = ?2",
        )?
        .execute(params![id.to_bytes(), op.tenant(), at.0])?;
    if changed == 0 {
        return not_found("key");
    }
    op.audit("key.revoke", &id)
}
