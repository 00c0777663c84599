//! Settling: from a call that is over to the lead's next state, by the domain's rules.
//!
//! The facts are loaded, the domain assesses them, and what it says is written: the lead, its contact, the do-not-call
//! list, the decision on the attempt. When somebody else has to be asked, the question is put together here, from
//! the same facts, in the same transaction.

use campanile_domain::attempt::{AttemptState, Failure, Outcome};
use campanile_domain::lead::{LeadState, Phase};
use campanile_domain::policy::Trigger;
use campanile_domain::ports::store::After;
use campanile_domain::settle::{self, Assessment, Disposal, Evaluation};
use campanile_domain::time::MINUTE_MS;
use campanile_domain::variable::{Determinations, Effects, Value};

use super::facts::{self, Contacts};
use super::{dispose, question};
use crate::sqlite::evaluations::waiting;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::op::Op;
use crate::sqlite::row::{AttemptRow, LeadRow};
use crate::sqlite::scope::Scope;

/// A call that is over, with everything its settling looks at.
pub(crate) struct Settling<'a> {
    pub scope: &'a Scope,
    pub attempt: &'a AttemptRow,
    pub lead: LeadRow,
    pub contacts: Contacts,
    pub determined: Option<Determinations>,
    pub effects: Effects,
    pub caller_id_left: bool,
    /// What the domain calls a pending evaluation can wait no longer for, or not at all.
    pub evaluation: Evaluation,
}

static UNDETERMINED: Value = Value::Undetermined;

impl<'a> Settling<'a> {
    /// Loads it.
    pub(crate) fn load(op: &Op<'_>, scope: &'a Scope, attempt: &'a AttemptRow) -> Done<Self> {
        let lead = LeadRow::load(op, attempt.lead)?;
        let contacts = facts::contacts_of(op.db, lead.key.0)?;
        let determined: Option<Determinations> = attempt.variables.as_deref().map(serde_json::from_str).transpose()?;
        let effects = match &determined {
            Some(determined) => Effects::of(&scope.plan.assistant.variables, &determined.values()),
            None => Effects::default(),
        };
        let blocked = attempt.failure == Failure::CallerIdBlocked;
        let caller_id_left = blocked && facts::caller_id_left(op.db, scope, lead.key.0)?;
        let answered = outcome(attempt.state) == Outcome::Answered;
        let evaluation = if answered && waiting::has_evaluators(scope) {
            let open =
                determined.as_ref().is_none_or(|held| held.open(&scope.plan.assistant.variables).next().is_some());
            if open && !waiting::is_done(op.db, attempt.key)? { Evaluation::Pending } else { Evaluation::Done }
        } else if determined.is_some() {
            Evaluation::Done
        } else if answered && scope.plan.evaluated {
            Evaluation::Pending
        } else {
            Evaluation::NotNeeded
        };
        Ok(Self { scope, attempt, lead, contacts, determined, effects, caller_id_left, evaluation })
    }

    /// The lead's progress with this attempt counted, when it counts.
    pub(crate) fn count(&mut self) {
        let outcome = outcome(self.attempt.state);
        self.lead.progress = settle::counted(self.lead.progress, outcome, self.attempt.failure, self.caller_id_left);
    }

    /// The goal variable as determined; `None` without a goal.
    pub(crate) fn goal(&self) -> Option<&Value> {
        let name = self.scope.plan.config.goal_variable.as_deref()?;
        let held = self.determined.as_ref().and_then(|determined| determined.get(name));
        Some(held.map_or(&UNDETERMINED, |held| &held.value))
    }

    /// What the domain looks at.
    pub(crate) fn facts(&self, op: &Op<'_>) -> settle::Facts<'_> {
        settle::Facts {
            config: &self.scope.plan.config,
            zone: &self.scope.plan.zone,
            progress: self.lead.progress,
            contacts: &self.contacts.all,
            suppressed: self.contacts.suppressed,
            contact: self.attempt.contact,
            outcome: outcome(self.attempt.state),
            failure: self.attempt.failure,
            answered_by: self.attempt.answered_by,
            ended_at: self.attempt.ended_at.unwrap_or(op.now()),
            roles: self.effects,
            evaluation: self.evaluation.clone(),
            goal: self.goal(),
            caller_id_left: self.caller_id_left,
            expires_at: self.lead.expires_at,
            hand: self.lead.hand,
            now: op.now(),
        }
    }
}

/// How the domain is to see an attempt that is over without having been a call.
fn outcome(state: AttemptState) -> Outcome {
    match state {
        AttemptState::Ended(outcome) => outcome,
        AttemptState::Unknown | AttemptState::NotDialled => Outcome::Unknown,
        _ => Outcome::Failed,
    }
}

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
