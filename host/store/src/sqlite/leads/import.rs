//! Imports: a file's leads in pages, with their progress in the same transaction.

use campanile_domain::ids::{CampaignId, CampaignKey, ImportId, TenantKey};
use campanile_domain::ports::store::{Import, LeadAdded, NewLead};
use campanile_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::add;
use crate::sqlite::accounts::once::once;
use crate::sqlite::campaigns::campaign;
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::op::{About, Op};

/// Begins one.
pub(crate) fn begin(op: &mut Op<'_>, into: CampaignId, file_name: &str) -> Done<Import> {
    let id = once(op, |op| {
        let campaign = campaign::key_of(op.db, op.ctx.tenant, into)?;
        let id = ImportId::mint(op.ctx.now, &mut op.rng);
        op.db
            .prepare_cached(
                "INSERT INTO import (public_id, tenant, campaign, file_name, status, created_at)
                 VALUES (?1, ?2, ?3, ?4, 'running', ?5)",
            )?
            .execute(params![id.to_bytes(), op.tenant(), campaign.0, file_name, op.now().0])?;
        op.audit("import.begin", &id)?;
        Ok(id)
    })?;
    one(op.db, op.ctx.tenant, id)
}

fn running(op: &Op<'_>, id: ImportId) -> Done<(i64, CampaignKey)> {
    let found: Option<(i64, i64, String)> = op
        .db
        .prepare_cached("SELECT id, campaign, status FROM import WHERE public_id = ?1 AND tenant = ?2")?
        .query_row(params![id.to_bytes(), op.tenant()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match found {
        None => not_found("import"),
        Some((key, campaign, status)) if status == "running" => Ok((key, CampaignKey(campaign))),
        Some((.., status)) => Err(conflict("import_over", format!("the import is {status}; begin another one"))),
    }
}

/// A page of it.
pub(crate) fn page(op: &mut Op<'_>, id: ImportId, rows: u64, leads: &[NewLead]) -> Done<Vec<LeadAdded>> {
    let (key, campaign) = running(op, id)?;
    let added = add::page(op, campaign, leads)?;
    let count = |wanted: fn(&LeadAdded) -> bool| added.iter().filter(|added| wanted(added)).count() as i64;
    let created = count(|added| matches!(added, LeadAdded::Created { .. }));
    let duplicates = count(|added| matches!(added, LeadAdded::Duplicate { .. }));
    op.db
        .prepare_cached(
            "UPDATE import SET rows = ?2, created = created + ?3, duplicates = duplicates + ?4 WHERE id = ?1",
        )?
        .execute(params![key, rows as i64, created, duplicates])?;
    Ok(added)
}

/// Ends it.
pub(crate) fn end(
    op: &mut Op<'_>,
    id: ImportId,
    failed: bool,
    summary: &serde_json::Value,
    rejects: &[u8],
) -> Done<Import> {
    let (key, campaign) = running(op, id)?;
    let status = if failed { "failed" } else { "finished" };
    op.db
        .prepare_cached("UPDATE import SET status = ?2, summary = ?3, rejects = ?4, finished_at = ?5 WHERE id = ?1")?
        .execute(params![key, status, summary.to_string(), rejects, op.now().0])?;
    let about = About { campaign: Some(campaign.0), ..About::default() };
    let data = serde_json::json!({ "id": id, "status": status }).to_string();
    op.event(op.ctx.tenant, "import.finished", about, data);
    one(op.db, op.ctx.tenant, id)
}

/// One.
pub(crate) fn one(db: &Connection, tenant: TenantKey, id: ImportId) -> Done<Import> {
    let mut statement = db.prepare_cached(
        "SELECT c.public_id, i.file_name, i.status, i.rows, i.created, i.duplicates, i.summary, i.created_at, i.finished_at
         FROM import i JOIN campaign c ON c.id = i.campaign WHERE i.public_id = ?1 AND i.tenant = ?2",
    )?;
    let mut rows = statement.query(params![id.to_bytes(), tenant.0])?;
    let Some(row) = rows.next()? else { return not_found("import") };
    Ok(Import {
        id,
        campaign: CampaignId::from_bytes(row.get(0)?),
        file_name: row.get(1)?,
        status: row.get(2)?,
        rows: row.get::<_, i64>(3)? as u64,
        created: row.get::<_, i64>(4)? as u64,
        duplicates: row.get::<_, i64>(5)? as u64,
        summary: serde_json::from_str(&row.get::<_, String>(6)?)?,
        created_at: Timestamp(row.get(7)?),
        finished_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
    })
}

/// The rejected rows' file.
pub(crate) fn rejects(db: &Connection, tenant: TenantKey, id: ImportId) -> Done<Vec<u8>> {
    db.prepare_cached("SELECT rejects FROM import WHERE public_id = ?1 AND tenant = ?2")?
        .query_row(params![id.to_bytes(), tenant.0], |row| row.get(0))
        .optional()?
        .map_or_else(|| not_found("import"), Ok)
}
