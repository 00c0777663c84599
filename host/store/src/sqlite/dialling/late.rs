//! What the provider says about a call that is over.

use campanile_domain::attempt::{AnsweredBy, AttemptState, Outcome};
use campanile_domain::lead::{Completion, LeadState, SuppressedBy};
use campanile_domain::policy::Trigger;
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::ports::store::Changed;
use campanile_domain::settle as rules;

use super::dispose;
use super::evaluation::Heard;
use super::settle;
use super::settling::Settling;
use crate::sqlite::codes::Code;
use crate::sqlite::fault::{Done, broken};
use crate::sqlite::op::Op;
use crate::sqlite::row::AttemptRow;
use crate::sqlite::scope::Scope;
use crate::sqlite::tally::CallTally;

/// Before the decision it changes the outcome, after it annotates; an opt-out and a goal still count for a lead that
/// waits.
pub(crate) fn late(
    op: &mut Op<'_>,
    scope: &Scope,
    mut attempt: AttemptRow,
    event: &CallEvent,
    heard: Heard,
) -> Done<Option<Changed>> {
    let before = (attempt.state, attempt.answered_by);
    let tallied = attempt.tally();
    let lead = crate::sqlite::row::LeadRow::load(op, attempt.lead)?;
    let is_last = lead.last_attempt == Some(attempt.key);
    let open = is_last && settle::is_open(lead.state);
    if event.answered_by != AnsweredBy::Unknown && (open || attempt.answered_by == AnsweredBy::Unknown) {
        attempt.answered_by = event.answered_by;
        if open {
            attempt.state = corrected(attempt.state, event.answered_by);
        }
    }
    attempt.save(op)?;
    if before != (attempt.state, attempt.answered_by) {
        op.count_attempt(attempt.campaign.0, before.0.code(), before.1.code(), -1, attempt.talk_ms, attempt.cost);
        let (state, by) = (attempt.state.code(), attempt.answered_by.code());
        op.count_attempt(attempt.campaign.0, state, by, 1, attempt.talk_ms, attempt.cost);
        op.tally_call(attempt.kind(scope), tallied.less());
        op.tally_call(attempt.kind(scope), attempt.tally());
    }
    let matters = before.0 != attempt.state || heard.answers || heard.opt_out;
    if !matters || !matches!(attempt.state, AttemptState::Ended(_)) {
        return Ok(None);
    }
    let mut settling = Settling::load(op, scope, &attempt)?;
    heard.over(&mut settling);
    if open {
        let after = settle::settle(op, settling, Trigger::Evaluated)?;
        return Ok(Some(Changed { after: Some(after), ended: None, ..attempt.changed() }));
    }
    after_the_decision(op, settling)
}

/// Voicemail and answered differ only in who answered.
const fn corrected(state: AttemptState, by: AnsweredBy) -> AttemptState {
    match (state, by) {
        (AttemptState::Ended(Outcome::Answered), AnsweredBy::Machine) => AttemptState::Ended(Outcome::Voicemail),
        (AttemptState::Ended(Outcome::Voicemail), AnsweredBy::Human) => AttemptState::Ended(Outcome::Answered),
        (state, _) => state,
    }
}

/// What an answer that comes after the decision still means for the lead.
pub(crate) fn after_the_decision(op: &mut Op<'_>, settling: Settling<'_>) -> Done<Option<Changed>> {
    if settling.effects.opt_out {
        // In force before the next dial, whatever became of this lead.
        dispose::suppress(op, settling.attempt.tenant.0, &[settling.attempt.phone], "opt_out", "engine")?;
    }
    let goal = settling.goal().cloned();
    let next = rules::late(settling.lead.state, settling.effects, goal.as_ref());
    let Settling { scope, attempt, mut lead, .. } = settling;
    let same_era = attempt.era == lead.progress.era;
    let Some(next) = next.filter(|next| same_era || matches!(next, LeadState::Suppressed(SuppressedBy::OptOut))) else {
        return Ok(None);
    };
    if next == LeadState::Completed(Completion::GoalReached) {
        op.tally_call(attempt.kind(scope), CallTally { goals: 1, ..CallTally::default() });
    }
    lead.state = lead.state.settle(next).map_err(|error| broken(error.to_string()))?;
    lead.hand = None;
    lead.unpark();
    lead.save(op)?;
    let after = settle::as_it_is(next);
    Ok(Some(Changed { after: Some(after), ended: None, ..attempt.changed() }))
}
