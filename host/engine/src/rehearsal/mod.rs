//! The same campaign on a virtual clock.
//!
//! The real core, the real hands, a real (ephemeral) store and the simulated carrier, driven by one loop on one thread:
//! take the next instant from the core's timers or the carrier's schedule, move the clock there, do everything that follows
//! until nothing does, go on. Nothing waits for anything else, so a week passes in seconds, and the same seed gives the
//! same bytes: effects are carried out in the order in which the core asked for them.
//!
//! It must never grow a rule of its own. What differs from the server is only who turns the crank.

pub mod order;
mod stage;

use std::collections::VecDeque;
use std::sync::Arc;

use campanile_domain::ids::{GatewayKey, TenantKey};
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::store::{LiveFacts, StoreError};
use campanile_domain::time::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::carrier::SimulatedGateway;
use crate::core::{Core, Effect, Event};
use crate::shell::Hands;
use crate::shell::clock::VirtualClock;

pub use stage::{Account, Stage, StageError};

/// Why a rehearsal did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The store did not take something; in a rehearsal there is no later.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The campaign was still not over at the horizon.
    #[error("the campaign was not over at {0}; widen the calling hours, lower the retries or raise the horizon")]
    Horizon(Timestamp),
}

/// What a rehearsal is made of.
pub struct Cast {
    /// The hands, with the store, the policies and the gateways they know.
    pub hands: Hands,
    /// The clock that `hands` reads.
    pub clock: Arc<VirtualClock>,
    /// The carriers, installed among the hands' gateways under their keys.
    pub carriers: Vec<Carrier>,
    /// Calls at once over all tenants.
    pub max_concurrent_calls: u32,
    /// Seeds the ids.
    pub seed: u64,
}

/// A carrier of a rehearsal.
pub struct Carrier {
    /// Whose gateway it is.
    pub tenant: TenantKey,
    /// Its key.
    pub gateway: GatewayKey,
    /// The carrier.
    pub port: Arc<SimulatedGateway>,
}

/// A rehearsal under way.
pub struct Rehearsal {
    hands: Hands,
    clock: Arc<VirtualClock>,
    carriers: Vec<Carrier>,
    core: Core,
    rng: ChaCha8Rng,
    events: VecDeque<Event>,
}

impl Rehearsal {
    /// Reads what the store holds and does what is to be done at the first instant.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin(cast: Cast) -> Result<Self, RehearsalError> {
        let boot = cast.hands.store.boot(cast.clock.now(), cast.hands.fence).await?;
        let mut events = VecDeque::new();
        for (key, gateway) in cast.hands.gateways.all() {
            events.push_back(Event::GatewayReady(key, gateway.able()));
        }
        events.push_back(Event::Booted(Box::new(boot)));
        let mut rehearsal = Self {
            hands: cast.hands,
            clock: cast.clock,
            carriers: cast.carriers,
            core: Core::new(cast.max_concurrent_calls),
            rng: ChaCha8Rng::seed_from_u64(cast.seed),
            events,
        };
        rehearsal.settle(&mut |_, _| {}).await?;
        Ok(rehearsal)
    }

    /// Now, on the virtual clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The next instant at which anything happens.
    pub fn next_instant(&self) -> Option<Timestamp> {
        let told = self.carriers.iter().filter_map(|carrier| carrier.port.next_event_at()).min();
        [self.core.next_wake(), told].into_iter().flatten().min()
    }

    /// Whether any campaign is in progress or any call is open.
    pub fn is_under_way(&self) -> bool {
        self.core.is_running() || self.core.open_attempts() > 0
    }

    /// What `explain` asks the engine.
    pub fn live_facts(&self, campaign: campanile_domain::ids::CampaignKey) -> LiveFacts {
        self.core.live_facts(campaign)
    }

    /// Tells the core something from outside, such as a campaign that was started, and does what follows.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tell(&mut self, event: Event) -> Result<(), RehearsalError> {
        self.events.push_back(event);
        self.settle(&mut |_, _| {}).await
    }

    /// Moves to the next instant and does everything that follows; `watch` sees every effect before it is carried out.
    /// `false`: nothing is left to happen.
    ///
    /// # Errors
    /// The store failed.
    pub async fn advance(&mut self, watch: &mut dyn FnMut(Timestamp, &Effect)) -> Result<bool, RehearsalError> {
        let Some(at) = self.next_instant() else { return Ok(false) };
        self.clock.advance_to(at);
        for carrier in &self.carriers {
            let webhooks = carrier.port.take_due(at);
            if !webhooks.is_empty() {
                let seed = self.rng.next_u64();
                let (events, _) = self.hands.ingest(carrier.tenant, carrier.gateway, &webhooks, seed).await?;
                self.events.extend(events);
            }
        }
        self.events.push_back(Event::Tick);
        self.settle(watch).await?;
        Ok(true)
    }

    /// Runs until no campaign is in progress and no call is open.
    ///
    /// # Errors
    /// The store failed, or the horizon was reached.
    pub async fn run(
        &mut self,
        horizon: Timestamp,
        watch: &mut dyn FnMut(Timestamp, &Effect),
    ) -> Result<(), RehearsalError> {
        while self.is_under_way() {
            if self.next_instant().is_none_or(|at| at > horizon) {
                return Err(RehearsalError::Horizon(horizon));
            }
            self.advance(watch).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, watch: &mut dyn FnMut(Timestamp, &Effect)) -> Result<(), RehearsalError> {
        while let Some(event) = self.events.pop_front() {
            if let Event::Failed(_) = event {
                return Err(StoreError::Broken("an effect failed; see the log".into()).into());
            }
            let now = self.clock.now();
            for work in self.core.step(event, now, &mut self.rng) {
                watch(now, &work.effect);
                self.events.extend(self.hands.perform(work).await);
            }
        }
        Ok(())
    }
}
