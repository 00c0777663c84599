//! Writing what was decided.

use campanile_domain::attempt::AttemptState;
use campanile_domain::lead::{Completion, LeadState, Phase};
use campanile_domain::phone::Phone;
use campanile_domain::policy::Decision;
use campanile_domain::ports::store::{After, CallDecision};
use campanile_domain::settle::Disposal;
use campanile_domain::variable::Variables;
use rusqlite::params;

use super::settling::Settling;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::op::Op;
use crate::sqlite::row::{AttemptRow, digits};
use crate::sqlite::tally::CallTally;

/// The record of a decision that somebody made.
pub(crate) fn decided(decision: &Decision, by: &str, disposal: &Disposal) -> CallDecision {
    CallDecision {
        decision: decision.word().to_owned(),
        reason: decision.reason().to_owned(),
        by: by.to_owned(),
        asked_for: disposal.asked_for,
        expected: disposal.expected,
        clamped_by: disposal.clamps.clone(),
    }
}

/// The record of what the engine did by itself.
pub(crate) fn engine(disposal: &Disposal, settling: &Settling<'_>) -> CallDecision {
    let (word, reason) = match disposal.state {
        LeadState::Suppressed(_) => ("suppress", "opt_out"),
        LeadState::Completed(Completion::ByHand) => ("hand", "stop"),
        LeadState::Completed(Completion::RemovedAtSource) => ("withdraw", "removed_at_source"),
        _ if settling.lead.hand.is_some() => ("hand", "call_again"),
        LeadState::Processing(Phase::Deferred) => ("defer", failure_word(settling.attempt)),
        state => ("withdraw", state.reason().unwrap_or_else(|| state.status())),
    };
    CallDecision {
        decision: word.to_owned(),
        reason: reason.to_owned(),
        by: "engine".to_owned(),
        asked_for: disposal.asked_for,
        expected: disposal.expected,
        clamped_by: disposal.clamps.clone(),
    }
}

fn failure_word(attempt: &AttemptRow) -> &'static str {
    use campanile_domain::attempt::Failure;
    match attempt.failure {
        Failure::ProviderFault => "provider_fault",
        Failure::CallerIdBlocked => "caller_id_blocked",
        _ => "refused_for_the_moment",
    }
}

/// Writes it: the lead, its contacts, the do-not-call list, the record on the attempt.
pub(crate) fn write(
    op: &mut Op<'_>,
    settling: Settling<'_>,
    disposal: Disposal,
    decision: CallDecision,
) -> Done<After> {
    let Settling { scope, attempt, mut lead, .. } = settling;
    let goals = i64::from(disposal.state == LeadState::Completed(Completion::GoalReached));
    if goals > 0 {
        op.tally_call(attempt.kind(scope), CallTally { goals, ..CallTally::default() });
    }
    if matches!(attempt.state, AttemptState::Ended(_)) {
        op.tally_decided(attempt.campaign.0, &decision.by, CallTally { goals, ..attempt.tally() });
    }
    suppress(op, lead.tenant.0, &disposal.suppress, &decision.reason, &decision.by)?;
    if let Some((position, why)) = disposal.unusable {
        op.db
            .prepare_cached("UPDATE contact SET unusable = ?3 WHERE lead = ?1 AND position = ?2")?
            .execute(params![lead.key.0, position, Some(why).code()])?;
    }
    if !disposal.variables.is_empty() {
        merge(op, lead.key.0, &disposal.variables)?;
    }
    op.db
        .prepare_cached("UPDATE attempt SET decision = ?2 WHERE id = ?1")?
        .execute(params![attempt.key.0, serde_json::to_string(&decision)?])?;
    lead.state = lead.state.settle(disposal.state).map_err(|error| broken(error.to_string()))?;
    lead.progress = disposal.progress;
    lead.not_before = disposal.not_before;
    lead.wait = disposal.wait;
    lead.hand = None;
    lead.priority = disposal.priority.unwrap_or(lead.priority);
    lead.unpark();
    lead.save(op)?;
    let due = lead.state.is_waiting().then_some(lead.not_before);
    let Disposal { clamps: clamped_by, asked_for, expected, .. } = disposal;
    Ok(After::Settled { state: lead.state, due, clamped_by, asked_for, expected, question: None })
}

/// Puts numbers onto the do-not-call list; returns how many were new.
pub(crate) fn suppress(op: &Op<'_>, tenant: i64, phones: &[Phone], reason: &str, by: &str) -> Done<u64> {
    let mut added = 0;
    for phone in phones {
        added += op
            .db
            .prepare_cached(
                "INSERT OR IGNORE INTO suppression (tenant, phone, reason, by, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![tenant, digits(*phone), reason, by, op.now().0])? as u64;
    }
    Ok(added)
}

/// Merges into a lead's variables.
pub(crate) fn merge(op: &Op<'_>, lead: i64, new: &Variables) -> Done<()> {
    let known: String =
        op.db.prepare_cached("SELECT variables FROM lead_data WHERE lead = ?1")?.query_row([lead], |row| row.get(0))?;
    let known: Variables = serde_json::from_str(&known)?;
    op.db.prepare_cached("UPDATE lead_data SET variables = ?2, updated_at = ?3 WHERE lead = ?1")?.execute(params![
        lead,
        serde_json::to_string(&new.over(&known))?,
        op.now().0
    ])?;
    Ok(())
}
