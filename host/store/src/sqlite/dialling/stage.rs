//! Staging: which fresh leads are next.

use campanile_domain::campaign::CampaignState;
use campanile_domain::ids::CampaignKey;

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
    for mut lead in found {
        lead.state = lead.state.stage().map_err(|error| broken(error.to_string()))?;
        lead.save(op)?;
    }
    Ok(staged + added)
}
