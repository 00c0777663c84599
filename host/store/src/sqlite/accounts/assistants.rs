//! Who speaks.

use campanile_domain::ids::{AssistantId, AssistantKey, TenantKey};
use campanile_domain::ports::store::{Assistant, AssistantConfig};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::gateways;
use super::once::once;
use crate::sqlite::changes::between;
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::leads::park;
use crate::sqlite::op::Op;
use crate::sqlite::webhooks::webhook;

const SELECT: &str = "SELECT id, public_id, config, created_at, updated_at FROM assistant";

fn read(row: &Row<'_>) -> Done<Assistant> {
    Ok(Assistant {
        key: AssistantKey(row.get(0)?),
        id: AssistantId::from_bytes(row.get(1)?),
        config: serde_json::from_str(&row.get::<_, String>(2)?)?,
        created_at: Timestamp(row.get(3)?),
        updated_at: Timestamp(row.get(4)?),
    })
}

/// Makes one.
pub(crate) fn create(op: &mut Op<'_>, config: &AssistantConfig) -> Done<Assistant> {
    let id = once(op, |op| {
        let gateway = gateways::key_of(op.db, op.tenant(), config.gateway)?;
        let id = AssistantId::mint(op.ctx.now, &mut op.rng);
        op.db
            .prepare_cached(
                "INSERT INTO assistant (public_id, tenant, gateway, config, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            )?
            .execute(params![id.to_bytes(), op.tenant(), gateway, serde_json::to_string(config)?, op.now().0])?;
        op.audit("assistant.create", &id)?;
        Ok(id)
    })?;
    one(op.db, op.ctx.tenant, id)
}

/// Changes it. Its campaigns follow from their next claim on, so leads that wait for a caller id are asked again.
pub(crate) fn update(op: &mut Op<'_>, id: AssistantId, config: &AssistantConfig) -> Done<Assistant> {
    let gateway = gateways::key_of(op.db, op.tenant(), config.gateway)?;
    let before = one(op.db, op.ctx.tenant, id)?;
    op.db
        .prepare_cached(
            "UPDATE assistant SET gateway = ?3, config = ?4, version = version + 1, updated_at = ?5
             WHERE public_id = ?1 AND tenant = ?2 AND deleted_at IS NULL",
        )?
        .execute(params![id.to_bytes(), op.tenant(), gateway, serde_json::to_string(config)?, op.now().0])?;
    let assistant = one(op.db, op.ctx.tenant, id)?;
    let campaigns: Vec<i64> = op
        .db
        .prepare_cached("SELECT id FROM campaign WHERE assistant = ?1 ORDER BY id")?
        .query_map([assistant.key.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for campaign in campaigns {
        park::release(op, campaign)?;
    }
    op.audit_changes("assistant.update", &id, &between(&before, &assistant)?)?;
    Ok(assistant)
}

/// Removes it with its webhooks, unless a campaign uses it. Where one that was deleted does, its row stays for the calls that name it.
pub(crate) fn delete(op: &mut Op<'_>, id: AssistantId) -> Done<()> {
    let assistant = one(op.db, op.ctx.tenant, id)?;
    let used: i64 = op
        .db
        .prepare_cached("SELECT count(*) FROM campaign WHERE assistant = ?1 AND deleted_at IS NULL")?
        .query_row([assistant.key.0], |row| row.get(0))?;
    if used > 0 {
        let message =
            format!("{used} campaign(s) use this assistant; and a campaign keeps its assistant; delete them first");
        return Err(conflict("assistant_in_use", message));
    }
    webhook::delete_of(op, id)?;
    op.db
        .prepare_cached("UPDATE assistant SET deleted_at = ?2 WHERE id = ?1")?
        .execute(params![assistant.key.0, op.now().0])?;
    op.db
        .prepare_cached(
            "DELETE FROM assistant WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM campaign WHERE assistant = ?1)",
        )?
        .execute([assistant.key.0])?;
    op.audit("assistant.delete", &id)
}

/// One.
pub(crate) fn one(db: &Connection, tenant: TenantKey, id: AssistantId) -> Done<Assistant> {
    let mut statement =
        db.prepare_cached(&format!("{SELECT} WHERE public_id = ?1 AND tenant = ?2 AND deleted_at IS NULL"))?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    rows.next()?.map_or_else(|| not_found("assistant"), read)
}

/// The tenant's, oldest first.
pub(crate) fn all(db: &Connection, tenant: TenantKey) -> Done<Vec<Assistant>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE tenant = ?1 AND deleted_at IS NULL ORDER BY id"))?;
    let mut rows = statement.query([tenant.0])?;
    let mut assistants = Vec::new();
    while let Some(row) = rows.next()? {
        assistants.push(read(row)?);
    }
    Ok(assistants)
}
