//! Lets go of what accounts keep no longer than they said, and of what nobody keeps for longer than a month.
//!
//! Every [`INTERVAL_MS`] it looks at every account that chose something, piece by piece: a piece is one short write in the
//! bulk lane, so that dials pass between two, and what is left when the host stops is found at the next look. It must never
//! be in a hurry: who chose days does not count in minutes.

use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::store::{Store, Stored};
use campanile_domain::retention::{Held, Retention, UNREAD_WEBHOOKS_MS};
use campanile_domain::time::HOUR_MS;
use tokio_util::sync::CancellationToken;

use super::duty::Writes;

/// Time between two looks, in milliseconds.
pub const INTERVAL_MS: i64 = HOUR_MS;

/// The duty.
pub struct KeepingDuty {
    store: Arc<dyn Store>,
    writes: Writes,
}

impl KeepingDuty {
    /// A duty whose randomness begins with `seed`.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn EngineClock>, seed: u64) -> Self {
        Self { store, writes: Writes::new(clock, seed) }
    }

    /// Looks until cancelled; a piece under way is finished.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let wake = self.writes.clock.now() + INTERVAL_MS;
            match self.run_once(&stop).await {
                Ok(0) => {}
                Ok(gone) => tracing::info!(gone, "what was kept no longer has gone"),
                Err(error) => {
                    tracing::error!(%error, "what is kept no longer could not be let go of; trying again in an hour")
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.writes.clock.sleep_until(wake) => {}
            }
        }
    }

    /// One look; how much went.
    ///
    /// # Errors
    /// The store's. What went before has gone.
    pub async fn run_once(&self, stop: &CancellationToken) -> Stored<u64> {
        let mut gone = self.unread_webhooks(stop).await?;
        for (tenant, retention) in self.store.retentions().await? {
            gone += self.of(tenant, &retention, stop).await?;
        }
        if gone > 0 && !self.store.forget_logs().await? {
            tracing::debug!("the logs of the database are read, and are emptied with what comes next");
        }
        Ok(gone)
    }

    async fn unread_webhooks(&self, stop: &CancellationToken) -> Stored<u64> {
        let before = self.writes.clock.now() - UNREAD_WEBHOOKS_MS;
        let (mut gone, mut next) = (0, Some(0));
        while next.is_some() && !stop.is_cancelled() {
            let piece = self.store.drop_unread_webhooks(&self.writes.context(TenantKey(0)), before).await?;
            (gone, next) = (gone + piece.gone, piece.next);
        }
        Ok(gone)
    }

    /// What one account keeps no longer.
    async fn of(&self, tenant: TenantKey, retention: &Retention, stop: &CancellationToken) -> Stored<u64> {
        let mut gone = 0;
        for kept in Held::ALL {
            let Some(before) = retention.before(kept, self.writes.clock.now()) else { continue };
            let mut next = Some(0);
            while let Some(from) = next
                && !stop.is_cancelled()
            {
                let piece = self.store.let_go(&self.writes.context(tenant), kept, before, from).await?;
                (gone, next) = (gone + piece.gone, piece.next);
            }
        }
        Ok(gone)
    }
}
