//! Money moves here and nowhere else.
//!
//! A tenant's balance is what was added minus what is set aside minus what was spent, and an attempt knows what is set
//! aside for it; every movement is a line of the ledger. With billing off nothing moves and nothing is written.

use campanile_domain::money::{EntryKind, Micros};
use rusqlite::params;

use crate::sqlite::fault::Done;
use crate::sqlite::op::{About, Op};
use crate::sqlite::row::AttemptRow;
use crate::sqlite::scope::{Scope, Terms};

/// Before the money is moved: the line knows what will be available then.
fn enter(op: &Op<'_>, kind: EntryKind, tenant: i64, amount: i64, about: Option<(i64, i64)>) -> Done<()> {
    let kept: i64 =
        op.db.prepare_cached("SELECT available FROM tenant WHERE id = ?1")?.query_row([tenant], |row| row.get(0))?;
    let after = kept + op.pending_balance(tenant) + kind.of_available(Micros(amount)).0;
    op.db
        .prepare_cached(
            "INSERT INTO ledger (tenant, kind, amount, campaign, attempt, at, available_after)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            tenant,
            kind.as_str(),
            amount,
            about.map(|(campaign, _)| campaign),
            about.map(|(_, attempt)| attempt),
            op.now().0,
            after
        ])?;
    Ok(())
}

/// The operator adds money.
pub(crate) fn top_up(op: &mut Op<'_>, amount: i64) -> Done<()> {
    enter(op, EntryKind::TopUp, op.tenant(), amount, None)?;
    op.db.prepare_cached("UPDATE tenant SET exhausted = 0 WHERE id = ?1")?.execute([op.tenant()])?;
    op.move_money(op.tenant(), amount, None, 0, 0);
    op.flush()?;
    op.db
        .prepare_cached("UPDATE tenant SET low = 0 WHERE id = ?1 AND coalesce(available >= low_below, 1)")?
        .execute([op.tenant()])?;
    Ok(())
}

/// From now on the account is told when less is available; at once when it is already.
pub(crate) fn set_low_below(op: &mut Op<'_>, below: Option<Micros>) -> Done<()> {
    let is_low: bool = op
        .db
        .prepare_cached(
            "UPDATE tenant SET low_below = ?2, low = 0 WHERE id = ?1 RETURNING coalesce(available < low_below, 0)",
        )?
        .query_row(params![op.tenant(), below.map(|below| below.0)], |row| row.get(0))?;
    if is_low {
        op.tell_low(op.ctx.tenant)?;
    }
    Ok(())
}

/// A lead would be called and the balance does not cover it. Told once until the next top-up: at the end of a balance every
/// call that costs less than was set aside for it leaves room for another, and nobody needs to hear of each.
pub(crate) fn tell_exhausted(op: &mut Op<'_>, scope: &Scope) -> Done<()> {
    let Some((available, needed)) = scope.balance().filter(|_| !scope.exhausted) else { return Ok(()) };
    op.db.prepare_cached("UPDATE tenant SET exhausted = 1 WHERE id = ?1")?.execute([scope.tenant.0])?;
    let currency = scope.terms.billing.as_ref().map(|billing| billing.currency);
    let data = serde_json::json!({ "available_micros": available, "needed_micros": needed, "currency": currency });
    op.event(scope.tenant, "balance.exhausted", About::default(), data.to_string());
    Ok(())
}

/// Sets aside for an intent.
pub(crate) fn reserve(op: &mut Op<'_>, tenant: i64, campaign: i64, attempt: i64, amount: i64) -> Done<()> {
    if amount != 0 {
        enter(op, EntryKind::Reserve, tenant, amount, Some((campaign, attempt)))?;
        op.move_money(tenant, -amount, Some(campaign), amount, 0);
    }
    Ok(())
}

/// Sets aside more for a live call.
pub(crate) fn extend(op: &mut Op<'_>, attempt: &AttemptRow, amount: i64) -> Done<()> {
    if amount != 0 {
        enter(op, EntryKind::Extend, attempt.tenant.0, amount, Some((attempt.campaign.0, attempt.key.0)))?;
        op.move_money(attempt.tenant.0, -amount, Some(attempt.campaign.0), amount, 0);
    }
    Ok(())
}

/// The call is over: what it cost is taken, the rest of what was set aside given back. Returns the cost.
pub(crate) fn settle(op: &mut Op<'_>, attempt: &AttemptRow, terms: &Terms, talk_ms: i64) -> Done<Micros> {
    let owed = terms.billing.as_ref().map_or(Micros::ZERO, |billing| billing.tariff.cost_of(talk_ms));
    // A call is never settled above what was set aside for it.
    let cost = owed.0.min(attempt.reserved);
    let about = Some((attempt.campaign.0, attempt.key.0));
    let back = attempt.reserved - cost;
    // What is settled was set aside before, so the two lines do not disturb each other's sum.
    if cost != 0 {
        enter(op, EntryKind::Settle, attempt.tenant.0, cost, about)?;
    }
    if back != 0 {
        enter(op, EntryKind::Release, attempt.tenant.0, back, about)?;
    }
    if attempt.reserved != 0 {
        op.move_money(attempt.tenant.0, back, Some(attempt.campaign.0), -attempt.reserved, cost);
    }
    Ok(Micros(cost))
}
