//! Taking a decision, or following what the campaign says when its policy fails.

use campanile_domain::campaign::Happening;
use campanile_domain::ids::CampaignKey;
use campanile_domain::lead::{Exhaustion, LeadState, Phase};
use campanile_domain::policy::{Decision, OnPolicyFailure, Trigger};
use campanile_domain::ports::policy::{PolicyAnswer, PolicyFailure};
use campanile_domain::ports::store::{After, CallDecision, StoreError, Undecided};
use campanile_domain::settle::{self as rules, Assessment};
use rusqlite::params;

use super::settle;
use super::settling::Settling;
use super::{dispose, question};
use crate::sqlite::campaigns::verbs;
use crate::sqlite::failures;
use crate::sqlite::fault::{Done, Fault, broken};
use crate::sqlite::op::Op;
use crate::sqlite::row::{AttemptRow, LEAD, LeadRow};
use crate::sqlite::scope::Scope;

/// Takes the answer to a question, when the lead still stands where it was asked.
pub(crate) fn decide(op: &mut Op<'_>, asked: &Undecided, answer: &PolicyAnswer) -> Done<After> {
    let attempt = AttemptRow::load(op, asked.attempt)?;
    let scope = Scope::load(op.db, op.cache, asked.campaign)?;
    let settling = Settling::load(op, &scope, &attempt)?;
    let lead = &settling.lead;
    if lead.revision != asked.revision || lead.state != LeadState::Processing(Phase::Deciding) {
        return Err(Fault::Store(StoreError::Stale));
    }
    match &answer.decision {
        Ok(decision) => {
            let own = *decision != asked.input.builtin;
            take(op, settling, decision, own, &answer.version)
        }
        Err(failure) => failed(op, settling, &asked.input.builtin, failure, &answer.version),
    }
}

fn take(op: &mut Op<'_>, settling: Settling<'_>, decision: &Decision, own: bool, by: &str) -> Done<After> {
    let disposal = rules::dispose(&settling.facts(op), decision, own);
    let record = dispose::decided(decision, by, &disposal);
    dispose::write(op, settling, disposal, record)
}

fn failed(
    op: &mut Op<'_>,
    mut settling: Settling<'_>,
    builtin: &Decision,
    failure: &PolicyFailure,
    by: &str,
) -> Done<After> {
    op.db
        .prepare_cached("UPDATE lead_data SET policy_failure = ?2 WHERE lead = ?1")?
        .execute(params![settling.lead.key.0, format!("{by}: {failure}")])?;
    count(op, settling.scope.key, failure, by)?;
    match settling.scope.plan.config.on_policy_failure {
        OnPolicyFailure::Hold => {
            settle::enter(op, &mut settling.lead, Phase::PolicyFailed)?;
            Ok(settle::as_it_is(settling.lead.state))
        }
        OnPolicyFailure::BuiltIn => {
            let disposal = rules::dispose(&settling.facts(op), builtin, false);
            let record = dispose::decided(builtin, "builtin", &disposal);
            dispose::write(op, settling, disposal, record)
        }
        OnPolicyFailure::Stop => {
            let reason = failure.code.clone();
            let decision = Decision::GiveUp { reason: reason.clone() };
            let mut disposal = rules::dispose(&settling.facts(op), &decision, true);
            disposal.state = LeadState::MaxRetries(Exhaustion::GaveUpByPolicy);
            let record = CallDecision { by: "engine".into(), ..dispose::decided(&decision, by, &disposal) };
            dispose::write(op, settling, disposal, record)
        }
    }
}

/// Counts a failure; too many of them pause the campaign.
fn count(op: &mut Op<'_>, campaign: CampaignKey, failure: &PolicyFailure, by: &str) -> Done<()> {
    if let Some(too_many) = failures::count(op, failures::POLICY, campaign.0)? {
        verbs::happen(op, campaign, Happening::PolicyBroken, too_many.reason(by, failure))?;
    }
    Ok(())
}

/// Asks again about leads whose policy failed; they are deciding from now on.
pub(crate) fn undecided(op: &mut Op<'_>, campaign: CampaignKey, limit: u32) -> Done<Vec<Undecided>> {
    let leads = {
        let mut statement = op.db.prepare_cached(&format!(
            "SELECT {LEAD} FROM lead l WHERE l.campaign = ?1 AND l.state = 14 AND l.state BETWEEN 12 AND 15
             ORDER BY l.id LIMIT ?2"
        ))?;
        let mut rows = statement.query(params![campaign.0, limit])?;
        let mut leads = Vec::new();
        while let Some(row) = rows.next()? {
            leads.push(LeadRow::read(row, 0)?);
        }
        leads
    };
    let scope = Scope::load(op.db, op.cache, campaign)?;
    let mut asked = Vec::new();
    for mut lead in leads {
        settle::enter(op, &mut lead, Phase::Deciding)?;
        asked.extend(again(op, &scope, &lead, Trigger::RetriedDecision)?);
    }
    Ok(asked)
}

/// The question about a lead that is deciding, from scratch. `None`: it needs nobody's answer any more, because the
/// campaign lost its policy meanwhile or the rules settle it, and is settled.
pub(crate) fn again(op: &mut Op<'_>, scope: &Scope, lead: &LeadRow, trigger: Trigger) -> Done<Option<Undecided>> {
    let Some(key) = lead.last_attempt else { return Err(broken("a lead that decides has no attempt")) };
    let attempt = AttemptRow::load(op, key)?;
    let settling = Settling::load(op, scope, &attempt)?;
    match rules::assess(&settling.facts(op)) {
        Assessment::Ask(builtin) if scope.plan.config.policy.is_some() => {
            question::undecided(op, &settling, builtin, trigger).map(Some)
        }
        _ => settle::settle(op, settling, trigger).map(|_| None),
    }
}
