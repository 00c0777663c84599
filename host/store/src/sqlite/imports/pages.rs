//! A running import: a file's leads in pages, with their progress in the same transaction.

use campanile_domain::ids::{CampaignKey, ImportId};
use campanile_domain::ports::store::{Import, ImportStatus, LeadAdded, NewLead};
use rusqlite::{OptionalExtension, params};

use super::import::{may, one, status};
use crate::sqlite::fault::{Done, conflict, not_found};
use crate::sqlite::leads::add::{self, Arrival, OfKnown};
use crate::sqlite::op::{About, Op};

struct Running {
    key: i64,
    campaign: CampaignKey,
    update: bool,
}

fn running(op: &Op<'_>, id: ImportId) -> Done<Running> {
    let found: Option<(i64, i64, String, String)> = op
        .db
        .prepare_cached("SELECT id, campaign, status, existing FROM import WHERE public_id = ?1 AND tenant = ?2")?
        .query_row(params![id.to_bytes(), op.tenant()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    match found {
        None => not_found("import"),
        Some((key, campaign, status, existing)) if status == ImportStatus::Running.word() => {
            Ok(Running { key, campaign: CampaignKey(campaign), update: existing == "update" })
        }
        Some((_, _, status, _)) => Err(conflict("import_status", format!("the import is {status}, not running"))),
    }
}

/// A page of it.
pub(crate) fn page(op: &mut Op<'_>, id: ImportId, rows: u64, leads: &[NewLead]) -> Done<Vec<LeadAdded>> {
    let Running { key, campaign, update } = running(op, id)?;
    let known = if update { OfKnown::Update } else { OfKnown::Skip };
    let added = add::page(op, campaign, leads, Arrival { known, import: Some(key) })?;
    let count = |wanted: fn(&LeadAdded) -> bool| added.iter().filter(|added| wanted(added)).count() as i64;
    op.db
        .prepare_cached(
            "UPDATE import SET rows = ?2, created = created + ?3, updated = updated + ?4, duplicates = duplicates + ?5
             WHERE id = ?1",
        )?
        .execute(params![
            key,
            rows as i64,
            count(|added| matches!(added, LeadAdded::Created { .. })),
            count(|added| matches!(added, LeadAdded::Updated { .. })),
            count(|added| matches!(added, LeadAdded::Duplicate { .. })),
        ])?;
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
    let to = if failed { ImportStatus::Failed } else { ImportStatus::Finished };
    let (_, from) = status(op.db, op.ctx.tenant, id)?;
    may(from, to)?;
    let Running { key, campaign, .. } = running(op, id)?;
    op.db
        .prepare_cached("UPDATE import SET status = ?2, summary = ?3, rejects = ?4, finished_at = ?5 WHERE id = ?1")?
        .execute(params![key, to.word(), summary.to_string(), rejects, op.now().0])?;
    let about = About { campaign: Some(campaign.0), ..About::default() };
    let ended = one(op.db, op.ctx.tenant, id)?;
    let Import { campaign, file_name, rows, created, updated, duplicates, .. } = &ended;
    let data = serde_json::json!({
        "id": id, "campaign": campaign, "file_name": file_name, "status": to, "rows": rows, "created": created,
        "updated": updated, "duplicates": duplicates, "finished_at": op.now(),
    });
    op.event(op.ctx.tenant, "import.finished", about, data.to_string());
    Ok(ended)
}
