//! Installed sinks.

use campanile_domain::ids::{CampaignId, CampaignKey, SinkId, SinkKey, SourceId, TenantKey};
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{InstanceReason, InstanceStatus, NewSink, SecretOwner, SinkChange, SinkRow};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::sqlite::accounts::once::once;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::changes::between;
use crate::sqlite::credentials::secrets;
use crate::sqlite::fault::{Done, broken, conflict, not_found};
use crate::sqlite::instances::{reason, status, usable};
use crate::sqlite::op::Op;
use crate::sqlite::plugins::state;
use crate::sqlite::sources::source;
use crate::vault::Vault;

pub(super) const SELECT: &str =
    "SELECT s.id, s.public_id, s.tenant, c.public_id, s.campaign, f.public_id, s.name, s.plugin,
        s.settings, s.events, s.status, s.reason, s.next_at, s.failures, s.created_at,
        (SELECT count(*) FROM sink_delivery d INDEXED BY sink_delivery_waiting WHERE d.sink = s.id AND d.state = 0),
        (SELECT count(*) FROM sink_delivery d INDEXED BY sink_delivery_failed WHERE d.sink = s.id AND d.state = 3)
    FROM sink s JOIN campaign c ON c.id = s.campaign LEFT JOIN source f ON f.id = s.source";
const DOES: &str = "writes results back";

fn read(row: &Row<'_>) -> Done<SinkRow> {
    let plugin: String = row.get(7)?;
    Ok(SinkRow {
        key: SinkKey(row.get(0)?),
        id: SinkId::from_bytes(row.get(1)?),
        tenant: TenantKey(row.get(2)?),
        campaign: CampaignId::from_bytes(row.get(3)?),
        campaign_key: CampaignKey(row.get(4)?),
        source: row.get::<_, Option<[u8; 16]>>(5)?.map(SourceId::from_bytes),
        name: row.get(6)?,
        plugin: plugin.parse().map_err(|error| broken(format!("{error}")))?,
        settings: serde_json::from_str(&row.get::<_, String>(8)?)?,
        events: serde_json::from_str(&row.get::<_, String>(9)?)?,
        status: status(&row.get::<_, String>(10)?)?,
        status_reason: serde_json::from_str(&row.get::<_, String>(11)?)?,
        next_try_at: Timestamp(row.get(12)?),
        failures_in_a_row: row.get(13)?,
        created_at: Timestamp(row.get(14)?),
        waiting: row.get::<_, i64>(15)? as u64,
        failed: row.get::<_, i64>(16)? as u64,
    })
}

/// By its key.
pub(crate) fn by_key(db: &Connection, key: SinkKey) -> Done<SinkRow> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE s.id = ?1 AND s.deleted_at IS NULL"))?;
    let mut rows = statement.query([key.0])?;
    rows.next()?.map_or_else(|| not_found("sink"), read)
}

/// A tenant's.
pub(crate) fn of_tenant(db: &Connection, tenant: TenantKey, id: SinkId) -> Done<SinkRow> {
    let sql = format!("{SELECT} WHERE s.public_id = ?1 AND s.tenant = ?2 AND s.deleted_at IS NULL");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    rows.next()?.map_or_else(|| not_found("sink"), read)
}

/// Of one tenant, or of all.
pub(crate) fn all(db: &Connection, tenant: Option<TenantKey>) -> Done<Vec<SinkRow>> {
    let rest = "WHERE (?1 IS NULL OR s.tenant = ?1) AND s.deleted_at IS NULL ORDER BY s.id";
    let mut statement = db.prepare_cached(&format!("{SELECT} {rest}"))?;
    let mut rows = statement.query([tenant.map(|tenant| tenant.0)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Installs one. Without a backfill it begins with what happens from now on.
pub(crate) fn create(op: &mut Op<'_>, vault: &Vault, new: &NewSink) -> Done<SinkRow> {
    let key = once(op, |op| {
        let campaign = campaign::key_of(op.db, op.ctx.tenant, new.campaign)?;
        let of = new.source.map(|id| source::of_tenant(op.db, op.ctx.tenant, id)).transpose()?;
        if of.as_ref().is_some_and(|source| source.campaign_key != campaign) {
            return Err(conflict("source_elsewhere", "the source feeds another campaign than the sink's"));
        }
        let manifest = usable(op, &new.plugin, Kind::ResultSink, DOES)?;
        let id = SinkId::mint(op.ctx.now, &mut op.rng);
        let status = if new.paused { InstanceStatus::Paused } else { InstanceStatus::Active };
        let why = reason(op, "created", "");
        op.db
            .prepare_cached(
                "INSERT INTO sink (public_id, tenant, campaign, source, name, plugin, settings, events, status, reason,
                        position, next_at, created_at)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, CASE WHEN ?11 THEN 0 ELSE event_seq END, ?12, ?12
                 FROM tenant WHERE id = ?2",
            )?
            .execute(params![
                id.to_bytes(),
                op.tenant(),
                campaign.0,
                of.map(|source| source.key.0),
                new.name,
                new.plugin.to_string(),
                new.settings.to_string(),
                serde_json::to_string(&new.events)?,
                status.word(),
                serde_json::to_string(&why)?,
                new.backfill,
                op.now().0
            ])?;
        let key = op.db.last_insert_rowid();
        secrets::put_all(op, vault, &SecretOwner::Sink(id), &new.secrets)?;
        if let Some(manifest) = manifest {
            secrets::must_be_complete(op.db, op.tenant(), &SecretOwner::Sink(id), &manifest)?;
        }
        op.audit("sink.create", &id)?;
        Ok(key)
    })?;
    by_key(op.db, SinkKey(key))
}

/// Changes one.
pub(crate) fn update(op: &mut Op<'_>, id: SinkId, change: &SinkChange) -> Done<SinkRow> {
    let before = of_tenant(op.db, op.ctx.tenant, id)?;
    if before.plugin.name != change.plugin.name {
        let message = "a sink keeps its plugin, only the version may change; install another sink for another plugin";
        return Err(conflict("sink_keeps_plugin", message));
    }
    if let Some(manifest) = usable(op, &change.plugin, Kind::ResultSink, DOES)? {
        secrets::must_be_complete(op.db, op.tenant(), &SecretOwner::Sink(id), &manifest)?;
    }
    op.db
        .prepare_cached(
            "UPDATE sink SET name = ?2, plugin = ?3, settings = ?4, events = ?5, next_at = ?6 WHERE id = ?1",
        )?
        .execute(params![
            before.key.0,
            change.name,
            change.plugin.to_string(),
            change.settings.to_string(),
            serde_json::to_string(&change.events)?,
            op.now().0
        ])?;
    let after = by_key(op.db, before.key)?;
    op.audit_changes("sink.update", &id, &between(&before, &after)?)?;
    Ok(after)
}

/// Takes one out.
pub(crate) fn delete(op: &mut Op<'_>, id: SinkId) -> Done<()> {
    let sink = of_tenant(op.db, op.ctx.tenant, id)?;
    op.db.prepare_cached("UPDATE sink SET deleted_at = ?2 WHERE id = ?1")?.execute(params![sink.key.0, op.now().0])?;
    for sql in ["DELETE FROM sink_delivery WHERE sink = ?1", "DELETE FROM sink_failure WHERE sink = ?1"] {
        op.db.prepare_cached(sql)?.execute([sink.key.0])?;
    }
    state::forget(op, &id)?;
    secrets::forget(op, &SecretOwner::Sink(id))?;
    op.audit("sink.delete", &id)
}

/// Moves it to a status.
pub(super) fn set(op: &Op<'_>, key: SinkKey, to: InstanceStatus, why: &InstanceReason) -> Done<()> {
    op.db.prepare_cached("UPDATE sink SET status = ?2, reason = ?3 WHERE id = ?1")?.execute(params![
        key.0,
        to.word(),
        serde_json::to_string(why)?
    ])?;
    Ok(())
}

/// A person pauses it.
pub(crate) fn pause(op: &mut Op<'_>, id: SinkId) -> Done<SinkRow> {
    let sink = of_tenant(op.db, op.ctx.tenant, id)?;
    if sink.status == InstanceStatus::Paused {
        return Ok(sink);
    }
    let why = reason(op, "by_hand", "paused; what happens meanwhile waits, resume the sink to write it");
    set(op, sink.key, InstanceStatus::Paused, &why)?;
    op.audit("sink.pause", &id)?;
    by_key(op.db, sink.key)
}

/// A person resumes it.
pub(crate) fn resume(op: &mut Op<'_>, id: SinkId) -> Done<SinkRow> {
    let sink = of_tenant(op.db, op.ctx.tenant, id)?;
    if sink.status == InstanceStatus::Active {
        return Ok(sink);
    }
    set(op, sink.key, InstanceStatus::Active, &reason(op, "by_hand", "resumed"))?;
    op.db
        .prepare_cached("UPDATE sink SET next_at = ?2, failures = 0 WHERE id = ?1")?
        .execute(params![sink.key.0, op.now().0])?;
    op.db.prepare_cached("DELETE FROM sink_failure WHERE sink = ?1")?.execute([sink.key.0])?;
    op.audit("sink.resume", &id)?;
    by_key(op.db, sink.key)
}
