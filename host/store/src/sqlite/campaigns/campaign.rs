//! Campaigns as their owner sees them: made, read, listed, edited.
//!
//! An edit is a new configuration version; the rows of a million leads stay as they are, except those that the old
//! configuration had moved: staged ones go back, parked ones are asked again, and a new order re-keys what waits.

use std::collections::BTreeMap;

use campanile_domain::campaign::{CampaignConfig, CampaignKind, CampaignState, StatusReason};
use campanile_domain::ids::{AssistantId, CampaignId, CampaignKey, JobId, TenantKey};
use campanile_domain::money::Micros;
use campanile_domain::ports::store::{COPY_JOB, Campaign, Job, Listed, Page, StoreError};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use crate::sqlite::accounts::assistants;
use crate::sqlite::accounts::once::once;
use crate::sqlite::actor::by;
use crate::sqlite::changes::between;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::{Done, Fault, not_found};
use crate::sqlite::jobs::job;
use crate::sqlite::leads::{order, park};
use crate::sqlite::op::Op;
use crate::sqlite::page;
use crate::sqlite::row::list;
use crate::sqlite::scope::{current_terms, reason};

const SELECT: &str = "SELECT c.id, c.public_id, c.tenant, s.public_id, c.state, c.reason, v.config, c.config_version,
        c.revision, c.spent + c.reserved, c.created_at, c.updated_at, c.started_at, c.completed_at, c.kind
    FROM campaign c JOIN assistant s ON s.id = c.assistant
    JOIN campaign_config v ON v.campaign = c.id AND v.version = c.config_version";

fn read(row: &Row<'_>) -> Done<Campaign> {
    let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
    Ok(Campaign {
        key: CampaignKey(row.get(0)?),
        id: CampaignId::from_bytes(row.get(1)?),
        tenant: TenantKey(row.get(2)?),
        kind: CampaignKind::read(row.get(14)?)?,
        assistant: AssistantId::from_bytes(row.get(3)?),
        status: CampaignState::read(row.get(4)?)?,
        status_reason: reason(&row.get::<_, String>(5)?)?,
        config: serde_json::from_str(&row.get::<_, String>(6)?)?,
        config_version: row.get(7)?,
        revision: row.get::<_, i64>(8)? as u64,
        spent_micros: Micros(row.get(9)?),
        created_at: Timestamp(row.get(10)?),
        updated_at: Timestamp(row.get(11)?),
        started_at: at(12)?,
        completed_at: at(13)?,
    })
}

fn one(db: &Connection, condition: &str, params: impl rusqlite::Params) -> Done<Campaign> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE {condition}"))?;
    let mut rows = statement.query(params)?;
    rows.next()?.map_or_else(|| not_found("campaign"), read)
}

/// One of a tenant.
pub(crate) fn by_id(db: &Connection, tenant: TenantKey, id: CampaignId) -> Done<Campaign> {
    one(db, "c.public_id = ?1 AND c.tenant = ?2 AND c.deleted_at IS NULL", params![id.to_bytes(), tenant.0])
}

/// One of a tenant, by its key.
pub(crate) fn numbered(db: &Connection, tenant: TenantKey, key: CampaignKey) -> Done<Campaign> {
    one(db, "c.id = ?1 AND c.tenant = ?2 AND c.deleted_at IS NULL", params![key.0, tenant.0])
}

/// One, whoever owns it, be it deleted.
pub(crate) fn by_key(db: &Connection, key: CampaignKey) -> Done<Campaign> {
    one(db, "c.id = ?1", [key.0])
}

/// Whether its owner deleted it.
pub(crate) fn is_deleted(db: &Connection, key: CampaignKey) -> Done<bool> {
    let sql = "SELECT deleted_at IS NOT NULL FROM campaign WHERE id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([key.0], |row| row.get(0))?)
}

/// Those of these rows that a tenant has, by row.
pub(crate) fn by_keys(db: &Connection, tenant: TenantKey, keys: &[i64]) -> Done<BTreeMap<i64, Campaign>> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!("{SELECT} WHERE c.id IN (SELECT value FROM json_each(?1)) AND c.tenant = ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![list(keys.iter().copied()), tenant.0])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let campaign = read(row)?;
        found.insert(campaign.key.0, campaign);
    }
    Ok(found)
}

/// The key of a tenant's campaign.
pub(crate) fn key_of(db: &Connection, tenant: TenantKey, id: CampaignId) -> Done<CampaignKey> {
    db.prepare_cached("SELECT id FROM campaign WHERE public_id = ?1 AND tenant = ?2 AND deleted_at IS NULL")?
        .query_row(params![id.to_bytes(), tenant.0], |row| row.get(0).map(CampaignKey))
        .optional()?
        .map_or_else(|| not_found("campaign"), Ok)
}

/// The key of a tenant's campaign, be it deleted: its calls are still asked for by it.
pub(crate) fn key_of_any(db: &Connection, tenant: TenantKey, id: CampaignId) -> Done<CampaignKey> {
    db.prepare_cached("SELECT id FROM campaign WHERE public_id = ?1 AND tenant = ?2")?
        .query_row(params![id.to_bytes(), tenant.0], |row| row.get(0).map(CampaignKey))
        .optional()?
        .map_or_else(|| not_found("campaign"), Ok)
}

/// Makes a draft.
pub(crate) fn create(op: &mut Op<'_>, assistant: AssistantId, config: CampaignConfig) -> Done<Campaign> {
    let id = once(op, |op| make(op, assistant, config))?;
    by_id(op.db, op.ctx.tenant, id)
}

/// Makes a draft whose leads are copied from another campaign by a job, which is begun with it.
pub(crate) fn create_with_leads(
    op: &mut Op<'_>,
    assistant: AssistantId,
    config: CampaignConfig,
    from: CampaignId,
    leads: &Value,
) -> Done<(Campaign, Job)> {
    let (id, job): (CampaignId, JobId) = once(op, |op| {
        let id = make(op, assistant, config)?;
        let asked = serde_json::json!({ "campaign": id, "from": from, "leads": leads });
        Ok((id, job::begin(op, COPY_JOB, &asked)?.id))
    })?;
    Ok((by_id(op.db, op.ctx.tenant, id)?, job::one(op.db, op.ctx.tenant, job)?))
}

fn make(op: &mut Op<'_>, assistant: AssistantId, mut config: CampaignConfig) -> Done<CampaignId> {
    let owner = assistants::one(op.db, op.ctx.tenant, assistant)?;
    if config.time_zone.is_none() {
        config.time_zone = Some(owner.config.time_zone);
    }
    must_fit(op)?;
    let id = CampaignId::mint(op.ctx.now, &mut op.rng);
    let drafted = StatusReason { code: "created".into(), detail: String::new(), by: by(&op.ctx.actor), at: op.now() };
    op.db
        .prepare_cached(
            "INSERT INTO campaign (public_id, tenant, assistant, state, reason, created_at, updated_at)
                 VALUES (?1, ?2, ?3, 0, ?4, ?5, ?5)",
        )?
        .execute(params![id.to_bytes(), op.tenant(), owner.key.0, serde_json::to_string(&drafted)?, op.now().0])?;
    keep_config(op, CampaignKey(op.db.last_insert_rowid()), 1, &config)?;
    op.audit("campaign.create", &id)?;
    Ok(id)
}

/// Refuses another campaign where the account may have no more.
fn must_fit(op: &mut Op<'_>) -> Done<()> {
    let terms = current_terms(op.db, op.cache, op.ctx.tenant)?;
    let Some(most) = terms.limits.max_campaigns else { return Ok(()) };
    let held: i64 = op
        .db
        .prepare_cached("SELECT count(*) FROM campaign WHERE tenant = ?1 AND kind = 0 AND deleted_at IS NULL")?
        .query_row([op.tenant()], |row| row.get(0))?;
    if held < i64::from(most) {
        return Ok(());
    }
    let message = format!(
        "{held} campaigns are kept of at most {most}, those that are completed included; use one of them again, or ask the \
         operator, who sets limits.max_campaigns"
    );
    Err(Fault::Store(StoreError::AccountFull { limit: "max_campaigns", message }))
}

pub(crate) fn keep_config(op: &Op<'_>, campaign: CampaignKey, version: u32, config: &CampaignConfig) -> Done<()> {
    op.db
        .prepare_cached("INSERT INTO campaign_config (campaign, version, config, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![campaign.0, version, serde_json::to_string(config)?, op.now().0])?;
    Ok(())
}

/// The tenant's, newest first.
pub(crate) fn all(
    db: &Connection,
    tenant: TenantKey,
    kind: Option<CampaignKind>,
    status: Option<CampaignState>,
    asked: &Page,
) -> Done<Listed<Campaign>> {
    let before = page::after(asked, "campaigns", i64::MAX)?;
    let mut statement = db.prepare_cached(&format!(
        "{SELECT} WHERE c.tenant = ?1 AND c.id < ?2 AND c.deleted_at IS NULL AND (?3 IS NULL OR c.state = ?3)
             AND (?4 IS NULL OR c.kind = ?4) ORDER BY c.id DESC LIMIT ?5"
    ))?;
    let (status, kind) = (status.map(Code::code), kind.map(Code::code));
    let mut rows = statement.query(params![tenant.0, before, status, kind, page::limit(asked) + 1])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let campaign = read(row)?;
        found.push((campaign.key.0, campaign));
    }
    Ok(page::cut(found, asked, "campaigns"))
}

/// A new configuration version.
pub(crate) fn update(
    op: &mut Op<'_>,
    id: CampaignId,
    mut config: CampaignConfig,
    revision: Option<u64>,
) -> Done<Campaign> {
    let before = by_id(op.db, op.ctx.tenant, id)?;
    if revision.is_some_and(|revision| revision != before.revision) {
        return Err(Fault::Store(StoreError::Stale));
    }
    if config.time_zone.is_none() {
        config.time_zone = Some(assistants::one(op.db, op.ctx.tenant, before.assistant)?.config.time_zone);
    }
    keep_config(op, before.key, before.config_version + 1, &config)?;
    op.db
        .prepare_cached(
            "UPDATE campaign SET config_version = ?2, revision = revision + 1, updated_at = ?3 WHERE id = ?1",
        )?
        .execute(params![before.key.0, before.config_version + 1, op.now().0])?;
    park::unstage(op, before.key.0)?;
    park::release(op, before.key.0)?;
    if config.order != before.config.order {
        order::rekey(op, before.key.0, config.order)?;
    }
    op.audit_changes("campaign.update", &id, &between(&before.config, &config)?)?;
    by_id(op.db, op.ctx.tenant, id)
}
