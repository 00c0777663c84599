//! A call that is over, as its settling sees it.

use campanile_domain::attempt::{AttemptState, Failure, Outcome};
use campanile_domain::settle::{self, Evaluation};
use campanile_domain::variable::{Determinations, Effects, Value};

use super::facts::{self, Contacts};
use crate::sqlite::evaluations::waiting;
use crate::sqlite::fault::Done;
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
