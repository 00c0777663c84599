//! API keys: hashes, never secrets.

use campanile_domain::ids::{KeyId, TenantKey};
use campanile_domain::ports::store::{Authenticated, Key, KeyPatch, KeyRotation, NewKey};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::tenants;
use crate::sqlite::changes::between;
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::op::Op;

/// Keeps a key.
pub(crate) fn create(op: &mut Op<'_>, new: &NewKey) -> Done<()> {
    insert(op, new)?;
    op.audit("key.create", &new.id)
}

fn insert(op: &Op<'_>, new: &NewKey) -> Done<i64> {
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
    Ok(op.db.last_insert_rowid())
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

const SELECT: &str = "SELECT k.public_id, k.tenant, k.name, k.scopes, k.last_four, k.expires_at, k.revoked_at,
        n.public_id, k.last_used_at, k.created_at
    FROM api_key k LEFT JOIN api_key n ON n.id = k.replaced_by";

fn read(row: &Row<'_>) -> Done<Key> {
    let instant = |column| row.get::<_, Option<i64>>(column).map(|at| at.map(Timestamp));
    Ok(Key {
        id: KeyId::from_bytes(row.get(0)?),
        tenant: TenantKey(row.get(1)?),
        name: row.get(2)?,
        scopes: serde_json::from_str(&row.get::<_, String>(3)?)?,
        last_four: row.get(4)?,
        expires_at: instant(5)?,
        revoked_at: instant(6)?,
        replaced_by: row.get::<_, Option<[u8; 16]>>(7)?.map(KeyId::from_bytes),
        last_used_at: instant(8)?,
        created_at: Timestamp(row.get(9)?),
    })
}

/// The tenant's, oldest first.
pub(crate) fn all(db: &Connection, tenant: TenantKey) -> Done<Vec<Key>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE k.tenant = ?1 ORDER BY k.id"))?;
    let mut rows = statement.query([tenant.0])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(read(row)?);
    }
    Ok(keys)
}

/// One.
pub(crate) fn one(db: &Connection, tenant: TenantKey, id: KeyId) -> Done<Key> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE k.public_id = ?1 AND k.tenant = ?2"))?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    rows.next()?.map_or_else(|| not_found("key"), read)
}

/// One that opens its tenant at an instant.
fn valid(op: &Op<'_>, id: KeyId, at: Timestamp) -> Done<Key> {
    let key = one(op.db, op.ctx.tenant, id)?;
    let make = "it opens nothing any more; make a new key with POST /v1/keys";
    if let Some(since) = key.revoked_at {
        return Err(conflict("key_revoked", format!("this key was revoked at {since}; {make}")));
    }
    if let Some(expiry) = key.expires_at.filter(|expiry| *expiry <= at) {
        return Err(conflict("key_expired", format!("this key expired at {expiry}; {make}")));
    }
    Ok(key)
}

/// Another takes its place. The new one may live as long as the old one was meant to from the day it was made.
pub(crate) fn rotate(op: &mut Op<'_>, id: KeyId, rotation: &KeyRotation) -> Done<(Key, Key)> {
    let old = valid(op, id, rotation.at)?;
    if let Some(by) = old.replaced_by {
        let message = format!("{by} was already made in place of this key; rotate that one");
        return Err(conflict("key_replaced", message));
    }
    let new = NewKey {
        id: rotation.id,
        tenant: Some(op.ctx.tenant),
        name: old.name.clone(),
        scopes: old.scopes.clone(),
        hash: rotation.hash,
        last_four: rotation.last_four.clone(),
        expires_at: old.expires_at.map(|expiry| rotation.at + expiry.since(old.created_at)),
        created_at: rotation.at,
    };
    let key = insert(op, &new)?;
    let until = old.expires_at.map_or(rotation.old_until, |expiry| expiry.min(rotation.old_until));
    op.db
        .prepare_cached("UPDATE api_key SET replaced_by = ?2, expires_at = ?3 WHERE public_id = ?1")?
        .execute(params![id.to_bytes(), key, until.0])?;
    op.audit("key.rotate", &id)?;
    Ok((one(op.db, op.ctx.tenant, new.id)?, one(op.db, op.ctx.tenant, id)?))
}

/// Another name, another expiry.
pub(crate) fn patch(op: &mut Op<'_>, id: KeyId, patch: &KeyPatch, at: Timestamp) -> Done<Key> {
    let before = valid(op, id, at)?;
    let expires_at = patch.expires_at.unwrap_or(before.expires_at);
    if let Some(by) = before.replaced_by.filter(|_| expires_at.is_none()) {
        let message = format!("{by} was made in place of this key, so it has to expire; send an instant");
        return Err(conflict("key_replaced", message));
    }
    let name = patch.name.as_ref().unwrap_or(&before.name);
    op.db.prepare_cached("UPDATE api_key SET name = ?2, expires_at = ?3 WHERE public_id = ?1")?.execute(params![
        id.to_bytes(),
        name,
        expires_at.map(|at| at.0)
    ])?;
    let after = one(op.db, op.ctx.tenant, id)?;
    op.audit_changes("key.update", &id, &between(&before, &after)?)?;
    Ok(after)
}

/// When keys were last used. A clock that was put back takes nothing back.
pub(crate) fn used(op: &mut Op<'_>, used: &[(KeyId, Timestamp)]) -> Done<()> {
    let mut set = op.db.prepare_cached(
        "UPDATE api_key SET last_used_at = ?2 WHERE public_id = ?1 AND coalesce(last_used_at, 0) < ?2",
    )?;
    for (id, at) in used {
        set.execute(params![id.to_bytes(), at.0])?;
    }
    Ok(())
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
