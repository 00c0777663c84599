//! Shared credentials at other systems: their life and their tokens.
//!
//! Tokens are one sealed document, replaced whole: an access token never stands beside the refresh token of another pair.

use campanile_domain::ids::{ConnectionId, TenantKey};
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString};
use campanile_domain::ports::outbound::Tokens;
use campanile_domain::ports::store::{Connection as Link, ConnectionStatus, NewConnection, SecretOwner};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::secrets;
use crate::sqlite::fault::{Done, broken, conflict, not_found};
use crate::sqlite::op::Op;
use crate::vault::{Place, Vault};

const SELECT: &str = "SELECT public_id, tenant, plugin, auth, name, settings, status, broken_because, created_at,
        authorised_at FROM connection";
/// The name that tokens are sealed under.
const TOKENS: &str = "(tokens)";

fn read(row: &Row<'_>) -> Done<Link> {
    let word: String = row.get(6)?;
    let status = ConnectionStatus::ALL.into_iter().find(|status| status.word() == word);
    Ok(Link {
        id: ConnectionId::from_bytes(row.get(0)?),
        tenant: TenantKey(row.get(1)?),
        plugin: row.get(2)?,
        auth: row.get(3)?,
        name: row.get(4)?,
        settings: serde_json::from_str(&row.get::<_, String>(5)?)?,
        status: status.ok_or_else(|| broken(format!("{word:?} is no status of a connection")))?,
        broken_because: row.get(7)?,
        created_at: Timestamp(row.get(8)?),
        authorised_at: row.get::<_, Option<i64>>(9)?.map(Timestamp),
    })
}

/// One, whoever owns it.
pub(crate) fn by_id(db: &Connection, id: ConnectionId) -> Done<Link> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE public_id = ?1"))?;
    let mut rows = statement.query([id.to_bytes()])?;
    rows.next()?.map_or_else(|| not_found("connection"), read)
}

/// One of a tenant.
pub(crate) fn one(db: &Connection, tenant: i64, id: ConnectionId) -> Done<Link> {
    by_id(db, id).and_then(|link| if link.tenant.0 == tenant { Ok(link) } else { not_found("connection") })
}

/// The tenant's, oldest first.
pub(crate) fn all(db: &Connection, tenant: TenantKey) -> Done<Vec<Link>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE tenant = ?1 ORDER BY id"))?;
    let mut rows = statement.query([tenant.0])?;
    let mut links = Vec::new();
    while let Some(row) = rows.next()? {
        links.push(read(row)?);
    }
    Ok(links)
}

/// Makes one that waits for consent.
pub(crate) fn create(op: &mut Op<'_>, vault: &Vault, new: &NewConnection) -> Done<Link> {
    let known: bool = op
        .db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM plugin_version WHERE tenant = ?1 AND name = ?2)")?
        .query_row(params![op.tenant(), new.plugin], |row| row.get(0))?;
    if !known {
        return not_found("plugin");
    }
    let id = ConnectionId::mint(op.ctx.now, &mut op.rng);
    op.db
        .prepare_cached(
            "INSERT INTO connection (public_id, tenant, plugin, auth, name, settings, status, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            id.to_bytes(),
            op.tenant(),
            new.plugin,
            new.auth,
            new.name,
            new.settings.to_string(),
            ConnectionStatus::Pending.word(),
            op.now().0
        ])?;
    secrets::put_all(op, vault, &SecretOwner::Connection(id), &new.secrets)?;
    op.audit("connection.create", &id)?;
    by_id(op.db, id)
}

/// The connection, unless it was revoked.
pub(crate) fn living(db: &Connection, tenant: i64, id: ConnectionId) -> Done<Link> {
    let link = one(db, tenant, id)?;
    if link.status != ConnectionStatus::Revoked {
        return Ok(link);
    }
    Err(conflict("connection_revoked", format!("{id} was revoked, which is final; make a new connection")))
}

/// Forgets its tokens and secrets, for good.
pub(crate) fn revoke(op: &mut Op<'_>, id: ConnectionId) -> Done<Link> {
    let link = one(op.db, op.tenant(), id)?;
    if link.status == ConnectionStatus::Revoked {
        return Ok(link);
    }
    op.db
        .prepare_cached(
            "UPDATE connection SET status = 'revoked', broken_because = NULL, tokens = NULL, state_hash = NULL,
                    verifier = NULL, state_expires_at = NULL
             WHERE public_id = ?1",
        )?
        .execute([id.to_bytes()])?;
    secrets::forget(op, &SecretOwner::Connection(id))?;
    op.audit("connection.revoke", &id)?;
    by_id(op.db, id)
}

/// Its tokens are not taken any more.
pub(crate) fn fail(op: &mut Op<'_>, id: ConnectionId, why: &str) -> Done<Link> {
    living(op.db, op.tenant(), id)?;
    op.db
        .prepare_cached("UPDATE connection SET status = 'broken', broken_because = ?2 WHERE public_id = ?1")?
        .execute(params![id.to_bytes(), why])?;
    by_id(op.db, id)
}

/// Tokens as they are sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    access: String,
    refresh: Option<String>,
    expires_at: Option<i64>,
}

/// Keeps tokens; the connection holds from now on.
pub(crate) fn keep_tokens(op: &mut Op<'_>, vault: &Vault, id: ConnectionId, tokens: &Tokens) -> Done<Link> {
    living(op.db, op.tenant(), id)?;
    let kept = Kept {
        access: tokens.access.expose_secret().to_owned(),
        refresh: tokens.refresh.as_ref().map(|token| token.expose_secret().to_owned()),
        expires_at: tokens.expires_at.map(|at| at.0),
    };
    let document = SecretString::from(serde_json::to_string(&kept)?);
    let sealed = vault.seal(Place { tenant: op.tenant(), owner: &id.to_string(), name: TOKENS }, &document)?;
    op.db
        .prepare_cached(
            "UPDATE connection SET tokens = ?2, status = 'authorised', broken_because = NULL WHERE public_id = ?1",
        )?
        .execute(params![id.to_bytes(), sealed])?;
    by_id(op.db, id)
}

/// Consent was given.
pub(crate) fn authorise(op: &mut Op<'_>, vault: &Vault, id: ConnectionId, tokens: &Tokens) -> Done<Link> {
    keep_tokens(op, vault, id, tokens)?;
    op.db
        .prepare_cached("UPDATE connection SET authorised_at = ?2 WHERE public_id = ?1")?
        .execute(params![id.to_bytes(), op.now().0])?;
    op.audit("connection.authorise", &id)?;
    by_id(op.db, id)
}

/// Its tokens.
pub(crate) fn tokens(db: &Connection, vault: &Vault, tenant: TenantKey, id: ConnectionId) -> Done<Tokens> {
    let link = living(db, tenant.0, id)?;
    let sealed: Option<Vec<u8>> = db
        .prepare_cached("SELECT tokens FROM connection WHERE public_id = ?1")?
        .query_row([id.to_bytes()], |row| row.get(0))?;
    let Some(sealed) = sealed else {
        let message = format!("{id} is {}: nobody consented yet; open its authorise URL", link.status.word());
        return Err(conflict("connection_pending", message));
    };
    let document = vault.open(Place { tenant: tenant.0, owner: &id.to_string(), name: TOKENS }, &sealed)?;
    let Kept { access, refresh, expires_at } = serde_json::from_str(document.expose_secret())?;
    Ok(Tokens {
        access: access.into(),
        refresh: refresh.map(SecretString::from),
        expires_at: expires_at.map(Timestamp),
    })
}
