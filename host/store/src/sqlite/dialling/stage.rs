//! Staging: which fresh leads are next.

use campanile_domain::campaign::CampaignState;
use campanile_domain::event;
use campanile_domain::ids::CampaignKey;
use rusqlite::params;

use super::queue;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::op::Op;
use crate::sqlite::scope::Scope;

/// Stages up to `want`; returns how many are staged now. Nothing is staged while the campaign does not call.
pub(crate) fn stage(op: &mut Op<'_>, campaign: CampaignKey, want: u32) -> Done<u32> {
    if Scope::load(op.db, op.cache, campaign)?.state != CampaignState::InProgress {
        return Ok(0);
    }
    let staged: i64 = op
        .db
        .prepare_cached("SELECT coalesce(sum(n), 0) FROM lead_count WHERE campaign = ?1 AND state = 2")?
        .query_row([campaign.0], |row| row.get(0))?;
    let staged = u32::try_from(staged.max(0)).unwrap_or(u32::MAX);
    let mut found = Vec::new();
    queue::created(op.db, campaign.0, want.saturating_sub(staged) as usize, &mut found)?;
    let added = found.len() as u32;
    let asked_for = added > 0 && is_asked_for(op, campaign)?;
    for mut lead in found {
        let was = lead.state;
        lead.state = lead.state.stage().map_err(|error| broken(error.to_string()))?;
        lead.save(op)?;
        if asked_for {
            let data = lead.event_data(was);
            op.event(lead.tenant, event::SCHEDULED, lead.about(), data);
        }
    }
    Ok(staged + added)
}

/// Whether a webhook names the event: nobody else pays for it.
fn is_asked_for(op: &Op<'_>, campaign: CampaignKey) -> Done<bool> {
    let asked = op
        .db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM campaign c JOIN webhook w INDEXED BY webhook_of_tenant ON w.tenant = c.tenant
               WHERE c.id = ?1 AND w.deleted_at IS NULL AND w.enabled = 1 AND (w.campaign IS NULL OR w.campaign = c.id)
                 AND w.events IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(w.events) e WHERE e.value = ?2))",
        )?
        .query_row(params![campaign.0, event::SCHEDULED], |row| row.get(0))?;
    Ok(asked)
}
