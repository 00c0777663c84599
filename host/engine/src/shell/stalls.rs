//! Looks every minute whether the campaigns in progress can call, and tells of those that cannot.
//!
//! The rule is [`campanile_domain::stall`]'s. The store knows all gates but one: whether a gateway answers is in the engine's
//! memory, so each campaign is asked about there first. A look writes only when something changed.

use std::sync::Arc;

use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::store::{Store, Stored};
use campanile_domain::time::MINUTE_MS;
use tokio_util::sync::CancellationToken;

use super::duty::Writes;
use super::handle::Handle;

/// Time between two looks, in milliseconds.
pub const INTERVAL_MS: i64 = MINUTE_MS;

/// The duty.
pub struct StallDuty {
    store: Arc<dyn Store>,
    engine: Handle,
    writes: Writes,
}

impl StallDuty {
    /// A duty whose randomness begins with `seed`.
    pub fn new(store: Arc<dyn Store>, engine: Handle, clock: Arc<dyn EngineClock>, seed: u64) -> Self {
        Self { store, engine, writes: Writes::new(clock, seed) }
    }

    /// Looks until cancelled.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let wake = self.writes.clock.now() + INTERVAL_MS;
            if let Err(error) = self.run_once().await {
                tracing::error!(%error, "whether campaigns can call could not be looked at; trying again in a minute");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.writes.clock.sleep_until(wake) => {}
            }
        }
    }

    /// One look.
    ///
    /// # Errors
    /// The store's.
    pub async fn run_once(&self) -> Stored<()> {
        for (tenant, campaign) in self.store.watched_for_stalls().await? {
            let Some(live) = self.engine.live_facts(campaign).await else { return Ok(()) };
            let ctx = self.writes.context(tenant);
            if let Some(gate) = self.store.watch_for_stall(&ctx, campaign, live.gateway_healthy).await? {
                tracing::warn!(?campaign, gate = gate.code(), "a campaign in progress cannot call");
            }
        }
        Ok(())
    }
}
