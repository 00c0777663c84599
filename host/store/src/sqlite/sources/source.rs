//! Installed importers.

use campanile_domain::ids::{CampaignId, CampaignKey, SourceId, SourceKey, TenantKey};
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{InstanceReason, InstanceStatus, NewSource, SecretOwner, SourceChange, SourceRow};
use campanile_domain::time::Timestamp;
use rand_core::Rng;
use rusqlite::{Connection, Row, params};

use super::run;
use crate::sqlite::accounts::once::once;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::changes::between;
use crate::sqlite::credentials::secrets;
use crate::sqlite::fault::{Done, broken, conflict, not_found};
use crate::sqlite::instances::{reason, status, usable};
use crate::sqlite::op::Op;
use crate::sqlite::plugins::state;
use crate::vault::Vault;

const SELECT: &str = "SELECT s.id, s.public_id, s.tenant, c.public_id, s.campaign, s.name, s.plugin, s.settings,
        s.default_country, s.interval_minutes, s.reopen_on_change, s.status, s.reason, s.hook_token, s.next_at, s.failures,
        s.created_at, s.forged, (SELECT count(*) FROM source_push p WHERE p.source = s.id AND p.done = 2),
        (SELECT p.error FROM source_push p WHERE p.source = s.id AND p.done = 2 ORDER BY p.id DESC LIMIT 1)
    FROM source s JOIN campaign c ON c.id = s.campaign";

fn read(row: &Row<'_>) -> Done<SourceRow> {
    let plugin: String = row.get(6)?;
    let country: Option<String> = row.get(8)?;
    Ok(SourceRow {
        key: SourceKey(row.get(0)?),
        id: SourceId::from_bytes(row.get(1)?),
        tenant: TenantKey(row.get(2)?),
        campaign: CampaignId::from_bytes(row.get(3)?),
        campaign_key: CampaignKey(row.get(4)?),
        name: row.get(5)?,
        plugin: plugin.parse().map_err(|error| broken(format!("{error}")))?,
        settings: serde_json::from_str(&row.get::<_, String>(7)?)?,
        default_country: country.and_then(|text| text.parse().ok()),
        interval_minutes: row.get(9)?,
        reopen_on_change: row.get(10)?,
        status: status(&row.get::<_, String>(11)?)?,
        status_reason: serde_json::from_str(&row.get::<_, String>(12)?)?,
        hook_token: row.get(13)?,
        next_run_at: Timestamp(row.get(14)?),
        failures_in_a_row: row.get(15)?,
        created_at: Timestamp(row.get(16)?),
        forged_webhooks: row.get::<_, i64>(17)? as u64,
        failed_webhooks: row.get::<_, i64>(18)? as u64,
        last_webhook_error: row.get(19)?,
    })
}

/// By its key.
pub(crate) fn by_key(db: &Connection, key: SourceKey) -> Done<SourceRow> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE s.id = ?1 AND s.deleted_at IS NULL"))?;
    let mut rows = statement.query([key.0])?;
    rows.next()?.map_or_else(|| not_found("source"), read)
}

/// By its public id, whoever owns it.
pub(crate) fn by_id(db: &Connection, id: SourceId) -> Done<SourceRow> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE s.public_id = ?1 AND s.deleted_at IS NULL"))?;
    let mut rows = statement.query([id.to_bytes()])?;
    rows.next()?.map_or_else(|| not_found("source"), read)
}

/// A tenant's.
pub(crate) fn of_tenant(db: &Connection, tenant: TenantKey, id: SourceId) -> Done<SourceRow> {
    let source = by_id(db, id)?;
    if source.tenant == tenant { Ok(source) } else { not_found("source") }
}

/// Of one tenant, or of all.
pub(crate) fn all(db: &Connection, tenant: Option<TenantKey>) -> Done<Vec<SourceRow>> {
    let rest = "WHERE (?1 IS NULL OR s.tenant = ?1) AND s.deleted_at IS NULL ORDER BY s.id";
    let mut statement = db.prepare_cached(&format!("{SELECT} {rest}"))?;
    let mut rows = statement.query([tenant.map(|tenant| tenant.0)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Installs one.
pub(crate) fn create(op: &mut Op<'_>, vault: &Vault, new: &NewSource) -> Done<SourceRow> {
    let key = once(op, |op| {
        let campaign = campaign::key_of(op.db, op.ctx.tenant, new.campaign)?;
        let manifest = usable(op, &new.plugin, Kind::LeadImporter, "brings leads")?;
        let id = SourceId::mint(op.ctx.now, &mut op.rng);
        let token = format!("{:016x}{:016x}", op.rng.next_u64(), op.rng.next_u64());
        let status = if new.paused { InstanceStatus::Paused } else { InstanceStatus::Active };
        let why = reason(op, "created", "");
        op.db
            .prepare_cached(
                "INSERT INTO source (public_id, tenant, campaign, name, plugin, settings, default_country,
                        interval_minutes, reopen_on_change, status, reason, hook_token, next_at, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
            )?
            .execute(params![
                id.to_bytes(),
                op.tenant(),
                campaign.0,
                new.name,
                new.plugin.to_string(),
                new.settings.to_string(),
                new.default_country.map(|country| country.to_string()),
                new.interval_minutes,
                new.reopen_on_change,
                status.word(),
                serde_json::to_string(&why)?,
                token,
                op.now().0
            ])?;
        let key = op.db.last_insert_rowid();
        secrets::put_all(op, vault, &SecretOwner::Source(id), &new.secrets)?;
        if let Some(manifest) = manifest {
            secrets::must_be_complete(op.db, op.tenant(), &SecretOwner::Source(id), &manifest)?;
        }
        op.audit("source.create", &id)?;
        Ok(key)
    })?;
    by_key(op.db, SourceKey(key))
}

/// Changes one. Other settings may mean other records: the cursor and what the importer kept are of the old ones.
pub(crate) fn update(op: &mut Op<'_>, id: SourceId, change: &SourceChange) -> Done<SourceRow> {
    let before = of_tenant(op.db, op.ctx.tenant, id)?;
    if before.plugin.name != change.plugin.name {
        let message =
            "a source keeps its importer, only the version may change; install another source for another importer";
        return Err(conflict("source_keeps_plugin", message));
    }
    if let Some(manifest) = usable(op, &change.plugin, Kind::LeadImporter, "brings leads")? {
        secrets::must_be_complete(op.db, op.tenant(), &SecretOwner::Source(id), &manifest)?;
    }
    let anew = before.settings != change.settings;
    run::stop(op, before.key)?;
    op.db
        .prepare_cached(
            "UPDATE source SET name = ?2, plugin = ?3, settings = ?4, default_country = ?5, interval_minutes = ?6,
                    reopen_on_change = ?7, next_at = min(next_at, ?8),
                    cursor = CASE WHEN ?9 THEN NULL ELSE cursor END,
                    snapshot_open = CASE WHEN ?9 THEN 0 ELSE snapshot_open END
             WHERE id = ?1",
        )?
        .execute(params![
            before.key.0,
            change.name,
            change.plugin.to_string(),
            change.settings.to_string(),
            change.default_country.map(|country| country.to_string()),
            change.interval_minutes,
            change.reopen_on_change,
            op.now().0,
            anew
        ])?;
    if anew {
        state::forget(op, &id)?;
    }
    let after = by_key(op.db, before.key)?;
    op.audit_changes("source.update", &id, &between(&before, &after)?)?;
    Ok(after)
}

/// Takes one out.
pub(crate) fn delete(op: &mut Op<'_>, id: SourceId) -> Done<()> {
    let source = of_tenant(op.db, op.ctx.tenant, id)?;
    run::stop(op, source.key)?;
    op.db
        .prepare_cached("UPDATE source SET deleted_at = ?2 WHERE id = ?1")?
        .execute(params![source.key.0, op.now().0])?;
    for sql in ["DELETE FROM source_push WHERE source = ?1", "DELETE FROM source_failure WHERE source = ?1"] {
        op.db.prepare_cached(sql)?.execute([source.key.0])?;
    }
    state::forget(op, &id)?;
    secrets::forget(op, &SecretOwner::Source(id))?;
    op.audit("source.delete", &id)
}

/// Moves it to a status.
pub(super) fn set(op: &mut Op<'_>, key: SourceKey, to: InstanceStatus, why: &InstanceReason) -> Done<()> {
    op.db.prepare_cached("UPDATE source SET status = ?2, reason = ?3 WHERE id = ?1")?.execute(params![
        key.0,
        to.word(),
        serde_json::to_string(why)?
    ])?;
    Ok(())
}

/// A person pauses it.
pub(crate) fn pause(op: &mut Op<'_>, id: SourceId) -> Done<SourceRow> {
    let source = of_tenant(op.db, op.ctx.tenant, id)?;
    if source.status == InstanceStatus::Paused {
        return Ok(source);
    }
    run::stop(op, source.key)?;
    let why = reason(op, "by_hand", "paused; resume it when leads are wanted again");
    set(op, source.key, InstanceStatus::Paused, &why)?;
    op.audit("source.pause", &id)?;
    by_key(op.db, source.key)
}

/// A person resumes it.
pub(crate) fn resume(op: &mut Op<'_>, id: SourceId) -> Done<SourceRow> {
    let source = of_tenant(op.db, op.ctx.tenant, id)?;
    if source.status == InstanceStatus::Active {
        return Ok(source);
    }
    let why = reason(op, "by_hand", "resumed");
    set(op, source.key, InstanceStatus::Active, &why)?;
    op.db
        .prepare_cached("UPDATE source SET next_at = ?2, failures = 0 WHERE id = ?1")?
        .execute(params![source.key.0, op.now().0])?;
    op.db.prepare_cached("DELETE FROM source_failure WHERE source = ?1")?.execute([source.key.0])?;
    op.audit("source.resume", &id)?;
    by_key(op.db, source.key)
}

/// A person wants it now.
pub(crate) fn run_now(op: &mut Op<'_>, id: SourceId) -> Done<SourceRow> {
    let source = of_tenant(op.db, op.ctx.tenant, id)?;
    if source.status != InstanceStatus::Active {
        let message = format!("the source is {}; resume it, and it runs at once", source.status.word());
        return Err(conflict("source_not_active", message));
    }
    op.db
        .prepare_cached("UPDATE source SET next_at = min(next_at, ?2) WHERE id = ?1")?
        .execute(params![source.key.0, op.now().0])?;
    op.audit("source.run", &id)?;
    by_key(op.db, source.key)
}
