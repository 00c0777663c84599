//! Which version is in force, and which was before.
//!
//! Every activation is a row that points to the one it took over from. A rollback activates what that one had activated
//! and points to where that one pointed, so that rolling back twice goes back two steps and not forth again.

use campanile_domain::campaign::CampaignState;
use campanile_domain::ids::{CampaignId, GatewayId, SinkId, SourceId};
use campanile_domain::plugin::VersionState;
use campanile_domain::ports::store::{PluginVersion, SecretOwner};
use rusqlite::{Connection, OptionalExtension, params};

use super::{content, grants, versions};
use crate::sqlite::actor::by;
use crate::sqlite::codes::Code;
use crate::sqlite::credentials::secrets;
use crate::sqlite::fault::{Done, conflict};
use crate::sqlite::op::Op;

/// A row of the history.
struct Activation {
    id: i64,
    version: String,
    previous: Option<i64>,
}

fn row(db: &Connection, condition: &str, params: impl rusqlite::Params) -> Done<Option<Activation>> {
    let sql = format!("SELECT id, version, previous FROM plugin_activation WHERE {condition}");
    let read =
        |row: &rusqlite::Row<'_>| Ok(Activation { id: row.get(0)?, version: row.get(1)?, previous: row.get(2)? });
    Ok(db.prepare_cached(&sql)?.query_row(params, read).optional()?)
}

fn latest(db: &Connection, tenant: i64, name: &str) -> Done<Option<Activation>> {
    row(db, "tenant = ?1 AND name = ?2 ORDER BY id DESC LIMIT 1", params![tenant, name])
}

/// What was in force before the last activation, if it was another version and is still there.
fn before(db: &Connection, tenant: i64, name: &str) -> Done<Option<Activation>> {
    let Some(last) = latest(db, tenant, name)? else { return Ok(None) };
    let mut step = last.previous;
    while let Some(id) = step {
        let Some(earlier) = row(db, "id = ?1", [id])? else { break };
        if earlier.version != last.version && versions::find(db, tenant, name, &earlier.version)?.is_some() {
            return Ok(Some(earlier));
        }
        step = earlier.previous;
    }
    Ok(None)
}

/// `name@active` follows this version from now on.
pub(crate) fn activate(op: &mut Op<'_>, name: &str, version: &str) -> Done<PluginVersion> {
    let found = versions::named(op.db, op.tenant(), name, version)?;
    if found.active {
        return Ok(found);
    }
    let previous = latest(op.db, op.tenant(), name)?.map(|last| last.id);
    put_in_force(op, &found, previous, "plugin.activate")
}

/// The version that a rollback would activate.
pub(crate) fn target(db: &Connection, tenant: i64, name: &str) -> Done<PluginVersion> {
    match before(db, tenant, name)? {
        Some(earlier) => versions::named(db, tenant, name, &earlier.version),
        None => Err(nothing_before(name)),
    }
}

/// Back to what was in force before.
pub(crate) fn rollback(op: &mut Op<'_>, name: &str) -> Done<PluginVersion> {
    let earlier = before(op.db, op.tenant(), name)?.ok_or_else(|| nothing_before(name))?;
    let version = versions::named(op.db, op.tenant(), name, &earlier.version)?;
    put_in_force(op, &version, earlier.previous, "plugin.rollback")
}

fn nothing_before(name: &str) -> crate::sqlite::fault::Fault {
    let message = format!("no other version of {name} was active before; activate one by its number");
    conflict("nothing_to_roll_back_to", message)
}

fn put_in_force(op: &mut Op<'_>, version: &PluginVersion, previous: Option<i64>, what: &str) -> Done<PluginVersion> {
    if !version.state.may_become(VersionState::Active) {
        return Err(versions::cannot_become(version, VersionState::Active));
    }
    grants::must_be_given(op.db, op.tenant(), version)?;
    followers_have_secrets(op, version)?;
    let (tenant, name, now, by) = (op.tenant(), &version.name, op.now().0, by(&op.ctx.actor));
    op.db
        .prepare_cached(
            "UPDATE plugin_version SET state = 'retired', changed_at = ?3
             WHERE tenant = ?1 AND name = ?2 AND state = 'active'",
        )?
        .execute(params![tenant, name, now])?;
    op.db
        .prepare_cached(
            "UPDATE plugin_version SET state = 'active', changed_at = ?4, activated_at = ?4, activated_by = ?5
             WHERE tenant = ?1 AND name = ?2 AND version = ?3",
        )?
        .execute(params![tenant, name, version.version, now, by])?;
    op.db
        .prepare_cached(
            "INSERT INTO plugin_activation (tenant, name, version, previous, by, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![tenant, name, version.version, previous, by, now])?;
    op.audit(what, &format!("{name}@{}", version.version))?;
    let active = versions::named(op.db, tenant, name, &version.version)?;
    versions::tell(op, "plugin.activated", &active, None);
    Ok(active)
}

/// A gateway, source or sink that follows the active version would stand without a secret that this one needs.
fn followers_have_secrets(op: &Op<'_>, version: &PluginVersion) -> Done<()> {
    let Some(manifest) = &version.manifest else { return Ok(()) };
    let followed = format!("{}@active", version.name);
    for owner in instances(op, [&followed, &followed])? {
        secrets::must_be_complete(op.db, op.tenant(), &owner, manifest)?;
    }
    Ok(())
}

/// The gateways, sources and sinks that name a plugin in one of two ways.
fn instances(op: &Op<'_>, named: [&str; 2]) -> Done<Vec<SecretOwner>> {
    let mut found = Vec::new();
    let mut ask = |table: &str, of: fn([u8; 16]) -> SecretOwner| -> Done<()> {
        let mut statement = op.db.prepare_cached(&format!(
            "SELECT public_id FROM {table} WHERE tenant = ?1 AND plugin IN (?2, ?3) AND deleted_at IS NULL ORDER BY id"
        ))?;
        let mut rows = statement.query(params![op.tenant(), named[0], named[1]])?;
        while let Some(row) = rows.next()? {
            found.push(of(row.get(0)?));
        }
        Ok(())
    };
    ask("gateway", |id| SecretOwner::Gateway(GatewayId::from_bytes(id)))?;
    ask("source", |id| SecretOwner::Source(SourceId::from_bytes(id)))?;
    ask("sink", |id| SecretOwner::Sink(SinkId::from_bytes(id)))?;
    Ok(found)
}

/// Not wanted any more.
pub(crate) fn retire(op: &mut Op<'_>, name: &str, version: &str) -> Done<PluginVersion> {
    let found = versions::named(op.db, op.tenant(), name, version)?;
    if found.state == VersionState::Retired {
        return Ok(found);
    }
    if !found.state.may_become(VersionState::Retired) {
        return Err(versions::cannot_become(&found, VersionState::Retired));
    }
    must_be_unused(op, &found)?;
    op.db
        .prepare_cached(
            "UPDATE plugin_version SET state = 'retired', changed_at = ?4
             WHERE tenant = ?1 AND name = ?2 AND version = ?3",
        )?
        .execute(params![op.tenant(), name, version, op.now().0])?;
    op.audit("plugin.retire", &format!("{name}@{version}"))?;
    versions::named(op.db, op.tenant(), name, version)
}

/// Drops a version that nobody uses, and its bytes if no other version has the same.
pub(crate) fn delete(op: &mut Op<'_>, name: &str, version: &str) -> Done<PluginVersion> {
    let found = versions::named(op.db, op.tenant(), name, version)?;
    if matches!(found.state, VersionState::Compiling | VersionState::Testing | VersionState::Active) {
        let now = found.state.word();
        let next =
            if found.active { "activate another version or retire it first" } else { "wait until it is through" };
        return Err(conflict("plugin_state", format!("{name}@{version} is {now} and cannot be deleted; {next}")));
    }
    must_be_unused(op, &found)?;
    versions::remove(op, found.id)?;
    content::drop_unnamed(op.db, &found.sha256)?;
    op.audit("plugin.delete", &format!("{name}@{version}"))?;
    Ok(found)
}

/// Refuses what would take a version away from somebody who uses it.
fn must_be_unused(op: &Op<'_>, version: &PluginVersion) -> Done<()> {
    let users = users(op, version)?;
    if users.is_empty() {
        return Ok(());
    }
    let PluginVersion { name, version, .. } = version;
    let message = format!(
        "{name}@{version} is used by {}; let them use another version first, or activate one",
        users.join(", ")
    );
    Err(conflict("plugin_in_use", message))
}

/// The gateways, the sources and the campaigns that may still call whose reference finds this version.
fn users(op: &Op<'_>, version: &PluginVersion) -> Done<Vec<String>> {
    let pinned = format!("{}@{}", version.name, version.version);
    let followed = if version.active { format!("{}@active", version.name) } else { pinned.clone() };
    let mut users: Vec<String> = instances(op, [&pinned, &followed])?.iter().map(ToString::to_string).collect();
    let campaigns: Vec<String> = op
        .db
        .prepare_cached(
            "SELECT c.public_id FROM campaign c
             JOIN campaign_config v ON v.campaign = c.id AND v.version = c.config_version
             WHERE c.tenant = ?1 AND c.state <> ?4 AND c.deleted_at IS NULL AND (
               json_extract(v.config, '$.policy') IN (?2, ?3)
               OR EXISTS (SELECT 1 FROM json_each(v.config, '$.evaluators') e
                 WHERE CASE e.type WHEN 'object' THEN json_extract(e.value, '$.plugin') ELSE e.value END IN (?2, ?3)))
             ORDER BY c.id",
        )?
        .query_map(params![op.tenant(), pinned, followed, CampaignState::Completed.code()], |row| {
            row.get(0).map(|id| CampaignId::from_bytes(id).to_string())
        })?
        .collect::<Result<_, _>>()?;
    users.extend(campaigns);
    Ok(users)
}
