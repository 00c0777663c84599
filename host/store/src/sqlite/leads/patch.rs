//! A hand on a lead.

use campanile_domain::campaign::Happening;
use campanile_domain::ids::LeadId;
use campanile_domain::lead::{Completion, LeadState, Phase, Wait};
use campanile_domain::ports::store::{Lead, LeadPatch, SetStatus};
use campanile_domain::settle::Hand;
use campanile_domain::time::Timestamp;
use rusqlite::params;

use super::lead;
use crate::sqlite::campaigns::verbs;
use crate::sqlite::dialling::{dispose, facts};
use crate::sqlite::fault::{Done, broken, conflict};
use crate::sqlite::op::Op;
use crate::sqlite::row::LeadRow;

/// Changes what the patch names.
pub(crate) fn patch(op: &mut Op<'_>, id: LeadId, patch: &LeadPatch) -> Done<Lead> {
    let key = lead::key_of(op.db, op.ctx.tenant, id)?;
    let mut row = LeadRow::load(op, campanile_domain::ids::LeadKey(key))?;
    let was = row.state.status();
    if let Some(variables) = &patch.variables {
        dispose::merge(op, key, variables)?;
    }
    row.priority = patch.priority.unwrap_or(row.priority);
    row.expires_at = patch.expires_at.or(row.expires_at);
    if let Some(status) = patch.status {
        set(op, &mut row, status)?;
    }
    if let Some(at) = patch.not_before {
        postpone(op, &mut row, at);
    }
    if let Some(to) = patch.priority
        && row.state == LeadState::Scheduled
    {
        // Its place in the stage was its old priority's.
        row.state = row.state.unstage();
        row.priority = to;
    }
    // A question that is out about the lead is still the same question, unless a hand answered it.
    if row.state == LeadState::Processing(Phase::Deciding) {
        row.revision -= 1;
    }
    row.save(op)?;
    let LeadPatch { variables, priority, not_before, expires_at, .. } = patch;
    let is_data = variables.is_some() || priority.is_some() || not_before.is_some() || expires_at.is_some();
    if is_data && row.state.status() == was {
        // A change of its status is told by itself.
        op.event(row.tenant, "lead.updated", row.about(), format!(r#"{{"id":"{id}"}}"#));
    }
    op.db.prepare_cached("UPDATE lead_data SET updated_at = ?2 WHERE lead = ?1")?.execute(params![key, op.now().0])?;
    op.audit("lead.patch", &id)?;
    if row.state == LeadState::Created && patch.status == Some(SetStatus::Created) {
        verbs::happen(op, row.campaign, Happening::LeadArrived, "a lead is to be called again".to_owned())?;
    }
    lead::by_id(op.db, op.ctx.tenant, id)
}

fn postpone(op: &Op<'_>, row: &mut LeadRow, at: Timestamp) {
    if !row.state.is_waiting() {
        return;
    }
    row.state = row.state.unstage();
    row.not_before = at.max(op.now());
    row.wait = Wait::Owner;
    row.unpark();
}

fn set(op: &Op<'_>, row: &mut LeadRow, status: SetStatus) -> Done<()> {
    let hand = match status {
        SetStatus::Created => Hand::CallAgain,
        SetStatus::Completed => Hand::Stop,
    };
    if hand == Hand::CallAgain {
        refuse_suppressed(op, row)?;
    }
    if matches!(row.state, LeadState::Processing(Phase::Dialling | Phase::Evaluating)) {
        row.hand = Some(hand);
        return Ok(());
    }
    match hand {
        // It is over, or was never called: there is nothing to stop and nothing to repeat.
        // Its source's to say, see sources/apply.rs.
        Hand::Remove => return Ok(()),
        Hand::Stop if row.state.is_ended() => return Ok(()),
        Hand::CallAgain if row.state.is_fresh() => return Ok(()),
        Hand::Stop => row.state = LeadState::Completed(Completion::ByHand),
        Hand::CallAgain => {
            // The call of a lead that decides is settled; what the hand says stands in for the decision.
            let settled = if row.state == LeadState::Processing(Phase::Deciding) {
                LeadState::Processing(Phase::PolicyFailed)
            } else {
                row.state
            };
            row.state = settled.reopen().map_err(|error| broken(error.to_string()))?;
            row.progress = row.progress.next_era();
            row.not_before = op.now();
            row.wait = Wait::None;
        }
    }
    row.hand = None;
    row.unpark();
    Ok(())
}

fn refuse_suppressed(op: &Op<'_>, row: &LeadRow) -> Done<()> {
    let contacts = facts::contacts_of(op.db, row.key.0)?;
    match contacts.all.first() {
        Some(primary) if !contacts.callable(primary) => {
            let message = format!("{} is on the do-not-call list; take it off the list first", primary.phone);
            Err(conflict("lead_suppressed", message))
        }
        _ => Ok(()),
    }
}
