//! A campaign that its owner deletes.
//!
//! It is gone for everybody who asks: no list, no search and no id finds it, its leads or its imports, and nothing feeds it or is
//! told of it any more. Its rows stay, because its calls were made: they are read and charged like any other call, and a
//! phone that was called for it is not called again sooner because the campaign is gone. Only one that nobody is called for
//! can be deleted, so nothing has to be taken back on the way.

use campanile_domain::campaign::CampaignState;
use campanile_domain::ids::{CampaignId, CampaignKey, ImportId};
use campanile_domain::ports::store::{CampaignDeleted, ImportStatus, SinkRow, SourceRow, StoreError};
use rusqlite::params;

use super::campaign;
use crate::sqlite::fault::{Done, Fault, conflict};
use crate::sqlite::op::{About, Op};
use crate::sqlite::sinks::sink;
use crate::sqlite::sources::source;

/// Deletes it; what went with it. `revision`: refuse with `Stale` when the row is not at it.
pub(crate) fn delete(op: &mut Op<'_>, id: CampaignId, revision: Option<u64>) -> Done<CampaignDeleted> {
    let before = campaign::by_id(op.db, op.ctx.tenant, id)?;
    if revision.is_some_and(|revision| revision != before.revision) {
        return Err(Fault::Store(StoreError::Stale));
    }
    let key = before.key.0;
    if before.status == CampaignState::InProgress {
        return Err(conflict("campaign_state", "the campaign is in progress; pause or stop it, then delete it"));
    }
    let open: i64 = op
        .db
        .prepare_cached("SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND state = 10")?
        .query_row([key], |row| row.get(0))?;
    if open > 0 {
        let message =
            format!("{open} call(s) of the campaign are not over; wait for them, or stop the campaign to hang them up");
        return Err(conflict("calls_open", message));
    }
    let uploads = uploads(op, key)?;
    let gone = CampaignDeleted { key: before.key, sources: sources(op, before.key)?, sinks: sinks(op, id)?, uploads };
    op.db
        .prepare_cached("UPDATE shadow SET stopped_at = ?2 WHERE campaign = ?1 AND stopped_at IS NULL")?
        .execute(params![key, op.now().0])?;
    op.db
        .prepare_cached("UPDATE evaluation SET done_at = ?2 WHERE campaign = ?1 AND done_at IS NULL")?
        .execute(params![key, op.now().0])?;
    op.db
        .prepare_cached("UPDATE campaign SET deleted_at = ?2, updated_at = ?2, revision = revision + 1 WHERE id = ?1")?
        .execute(params![key, op.now().0])?;
    let about = About { campaign: Some(key), ..About::default() };
    op.event(before.tenant, "campaign.deleted", about, format!(r#"{{"id":"{id}"}}"#));
    op.audit("campaign.delete", &id)?;
    Ok(gone)
}

/// Uploads of which nothing is in the campaign go. One that is at work has to end first.
fn uploads(op: &Op<'_>, campaign: i64) -> Done<Vec<ImportId>> {
    let words = |wanted: fn(ImportStatus) -> bool| {
        let words: Vec<&str> =
            ImportStatus::ALL.into_iter().filter(|status| wanted(*status)).map(ImportStatus::word).collect();
        serde_json::json!(words).to_string()
    };
    let sql =
        "SELECT public_id FROM import WHERE campaign = ?1 AND status IN (SELECT value FROM json_each(?2)) ORDER BY id";
    let of = |words: String| -> Done<Vec<ImportId>> {
        let mut statement = op.db.prepare_cached(sql)?;
        let found = statement.query_map(params![campaign, words], |row| row.get(0).map(ImportId::from_bytes))?;
        Ok(found.collect::<Result<_, _>>()?)
    };
    if let Some(import) = of(words(ImportStatus::is_busy))?.first() {
        let message =
            format!("the import {import} of the campaign is at work; wait for its end, then delete the campaign");
        return Err(conflict("import_running", message));
    }
    let before = words(|status| status.is_before());
    let uploads = of(before.clone())?;
    op.db
        .prepare_cached("DELETE FROM import WHERE campaign = ?1 AND status IN (SELECT value FROM json_each(?2))")?
        .execute(params![campaign, before])?;
    Ok(uploads)
}

fn sources(op: &mut Op<'_>, campaign: CampaignKey) -> Done<Vec<SourceRow>> {
    let mut gone = source::all(op.db, Some(op.ctx.tenant))?;
    gone.retain(|source| source.campaign_key == campaign);
    for source in &gone {
        source::delete(op, source.id)?;
    }
    Ok(gone)
}

fn sinks(op: &mut Op<'_>, campaign: CampaignId) -> Done<Vec<SinkRow>> {
    let mut gone = sink::all(op.db, Some(op.ctx.tenant))?;
    gone.retain(|sink| sink.campaign == campaign);
    for sink in &gone {
        sink::delete(op, sink.id)?;
    }
    Ok(gone)
}
