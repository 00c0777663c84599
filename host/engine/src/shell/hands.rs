//! The hands: carry one effect out against the ports and bring back events.
//!
//! The server runs each effect as a task of its own, the rehearsal polls them one after another to completion; the code is
//! the same, so what is rehearsed is what runs. The order inside [`Hands::dial`] is the promise: the attempt was committed
//! before, the gates are asked once more, the gateway is asked exactly once, and what came of it is written down, again and
//! again if the disk refuses, without the gateway being asked a second time.

use std::sync::Arc;

use campanile_domain::attempt::{LookUp, Reconciled};
use campanile_domain::campaign::Happening;
use campanile_domain::gate::Gate;
use campanile_domain::ids::{GatewayKey, TenantKey};
use campanile_domain::plugin::instance::Health;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::gateway::{CallEvent, Capabilities, Finding, PlaceAnswer, Refusal, RefusalScope, Webhook};
use campanile_domain::ports::policy::PolicyRunner;
use campanile_domain::ports::store::{
    After, Changed, ClaimRequest, DialResult, Fence, OpenAttempt, Order, Said, Store, StoreError, Stored, Told,
    WriteContext,
};

use super::bell::Bell;
use super::gateways::Gateways;
use super::shadow::Shadows;
use crate::core::{END_LEADS_AT_ONCE, Effect, Event, Work, silence_deadline};

/// What effects are carried out with.
pub struct Hands {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Who decides, when it is not the built-in table.
    pub policies: Arc<dyn PolicyRunner>,
    /// Who dials.
    pub gateways: Arc<Gateways>,
    /// The time that calls live in.
    pub clock: Arc<dyn EngineClock>,
    /// The right to dial.
    pub fence: Fence,
    /// Whether it is kept what was asked and answered: a rehearsal that nobody looks into afterwards does without.
    pub records: bool,
    /// Where what was decided goes for the campaigns' shadows; rehearsals have none.
    pub shadows: Option<Shadows>,
    /// Rung when a call waits for its evaluation, or its transcript came.
    pub evaluations: Bell,
}

impl Hands {
    /// Carries out one effect. What the store could not do comes back as [`Event::Failed`], to be done again.
    pub async fn perform(&self, work: Work) -> Vec<Event> {
        let again = match &work.effect {
            // The gateway must not be asked twice: what came of asking is kept by `dial` itself.
            Effect::Dial(_) => None,
            _ => Some(work.clone()),
        };
        match self.carry_out(work).await {
            Ok(mut events) => {
                self.show_settled(&mut events);
                events
            }
            Err(StoreError::Stale | StoreError::NotFound(_)) => Vec::new(),
            Err(error) => {
                tracing::error!(%error, "the store did not take an effect; it is done again in a moment");
                again.map(|work| Event::Failed(Box::new(work))).into_iter().collect()
            }
        }
    }

    /// Offers the shadows what the built-in table decided.
    pub(super) fn show_settled(&self, events: &mut [Event]) {
        if let Some(shadows) = &self.shadows {
            shadows.show_settled(events);
        }
    }

    pub(super) fn context(&self, tenant: TenantKey, seed: u64) -> WriteContext {
        WriteContext::engine(tenant, self.clock.now(), seed)
    }

    /// Evaluations that failed are made again: what failed them may have changed.
    pub(super) async fn read_again(&self, tenant: TenantKey, seed: u64) -> Stored<()> {
        if self.store.retry_evaluations(&self.context(tenant, seed)).await? > 0 {
            self.evaluations.ring();
        }
        Ok(())
    }

    async fn carry_out(&self, work: Work) -> Stored<Vec<Event>> {
        let seed = work.seed;
        match work.effect {
            Effect::Claim { tenant, campaign, slots } => {
                let ctx = self.context(tenant, seed);
                let claim = self.store.claim(&ctx, self.fence, ClaimRequest { campaign, slots }).await?;
                Ok(vec![Event::Claimed { campaign, asked: slots, claim: Box::new(claim) }])
            }
            Effect::Dial(order) => Ok(self.dial(*order, seed).await),
            Effect::Record { open, result } => self.record(&open, result, seed).await,
            Effect::Decide(undecided) => self.decide(&undecided, seed).await,
            Effect::Redecide { tenant, campaign } => self.redecide(tenant, campaign, seed).await,
            Effect::LookUp { open, done } => self.look_up(&open, done, seed).await,
            Effect::Lose(open) => {
                let ctx = self.context(open.tenant, seed);
                let changed = self.store.lose(&ctx, self.fence, open.key).await?;
                Ok(changed.into_iter().map(told_of).collect())
            }
            Effect::Extend(open) => {
                let ctx = self.context(open.tenant, seed);
                if !self.store.extend(&ctx, self.fence, open.key).await? {
                    tracing::info!(call = %open.id, "hung up: the next minute cannot be paid");
                    self.hang_up(&open, seed).await;
                }
                Ok(Vec::new())
            }
            Effect::HangUp(open) => {
                self.hang_up(&open, seed).await;
                Ok(Vec::new())
            }
            Effect::Happen { tenant, campaign, happening, detail } => {
                let ctx = self.context(tenant, seed);
                self.store.happen(&ctx, campaign, happening, detail).await?;
                let snapshot = self.store.snapshot(campaign).await?;
                Ok(vec![Event::Campaign(Box::new(snapshot))])
            }
            Effect::Stage { tenant, campaign, want } => {
                let staged = self.store.stage(&self.context(tenant, seed), campaign, want).await?;
                Ok(vec![Event::Staged { campaign, staged }])
            }
            Effect::EndLeads { tenant, campaign } => {
                let ctx = self.context(tenant, seed);
                let ended = self.store.end_leads(&ctx, campaign, END_LEADS_AT_ONCE).await?;
                Ok(vec![Event::LeadsEnded { campaign, ended }])
            }
            Effect::CheckEvaluation { tenant, campaign, lead } => {
                if !self.store.evaluation_missing(lead).await? {
                    return Ok(Vec::new());
                }
                let detail = "a call's evaluation is missing past its time-out; repair the evaluation, then resume";
                let ctx = self.context(tenant, seed);
                self.store.happen(&ctx, campaign, Happening::EvaluationBroken, detail.into()).await?;
                let snapshot = self.store.snapshot(campaign).await?;
                Ok(vec![Event::Campaign(Box::new(snapshot))])
            }
            Effect::CheckGateway(key) => Ok(vec![self.check_gateway(key).await]),
        }
    }

    async fn dial(&self, order: Order, seed: u64) -> Vec<Event> {
        let Order { open, mut dial, .. } = order;
        let closed = match self.store.recheck(&[open.key], self.clock.now()).await {
            Ok(gates) => gates.into_iter().next().flatten(),
            Err(error) => {
                tracing::error!(%error, call = %open.id, "the gates could not be asked before the dial; withdrawn");
                Some(Gate::CampaignRunning)
            }
        };
        let mut events = Vec::new();
        let result = match (closed, self.gateways.get(open.gateway)) {
            (Some(gate), _) => DialResult::Withdrawn(gate),
            (None, None) => DialResult::Withdrawn(Gate::GatewayHealth),
            (None, Some(gateway)) => {
                dial.callback_url = gateway.callback_url.to_string();
                let answer = gateway.port.place(&dial).await;
                let unreachable = matches!(&answer, PlaceAnswer::Refused(refusal)
                    if refusal.scope == RefusalScope::ThisMoment && refusal.code == Refusal::UNREACHABLE);
                events.push(Event::GatewayAnswered { gateway: open.gateway, reachable: !unreachable });
                match answer {
                    PlaceAnswer::Placed { provider_call_id } => {
                        let named = Event::Named { attempt: open.key, provider_call_id: provider_call_id.clone() };
                        events.push(named);
                        DialResult::Placed { provider_call_id }
                    }
                    PlaceAnswer::Refused(refusal) => DialResult::Refused(refusal),
                    PlaceAnswer::Unsure { why } => DialResult::Unknown { why },
                }
            }
        };
        match self.record(&open, result.clone(), seed).await {
            Ok(recorded) => events.extend(recorded),
            Err(error) => {
                tracing::error!(%error, call = %open.id, "what came of a dial could not be written down; trying again");
                let effect = Effect::Record { open: Box::new(open), result };
                events.push(Event::Failed(Box::new(Work { seed, effect })));
            }
        }
        events
    }

    async fn record(&self, open: &OpenAttempt, result: DialResult, seed: u64) -> Stored<Vec<Event>> {
        let ctx = self.context(open.tenant, seed);
        let told = self.store.dialled(&ctx, self.fence, open.key, result).await?;
        Ok(self.heard(told).await)
    }

    async fn look_up(&self, open: &OpenAttempt, done: u32, seed: u64) -> Stored<Vec<Event>> {
        let now = self.clock.now();
        let Some(gateway) = self.gateways.get(open.gateway).map(|installed| installed.port) else {
            return self.blank(open, done, None, seed).await;
        };
        let found = match &open.provider_call_id {
            Some(name) => gateway.look_up(name).await.map(|event| Finding::Found(Box::new(event))),
            None => gateway.find(open.id, &open.phone, open.intent_at, now).await,
        };
        let finding = found.unwrap_or_else(|error| {
            tracing::warn!(call = %open.id, %error, "an attempt whose fate is unknown could not be looked up");
            Finding::CannotTell
        });
        match finding {
            // A call that should long be over and is said to live is no news.
            Finding::Found(event) if event.status.rank() < 4 && now >= silence_deadline(open) => {
                self.blank(open, done, None, seed).await
            }
            Finding::Found(event) => {
                let event = CallEvent { attempt: Some(open.id), ..*event };
                self.apply(open.tenant, open.gateway, vec![event], seed).await
            }
            Finding::SurelyNotDialled => self.blank(open, done, Some(gateway.able()), seed).await,
            Finding::CannotTell => self.blank(open, done, None, seed).await,
        }
    }

    /// A look-up brought no call: the attempt is closed when the rule says so, and looked for again otherwise. `believed`:
    /// what the gateway that says "surely not dialled" is able to know.
    async fn blank(
        &self,
        open: &OpenAttempt,
        done: u32,
        believed: Option<Capabilities>,
        seed: u64,
    ) -> Stored<Vec<Event>> {
        let now = self.clock.now();
        let made = done + 1;
        let closing = LookUp {
            surely_not_dialled: believed.is_some(),
            finds_by_attempt: believed.is_some_and(|able| able.finds_by_attempt),
            find_lag_ms: believed.map_or(0, |able| able.find_lag_ms),
            was_dialled: open.provider_call_id.is_some(),
            since: open.unknown.map_or(now, |(since, _)| since),
            made,
            now,
        }
        .closes();
        let mut events = self.reconcile(open, closing, seed).await?;
        if closing.is_none() {
            events.push(Event::LookedUp { attempt: open.key, done: made });
        }
        Ok(events)
    }

    async fn reconcile(&self, open: &OpenAttempt, closing: Option<Reconciled>, seed: u64) -> Stored<Vec<Event>> {
        let ctx = self.context(open.tenant, seed);
        let changed = self.store.reconciled(&ctx, self.fence, open.key, closing).await?;
        Ok(changed.into_iter().map(told_of).collect())
    }

    async fn hang_up(&self, open: &OpenAttempt, seed: u64) {
        let ctx = self.context(open.tenant, seed);
        if let Err(error) = self.store.hanging_up(&ctx, self.fence, open.key).await {
            tracing::warn!(call = %open.id, %error, "that a call is hung up by us was not kept; its end will look like its own");
        }
        if let (Some(gateway), Some(name)) = (self.gateways.get(open.gateway), &open.provider_call_id)
            && let Err(error) = gateway.port.hang_up(name).await
        {
            tracing::warn!(call = %open.id, %error, "a call could not be hung up; it ends by its own limit");
        }
    }

    pub(super) async fn check_gateway(&self, key: GatewayKey) -> Event {
        let Some(gateway) = self.gateways.get(key) else {
            return Event::GatewayAnswered { gateway: key, reachable: false };
        };
        match gateway.port.check().await {
            Ok(checked) if checked.health == Health::Ready => Event::GatewayReady(key, gateway.port.able()),
            _ => Event::GatewayAnswered { gateway: key, reachable: false },
        }
    }

    async fn apply(
        &self,
        tenant: TenantKey,
        gateway: GatewayKey,
        events: Vec<CallEvent>,
        seed: u64,
    ) -> Stored<Vec<Event>> {
        let ctx = self.context(tenant, seed);
        let told = self.store.apply(&ctx, self.fence, gateway, events).await?;
        Ok(self.heard(told).await)
    }

    /// Keeps what was said and passes on what changed. A transcript that is lost loses no lead, so that is only told.
    async fn heard(&self, told: Told) -> Vec<Event> {
        let waits = |changed: &Changed| matches!(changed.after, Some(After::AwaitEvaluation { .. }));
        let evaluate = !told.said.is_empty() || told.changed.iter().any(waits);
        for Said { tenant, attempt, at, lines } in told.said {
            if let Err(error) = self.store.keep_transcript(tenant, attempt, at, lines).await {
                tracing::warn!(%error, attempt = attempt.0, "a transcript was not kept");
            }
        }
        if evaluate {
            self.evaluations.ring();
        }
        told.changed.into_iter().map(told_of).collect()
    }

    /// Reads a provider's webhooks and applies what they say. The error is for the inbox, where the webhook stays.
    ///
    /// # Errors
    /// The store did not take it; the webhooks are to be read again.
    pub async fn ingest(
        &self,
        tenant: TenantKey,
        gateway: GatewayKey,
        webhooks: &[Webhook],
        seed: u64,
    ) -> Stored<(Vec<Event>, Vec<Option<String>>)> {
        let Some(installed) = self.gateways.get(gateway) else {
            let lost = Some("the gateway is not installed any more".to_owned());
            return Ok((Vec::new(), vec![lost; webhooks.len()]));
        };
        let mut events = Vec::new();
        let mut errors = Vec::with_capacity(webhooks.len());
        for webhook in webhooks {
            match installed.port.receive(webhook).await {
                Ok(read) => {
                    events.extend(read);
                    errors.push(None);
                }
                Err(error) => errors.push(Some(error.to_string())),
            }
        }
        if events.is_empty() {
            return Ok((Vec::new(), errors));
        }
        let mut told = self.apply(tenant, gateway, events, seed).await?;
        self.show_settled(&mut told);
        Ok((told, errors))
    }
}

fn told_of(changed: Changed) -> Event {
    Event::Changed(Box::new(changed))
}
