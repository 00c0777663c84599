//! Asking whoever decides, and keeping what was asked and answered.
//!
//! The question was put together in the transaction that settled the call; the answer is compared and set on the lead's
//! revision. Everything that decided is in the record: the question, the settings as pinned, the hours that the calendar
//! answered from with each of its answers, the bytes that ran, and what the rules looked at beside. That is what makes a
//! replay a proof.

use campanile_domain::ids::{CampaignKey, TenantKey};
use campanile_domain::ports::policy::{Calendar, PolicyAnswer, PolicyCall, PolicyFailure};
use campanile_domain::ports::store::{
    After, CalendarKept, CampaignSnapshot, KeptDecision, Output, StoreError, Stored, Undecided, WriteContext,
};
use campanile_domain::replay::Made;

use super::hands::Hands;
use crate::core::Event;

/// Leads whose policy failed that are asked again in one turn.
const REDECIDE_AT_ONCE: u32 = 100;

impl Hands {
    pub(super) async fn decide(&self, undecided: &Undecided, seed: u64) -> Stored<Vec<Event>> {
        let campaign = undecided.campaign;
        let snapshot = self.store.snapshot(campaign).await?;
        let answer = match &snapshot.config.policy {
            Some(policy) => {
                let call = PolicyCall {
                    tenant: undecided.tenant,
                    policy: policy.clone(),
                    settings: snapshot.config.policy_settings.clone(),
                    input: undecided.input.clone(),
                    calendar: Calendar::new(snapshot.config.calling_hours.clone(), snapshot.zone.clone()),
                };
                self.policies.decide(&call).await
            }
            // The policy was taken off the campaign meanwhile.
            None => PolicyAnswer::without_a_run("builtin", Ok(undecided.input.builtin.clone())),
        };
        if let Err(PolicyFailure { code, .. }) = &answer.decision {
            // Its message is its author's and may hold what a lead's variables hold; it is kept with the plugin's failures.
            tracing::warn!(lead = %undecided.lead_id, policy = %answer.version, code, "a policy failed");
        }
        let ctx = self.context(undecided.tenant, seed);
        let after = self.store.decide(&ctx, self.fence, undecided, &answer).await?;
        let failed = answer.decision.is_err();
        if self.records {
            self.keep_record(undecided, &answer, &after, &snapshot, &ctx).await;
        }
        if snapshot.shadow.is_some()
            && let Some(shadows) = &self.shadows
        {
            shadows.show(undecided.clone(), &answer.version, answer.decision);
        }
        let mut events = vec![Event::Decided { campaign, lead: undecided.lead, after: Box::new(after) }];
        if failed {
            // Too many failures pause the campaign in the transaction that counts them.
            let now = self.store.snapshot(campaign).await?;
            if now.state != snapshot.state {
                events.push(Event::Campaign(Box::new(now)));
            }
        }
        Ok(events)
    }

    /// Keeps what was asked and answered. Losing a record loses no lead, so a failure is only told.
    async fn keep_record(
        &self,
        undecided: &Undecided,
        answer: &PolicyAnswer,
        after: &After,
        snapshot: &CampaignSnapshot,
        ctx: &WriteContext,
    ) {
        let config = &snapshot.config;
        let made = made(after);
        let calendar =
            CalendarKept { hours: &config.calling_hours, zone: &snapshot.zone, consulted: &answer.consulted };
        let asked = config.policy.is_some();
        let record = KeptDecision {
            tenant: undecided.tenant,
            campaign: undecided.campaign,
            lead: undecided.lead,
            attempt: undecided.attempt,
            call: Some(undecided.call),
            at: ctx.now,
            by: &answer.version,
            digest: answer.digest.as_deref(),
            runner: answer.runner.as_deref(),
            settings: asked.then_some(&config.policy_settings),
            calendar: asked.then_some(calendar),
            standing: &undecided.standing,
            input: &undecided.input,
            output: Output::from(&answer.decision),
            usage: answer.usage,
            elapsed_us: answer.elapsed_us,
            log: &answer.log,
            clamped_by: made.as_ref().map_or(&[], |made| &made.clamped_by),
            made: made.as_ref(),
        };
        let kept = match record.document() {
            Ok(document) => self.store.keep_decisions(vec![document]).await,
            Err(error) => Err(StoreError::Broken(error.to_string())),
        };
        if let Err(error) = kept {
            tracing::warn!(%error, lead = %undecided.lead_id, "the record of a decision was not kept");
        }
    }

    pub(super) async fn redecide(&self, tenant: TenantKey, campaign: CampaignKey, seed: u64) -> Stored<Vec<Event>> {
        let ctx = self.context(tenant, seed);
        let waiting = self.store.undecided(&ctx, campaign, REDECIDE_AT_ONCE).await?;
        let mut events = Vec::new();
        for (turn, undecided) in waiting.iter().enumerate() {
            match self.decide(undecided, seed.wrapping_add(turn as u64)).await {
                Ok(told) => events.extend(told),
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(events)
    }
}

/// What became of the lead, for the record.
fn made(after: &After) -> Option<Made> {
    match after {
        After::Settled { state, due, clamped_by, asked_for, expected, .. } => {
            Some(Made { asked_for: *asked_for, expected: *expected, ..Made::new(*state, *due, clamped_by.clone()) })
        }
        After::Decide(_) | After::AwaitEvaluation { .. } => None,
    }
}
