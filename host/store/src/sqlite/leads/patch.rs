//! A hand on a lead: what it changes, whether it would change anything, and what forbids it.
//!
//! One lead by its owner, one by another system's word, thousands by a bulk update: all of them ask [`verdict`] and do
//! [`apply`], so that what a dry run counts is what happens.

use campanile_domain::campaign::Happening;
use campanile_domain::ids::{LeadId, LeadKey};
use campanile_domain::lead::{Completion, LeadState, Phase, Wait};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{Lead, LeadPatch, SetStatus};
use campanile_domain::settle::Hand;
use campanile_domain::time::Timestamp;
use campanile_domain::variable::Variables;
use rusqlite::{Connection, params};

use super::lead;
use crate::sqlite::campaigns::verbs;
use crate::sqlite::dialling::{dispose, facts};
use crate::sqlite::erasures::NOBODY;
use crate::sqlite::fault::{Done, broken, conflict};
use crate::sqlite::op::Op;
use crate::sqlite::row::LeadRow;

/// What a patch would do to a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Something would be another than it is.
    Changes,
    /// Everything is as it says.
    Unchanged,
    /// The lead should be called again and its phone is on the do-not-call list.
    Suppressed(Phone),
    /// The person was erased: there is nobody whom it is about.
    Erased,
}

/// Changes what the patch names.
pub(crate) fn patch(op: &mut Op<'_>, id: LeadId, patch: &LeadPatch) -> Done<Lead> {
    let mut row = LeadRow::load(op, LeadKey(lead::key_of(op.db, op.ctx.tenant, id)?))?;
    if erased(op.db, &row)? {
        let message = "the person was erased, only what was counted and charged is left; add them as a new lead";
        return Err(conflict("lead_erased", message));
    }
    apply(op, &mut row, patch)?;
    op.audit_changes("lead.patch", &id, &named(patch))?;
    lead::by_id(op.db, op.ctx.tenant, id)
}

/// Changes what the patch names of a row that was just loaded.
pub(crate) fn apply(op: &mut Op<'_>, row: &mut LeadRow, patch: &LeadPatch) -> Done<()> {
    let (key, was) = (row.key.0, row.state.status());
    if let Some(variables) = &patch.variables {
        dispose::merge(op, key, variables)?;
    }
    row.priority = patch.priority.unwrap_or(row.priority);
    row.expires_at = patch.expires_at.or(row.expires_at);
    if let Some(status) = patch.status {
        set(op, row, status)?;
    }
    if let Some(at) = patch.not_before {
        postpone(op, row, at);
    }
    if patch.priority.is_some() {
        // Its place in the stage was its old priority's.
        row.state = row.state.unstage();
    }
    // A question that is out about the lead is still the same question, unless a hand answered it.
    if row.state == LeadState::Processing(Phase::Deciding) {
        row.revision -= 1;
    }
    row.save(op)?;
    if is_data(patch) && row.state.status() == was {
        // A change of its status is told by itself.
        op.event(row.tenant, "lead.updated", row.about(), format!(r#"{{"id":"{}"}}"#, row.id));
    }
    op.db.prepare_cached("UPDATE lead_data SET updated_at = ?2 WHERE lead = ?1")?.execute(params![key, op.now().0])?;
    if row.state == LeadState::Created && patch.status == Some(SetStatus::Created) {
        verbs::happen(op, row.campaign, Happening::LeadArrived, "a lead is to be called again".to_owned())?;
    }
    Ok(())
}

/// Something of it is no status.
pub(crate) fn is_data(patch: &LeadPatch) -> bool {
    let LeadPatch { variables, priority, not_before, expires_at, status: _ } = patch;
    variables.is_some() || priority.is_some() || not_before.is_some() || expires_at.is_some()
}

/// What the patch would do to a lead at `now`.
pub(crate) fn verdict(db: &Connection, row: &LeadRow, patch: &LeadPatch, now: Timestamp) -> Done<Verdict> {
    if erased(db, row)? {
        return Ok(Verdict::Erased);
    }
    if patch.status == Some(SetStatus::Created)
        && let Some(phone) = suppressed(db, row)?
    {
        return Ok(Verdict::Suppressed(phone));
    }
    let in_call = matches!(row.state, LeadState::Processing(Phase::Dialling | Phase::Evaluating));
    let status = match patch.status {
        None => false,
        Some(SetStatus::Created) if in_call => row.hand != Some(Hand::CallAgain),
        Some(SetStatus::Completed) if in_call => row.hand != Some(Hand::Stop),
        Some(SetStatus::Created) => !row.state.is_fresh(),
        Some(SetStatus::Completed) => !row.state.is_ended(),
    };
    // One that is past is the same as now, however often it is said.
    let due = |at: Timestamp| row.wait == Wait::Owner && (row.not_before == at || (at <= now && row.not_before <= now));
    let put_off = patch.not_before.is_some_and(|at| row.state.is_waiting() && !due(at));
    let hot = patch.priority.is_some_and(|to| to != row.priority)
        || patch.expires_at.is_some_and(|at| Some(at) != row.expires_at);
    if status || put_off || hot || variables(db, row, patch.variables.as_ref())? {
        Ok(Verdict::Changes)
    } else {
        Ok(Verdict::Unchanged)
    }
}

fn variables(db: &Connection, row: &LeadRow, new: Option<&Variables>) -> Done<bool> {
    let Some(new) = new.filter(|new| !new.is_empty()) else { return Ok(false) };
    let known: String = db
        .prepare_cached("SELECT variables FROM lead_data WHERE lead = ?1")?
        .query_row([row.key.0], |row| row.get(0))?;
    let known: Variables = serde_json::from_str(&known)?;
    Ok(new.over(&known) != known)
}

/// What a patch names; of variables not even the names, which may say something of the person.
fn named(patch: &LeadPatch) -> Vec<String> {
    let LeadPatch { variables, priority, not_before, expires_at, status } = patch;
    let names = [
        ("variables", variables.is_some()),
        ("priority", priority.is_some()),
        ("not_before", not_before.is_some()),
        ("expires_at", expires_at.is_some()),
        ("status", status.is_some()),
    ];
    names.into_iter().filter(|(_, is_named)| *is_named).map(|(name, _)| name.to_owned()).collect()
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
    if hand == Hand::CallAgain
        && let Some(phone) = suppressed(op.db, row)?
    {
        let message = format!("{phone} is on the do-not-call list; take it off the list first");
        return Err(conflict("lead_suppressed", message));
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

fn erased(db: &Connection, row: &LeadRow) -> Done<bool> {
    let sql = "SELECT primary_phone FROM lead WHERE id = ?1";
    let phone: i64 = db.prepare_cached(sql)?.query_row([row.key.0], |row| row.get(0))?;
    Ok(phone == NOBODY)
}

/// The primary phone, when it is on the do-not-call list. One that its source or its owner replaced is primary no more.
fn suppressed(db: &Connection, row: &LeadRow) -> Done<Option<Phone>> {
    use campanile_domain::contact::Unusable::RemovedAtSource;
    let contacts = facts::contacts_of(db, row.key.0)?;
    let primary = contacts.all.iter().find(|contact| contact.unusable != Some(RemovedAtSource));
    Ok(primary.filter(|primary| !contacts.callable(primary)).map(|primary| primary.phone))
}
