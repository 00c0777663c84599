//! Attempts whose fate is unknown, and calls that have to be paid on.

use campanile_domain::attempt::{AttemptState, Reconciled};
use campanile_domain::ids::AttemptKey;
use campanile_domain::ports::store::Changed;
use campanile_domain::settle as rules;

use super::evaluation::Heard;
use super::settle;
use super::settling::Settling;
use super::{apply, money};
use crate::sqlite::fault::Done;
use crate::sqlite::op::Op;
use crate::sqlite::row::AttemptRow;
use crate::sqlite::scope::Scope;

/// Silent too long: unknown from now on. `None`: it is over, or unknown already.
pub(crate) fn lose(op: &mut Op<'_>, key: AttemptKey) -> Done<Option<Changed>> {
    let mut attempt = AttemptRow::load(op, key)?;
    let Ok(state) = attempt.state.lose() else { return Ok(None) };
    let now = op.now();
    attempt.go_on(op, state, now)?;
    Ok(Some(attempt.changed()))
}

/// A look-up brought nothing. `None`: something was faster.
pub(crate) fn reconciled(op: &mut Op<'_>, key: AttemptKey, closing: Option<Reconciled>) -> Done<Option<Changed>> {
    let mut attempt = AttemptRow::load(op, key)?;
    if attempt.state != AttemptState::Unknown {
        return Ok(None);
    }
    let Some(closing) = closing else {
        attempt.look_ups += 1;
        attempt.save(op)?;
        return Ok(Some(attempt.changed()));
    };
    let Ok(state) = attempt.state.reconcile(closing) else { return Ok(None) };
    let scope = Scope::load(op.db, op.cache, attempt.campaign)?;
    let now = op.now();
    let freed = attempt.end(op, &scope, state, now)?;
    if closing == Reconciled::GivenUp {
        return apply::finish(op, &scope, attempt, Heard::default(), freed).map(Some);
    }
    let settling = Settling::load(op, &scope, &attempt)?;
    let after = settle::back(op, settling, rules::not_dialled, "retry")?;
    Ok(Some(Changed { after: Some(after), freed, ..attempt.changed() }))
}

/// We are about to hang it up. Written before the gateway is asked, so that whatever end it tells of afterwards is ours.
pub(crate) fn hanging_up(op: &mut Op<'_>, key: AttemptKey) -> Done<()> {
    op.db
        .prepare_cached("UPDATE attempt SET hung_up_at = ?2 WHERE id = ?1 AND state < 10 AND hung_up_at IS NULL")?
        .execute([key.0, op.now().0])?;
    Ok(())
}

/// Sets aside what the minute that begins may cost. `false`: the balance or the budget does not cover it.
pub(crate) fn extend(op: &mut Op<'_>, key: AttemptKey) -> Done<bool> {
    let mut attempt = AttemptRow::load(op, key)?;
    let scope = Scope::load(op.db, op.cache, attempt.campaign)?;
    let (Some(billing), Some(answered), true) =
        (&scope.terms.billing, attempt.answered_at, attempt.state == AttemptState::InProgress)
    else {
        return Ok(true);
    };
    let talked = op.now().since(answered).max(0);
    let more = billing.tariff.reservation_needed(talked + 1).0 - attempt.reserved;
    if more <= 0 {
        return Ok(true);
    }
    let available = scope.available + op.pending_balance(attempt.tenant.0);
    if available < more || scope.budget().is_some_and(|(left, _)| left.0 < more) {
        return Ok(false);
    }
    money::extend(op, &attempt, more)?;
    attempt.reserved += more;
    attempt.save(op)?;
    Ok(true)
}
