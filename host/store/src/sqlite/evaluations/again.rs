//! Calls that are read anew, with the evaluators as the campaign names them now.
//!
//! By the piece, so that a campaign of a million calls holds the writer up no longer than anybody else. What evaluators
//! determined stands until the new answer is there; what the provider and people determined stays. The lead is not moved
//! back: what a new answer means for it is what a late answer means.

use campanile_domain::attempt::{AttemptState, Outcome};
use campanile_domain::ids::{AttemptKey, CampaignId};
use campanile_domain::ports::store::Renewed;
use rusqlite::params;

use crate::sqlite::campaigns::campaign;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::{Done, conflict};
use crate::sqlite::op::Op;
use crate::sqlite::scope::Scope;

/// Puts a piece of a campaign's answered calls into the line.
pub(crate) fn renew(op: &mut Op<'_>, id: CampaignId, after: Option<AttemptKey>, limit: u32) -> Done<Renewed> {
    let key = campaign::key_of(op.db, op.ctx.tenant, id)?;
    if !super::waiting::has_evaluators(&Scope::load(op.db, op.cache, key)?) {
        return Err(conflict("no_evaluators", "the campaign names no evaluator, or its assistant asks for nothing"));
    }
    let answered = AttemptState::Ended(Outcome::Answered).code();
    let calls: Vec<i64> = op
        .db
        .prepare_cached("SELECT id FROM attempt WHERE campaign = ?1 AND id > ?2 AND state = ?3 ORDER BY id LIMIT ?4")?
        .query_map(params![key.0, after.map_or(0, |after| after.0), answered, limit], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for attempt in &calls {
        op.db
            .prepare_cached(
                "INSERT INTO evaluation (attempt, tenant, campaign, due, again) VALUES (?1, ?2, ?3, ?4, 1)
                 ON CONFLICT (attempt) DO UPDATE
                 SET next = 0, due = ?4, again = 1, failures = 0, error = NULL, done_at = NULL",
            )?
            .execute(params![attempt, op.tenant(), key.0, op.now().0])?;
    }
    if after.is_none() {
        op.audit("campaign.evaluate_again", &id)?;
    }
    let full = calls.len() == limit as usize;
    let next = calls.last().filter(|_| full).map(|last| AttemptKey(*last));
    Ok(Renewed { calls: calls.len() as u64, next })
}
