//! Settling: from a call that is over to the lead's next state, by the domain's rules.
//!
//! The facts are loaded, the domain assesses them, and what it says is written: the lead, its contact, the do-not-call
//! list, the decision on the attempt. When somebody else has to be asked, the question is put together here, from
//! the same facts, in the same transaction.

use campanile_domain::lead::{LeadState, Phase};
use campanile_domain::policy::Trigger;
use campanile_domain::ports::store::After;
use campanile_domain::settle::{self, Assessment, Disposal};
use campanile_domain::time::MINUTE_MS;

use super::settling::Settling;
use super::{dispose, question};
use crate::sqlite::evaluations::waiting;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::op::Op;
use crate::sqlite::row::LeadRow;

/// Settles a call that is over; its attempt is counted already. `trigger` is for the policy, should it be asked.
pub(crate) fn settle(op: &mut Op<'_>, mut settling: Settling<'_>, trigger: Trigger) -> Done<After> {
    let assessed = settle::assess(&settling.facts(op));
    if !matches!(assessed, Assessment::AwaitEvaluation) && waiting::has_evaluators(settling.scope) {
        waiting::close(op, settling.attempt.key)?;
    }
    match assessed {
        Assessment::Settled(disposal) => {
            let decision = dispose::engine(&disposal, &settling);
            dispose::write(op, settling, disposal, decision)
        }
        Assessment::AwaitEvaluation => {
            enter(op, &mut settling.lead, Phase::AwaitingEvaluation)?;
            waiting::enter(op, settling.scope, settling.attempt)?;
            let waits = i64::from(settling.scope.plan.config.evaluation_timeout_minutes) * MINUTE_MS;
            Ok(After::AwaitEvaluation { deadline: settling.attempt.ended_at.unwrap_or(op.now()) + waits })
        }
        Assessment::Ask(builtin) if settling.scope.plan.config.policy.is_none() => {
            let disposal = settle::dispose(&settling.facts(op), &builtin, false);
            let decision = dispose::decided(&builtin, "builtin", &disposal);
            // Only a campaign with a shadow has the question put together that the table needs none of.
            let asked = match settling.scope.shadow {
                Some(_) => Some(Box::new(question::undecided(op, &settling, builtin, trigger)?)),
                None => None,
            };
            let mut after = dispose::write(op, settling, disposal, decision)?;
            if let After::Settled { question, .. } = &mut after {
                *question = asked;
            }
            Ok(after)
        }
        Assessment::Ask(builtin) => {
            enter(op, &mut settling.lead, Phase::Deciding)?;
            question::undecided(op, &settling, builtin, trigger).map(|asked| After::Decide(Box::new(asked)))
        }
    }
}

/// A lead that was put where it is without a decision.
pub(crate) const fn as_it_is(state: LeadState) -> After {
    After::Settled { state, due: None, clamped_by: Vec::new(), asked_for: None, expected: None, question: None }
}

/// Moves the lead to another phase of its processing.
pub(crate) fn enter(op: &mut Op<'_>, lead: &mut LeadRow, phase: Phase) -> Done<()> {
    lead.state = lead.state.enter(phase).map_err(|error| broken(error.to_string()))?;
    lead.save(op)
}

/// A refusal: settled by the engine and the built-in table alone, because nothing was dialled that anybody could be
/// asked about. Uses no attempt.
pub(crate) fn refused(op: &mut Op<'_>, settling: Settling<'_>) -> Done<After> {
    let facts = settling.facts(op);
    let (disposal, decision) = match settle::assess(&facts) {
        Assessment::Settled(disposal) => {
            let decision = dispose::engine(&disposal, &settling);
            (disposal, decision)
        }
        Assessment::Ask(builtin) => {
            let disposal = settle::dispose(&facts, &builtin, false);
            let decision = dispose::decided(&builtin, "builtin", &disposal);
            (disposal, decision)
        }
        Assessment::AwaitEvaluation => return Err(broken("a refusal waits for no evaluation")),
    };
    dispose::write(op, settling, disposal, decision)
}

/// What the domain said without an assessment: a withdrawal, a deferral, a call that was not dialled.
pub(crate) fn back(
    op: &mut Op<'_>,
    settling: Settling<'_>,
    how: fn(&settle::Facts<'_>) -> Disposal,
    word: &str,
) -> Done<After> {
    let disposal = how(&settling.facts(op));
    let mut decision = dispose::engine(&disposal, &settling);
    if settling.lead.hand.is_none() {
        decision.decision = word.to_owned();
    }
    dispose::write(op, settling, disposal, decision)
}

/// The state of a lead whose call's decision is still open.
pub(crate) const fn is_open(state: LeadState) -> bool {
    matches!(
        state,
        LeadState::Processing(Phase::AwaitingEvaluation | Phase::Deciding | Phase::PolicyFailed | Phase::Evaluating)
    )
}
