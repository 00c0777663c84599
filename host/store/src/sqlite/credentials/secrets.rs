//! Secrets of owners, sealed.

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::plugin::secrets::{ExposeSecret, SecretString, Secrets};
use campanile_domain::ports::store::{SecretName, SecretOwner};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::connections;
use crate::sqlite::accounts::gateways;
use crate::sqlite::actor::by;
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::op::Op;
use crate::sqlite::plugins::versions;
use crate::sqlite::sinks::sink;
use crate::sqlite::sources::source;
use crate::sqlite::webhooks::webhook;
use crate::vault::{Place, Vault};

fn owned(db: &Connection, tenant: i64, owner: &SecretOwner) -> Done<()> {
    match *owner {
        SecretOwner::Gateway(id) => gateways::key_of(db, tenant, id).map(|_| ()),
        SecretOwner::Source(id) => source::of_tenant(db, TenantKey(tenant), id).map(|_| ()),
        SecretOwner::Sink(id) => sink::of_tenant(db, TenantKey(tenant), id).map(|_| ()),
        SecretOwner::Webhook(id) => webhook::of_tenant(db, TenantKey(tenant), id).map(|_| ()),
        SecretOwner::Plugin(ref name) => match versions::all(db, Some(TenantKey(tenant)), Some(name))?.is_empty() {
            true => not_found("plugin"),
            false => Ok(()),
        },
        SecretOwner::Connection(id) => {
            let connection = connections::by_id(db, id)?;
            if connection.tenant.0 == tenant { Ok(()) } else { not_found("connection") }
        }
    }
}

/// Sets one.
pub(crate) fn put(
    op: &mut Op<'_>,
    vault: &Vault,
    owner: &SecretOwner,
    name: &str,
    value: &SecretString,
) -> Done<SecretName> {
    owned(op.db, op.tenant(), owner)?;
    let text = owner.to_string();
    let sealed = vault.seal(Place { tenant: op.tenant(), owner: &text, name }, value)?;
    let set_by = by(&op.ctx.actor);
    op.db
        .prepare_cached(
            "INSERT OR REPLACE INTO secret (tenant, owner, name, sealed, set_by, set_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![op.tenant(), text, name, sealed, set_by, op.now().0])?;
    op.audit_changes("secret.put", &text, &[name.to_owned()])?;
    Ok(SecretName { name: name.to_owned(), set_at: op.now(), set_by })
}

/// Sets all of a new owner.
pub(crate) fn put_all(op: &mut Op<'_>, vault: &Vault, owner: &SecretOwner, secrets: &Secrets) -> Done<()> {
    let names: Vec<String> = secrets.names().map(str::to_owned).collect();
    for name in names {
        if let Some(value) = secrets.get(&name) {
            put(op, vault, owner, &name, value)?;
        }
    }
    Ok(())
}

/// All of an owner, opened.
pub(crate) fn all(db: &Connection, vault: &Vault, tenant: TenantKey, owner: &SecretOwner) -> Done<Secrets> {
    owned(db, tenant.0, owner)?;
    let text = owner.to_string();
    let mut statement =
        db.prepare_cached("SELECT name, sealed FROM secret WHERE tenant = ?1 AND owner = ?2 ORDER BY name")?;
    let mut rows = statement.query(params![tenant.0, text])?;
    let mut secrets = Secrets::default();
    while let Some(row) = rows.next()? {
        let (name, sealed): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let value = vault.open(Place { tenant: tenant.0, owner: &text, name: &name }, &sealed)?;
        secrets.insert(name, value.expose_secret());
    }
    Ok(secrets)
}

/// Their names.
pub(crate) fn names(db: &Connection, tenant: i64, owner: &SecretOwner) -> Done<Vec<SecretName>> {
    owned(db, tenant, owner)?;
    let names = db
        .prepare_cached("SELECT name, set_at, set_by FROM secret WHERE tenant = ?1 AND owner = ?2 ORDER BY name")?
        .query_map(params![tenant, owner.to_string()], |row| {
            Ok(SecretName { name: row.get(0)?, set_at: Timestamp(row.get(1)?), set_by: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(names)
}

/// Forgets all of an owner.
pub(crate) fn forget(op: &mut Op<'_>, owner: &SecretOwner) -> Done<()> {
    op.db
        .prepare_cached("DELETE FROM secret WHERE tenant = ?1 AND owner = ?2")?
        .execute(params![op.tenant(), owner.to_string()])?;
    Ok(())
}

/// Refuses an instance that stands without a secret which its plugin needs.
pub(crate) fn must_be_complete(db: &Connection, tenant: i64, owner: &SecretOwner, manifest: &Manifest) -> Done<()> {
    let set = names(db, tenant, owner)?;
    let needed = manifest.secrets.iter().filter(|(_, spec)| !spec.optional).map(|(name, _)| name.as_str());
    let missing: Vec<&str> = needed.filter(|name| !set.iter().any(|one| one.name == *name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let of = owner.to_string();
    let place = match owner {
        SecretOwner::Gateway(_) => "gateways",
        SecretOwner::Source(_) => "sources",
        SecretOwner::Sink(_) => "sinks",
        SecretOwner::Connection(_) => "connections",
        SecretOwner::Plugin(_) => "plugins",
        SecretOwner::Webhook(_) => "webhooks",
    };
    let of = of.trim_start_matches("plugin ");
    let message = format!(
        "{owner} has no value for what {}@{} needs: {}; set it with PUT /v1/{place}/{of}/secrets/{}",
        manifest.name,
        manifest.version,
        missing.join(", "),
        missing[0]
    );
    Err(conflict("secret_missing", message))
}
