//! Tells sinks what happened: who has something to be told, batch after batch, never in the way of a dial.
//!
//! The event log is the outbox; a batch is taken from it in one write and acknowledged in another, and what a dead host told
//! and did not acknowledge is told again with the same event ids. Many events within a moment become one batch: after it
//! was rung the duty waits [`GATHER_MS`] before it looks. At most [`TOGETHER`] sinks are told at once and [`EACH`] of one
//! tenant; one with a long backlog gives its place up after [`BATCHES`]. What fails waits by the store's own rule.

use std::sync::Arc;

use campanile_domain::ids::{SinkKey, TenantKey};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::store::{DueSink, SinkTurn, Store, Stored};
use campanile_domain::time::Timestamp;
use tokio_util::sync::CancellationToken;

use super::duty::{self, Duty, LONGEST_SLEEP_MS, Writes};
use super::instances::ResultSinks;
use super::places::{Places, steps};

/// Sinks told at once.
pub const TOGETHER: usize = 8;
/// Sinks of one tenant told at once.
pub const EACH: usize = 2;
/// Events in one call of a sink.
pub const BATCH: u32 = 50;
/// Batches of one sink before others have their turn.
pub const BATCHES: u32 = 20;
/// How long events gather before they are looked at, in milliseconds.
const GATHER_MS: i64 = 200;

/// The duty.
pub struct SinkDuty {
    /// Where events and deliveries are.
    pub store: Arc<dyn Store>,
    /// Who is told.
    pub sinks: Arc<ResultSinks>,
    writes: Writes,
}

impl SinkDuty {
    /// A duty whose randomness begins with `seed`.
    pub fn new(store: Arc<dyn Store>, sinks: Arc<ResultSinks>, clock: Arc<dyn EngineClock>, seed: u64) -> Self {
        Self { store, sinks, writes: Writes::new(clock, seed) }
    }

    /// Tells until cancelled; a batch under way is finished and acknowledged.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        duty::run(self, stop).await;
    }

    /// Tells one sink until it has nothing more to be told, has had its turn, failed, or the host stops.
    pub async fn tell(&self, tenant: TenantKey, key: SinkKey, stop: &CancellationToken) {
        steps(BATCHES, self.writes.clock.as_ref(), stop, || self.step(tenant, key)).await;
    }

    /// One batch; whether there is more to do at once.
    ///
    /// # Errors
    /// The store did not take it. What the sink fails at is no error here: it is stored.
    pub async fn step(&self, tenant: TenantKey, key: SinkKey) -> Stored<bool> {
        let Some(turn) = self.store.sink_turn(&self.writes.context(tenant), key, BATCH).await? else {
            return Ok(false);
        };
        let SinkTurn { id, kept, events, more } = turn;
        if events.is_empty() {
            return Ok(more);
        }
        let Some(port) = self.sinks.get(key) else {
            let message = "the sink cannot be used: its version, a grant or a secret is missing";
            self.store
                .fail_sink(&self.writes.context(tenant), key, PluginFailure::new("plugin_not_usable", message))
                .await?;
            return Ok(false);
        };
        let (numbers, events): (Vec<i64>, Vec<_>) = events.into_iter().unzip();
        let answer = port.deliver(kept, &events).await;
        let goes_on = match answer.answer {
            // As many as events: whoever asks the plugin has seen to it.
            Ok(acks) => {
                let acks = numbers.into_iter().zip(acks).collect();
                self.store.acknowledge(&self.writes.context(tenant), key, acks, answer.kept).await?
            }
            Err(failure) => {
                tracing::warn!(sink = %id, plugin = %answer.version, code = failure.code, "a sink failed");
                self.store.fail_sink(&self.writes.context(tenant), key, failure).await?;
                return Ok(false);
            }
        };
        Ok(more && goes_on)
    }
}

impl Duty for SinkDuty {
    type Key = SinkKey;
    const WHO: &'static str = "the sinks that are due";
    const TOGETHER: usize = TOGETHER;
    const EACH: usize = EACH;

    fn writes(&self) -> &Writes {
        &self.writes
    }

    /// Many events within a moment become one batch.
    async fn rung(&self) {
        self.sinks.rung().await;
        self.writes.clock.sleep_until(self.writes.clock.now() + GATHER_MS).await;
    }

    async fn start(self: &Arc<Self>, places: &mut Places<SinkKey>, stop: &CancellationToken) -> Stored<Timestamp> {
        let now = self.writes.clock.now();
        let mut wake = now + LONGEST_SLEEP_MS;
        if self.sinks.is_empty() {
            return Ok(wake);
        }
        for DueSink { key, tenant, at } in self.store.due_sinks((2 * EACH) as u32, 4 * TOGETHER as u32).await? {
            if at > now {
                wake = wake.min(at);
            } else {
                let (duty, stop) = (Arc::clone(self), stop.clone());
                places.begin(key, tenant, || async move { duty.tell(tenant, key, &stop).await });
            }
        }
        Ok(wake)
    }
}
