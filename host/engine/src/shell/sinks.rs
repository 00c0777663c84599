//! Tells sinks what happened: who has something to be told, batch after batch, never in the way of a dial.
//!
//! The event log is the outbox; a batch is taken from it in one write and acknowledged in another, and what a dead host told
//! and did not acknowledge is told again with the same event ids. Many events within a moment become one batch: after it
//! was rung the duty waits [`GATHER_MS`] before it looks. At most [`TOGETHER`] sinks are told at once and [`EACH`] of one
//! tenant; one with a long backlog gives its place up after [`BATCHES`]. What fails waits by the store's own rule.

use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::{SinkKey, TenantKey};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::store::{DueSink, SinkTurn, Store, Stored, WriteContext};
use campanile_domain::time::{MINUTE_MS, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use tokio_util::sync::CancellationToken;

use super::instances::ResultSinks;
use super::places::{AFTER_FAILURE_MS, Places, steps};

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
/// The longest that a change of the database by other hands goes unseen, in milliseconds.
const LONGEST_SLEEP_MS: i64 = MINUTE_MS;

/// The duty.
pub struct SinkDuty {
    /// Where events and deliveries are.
    pub store: Arc<dyn Store>,
    /// Who is told.
    pub sinks: Arc<ResultSinks>,
    /// The time that waits are measured by.
    pub clock: Arc<dyn EngineClock>,
    /// Seeds the jitter of waits.
    pub rng: Mutex<ChaCha8Rng>,
}

impl SinkDuty {
    /// A duty whose randomness begins with `seed`.
    pub fn new(store: Arc<dyn Store>, sinks: Arc<ResultSinks>, clock: Arc<dyn EngineClock>, seed: u64) -> Self {
        Self { store, sinks, clock, rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    fn context(&self, tenant: TenantKey) -> WriteContext {
        let seed = self.rng.lock().unwrap_or_else(PoisonError::into_inner).next_u64();
        WriteContext::engine(tenant, self.clock.now(), seed)
    }

    /// Tells until cancelled; a batch under way is finished and acknowledged.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut places = Places::new(TOGETHER, EACH);
        loop {
            let wake = match self.start(&mut places, &stop).await {
                Ok(wake) => wake,
                Err(error) => {
                    tracing::error!(%error, "the sinks that are due could not be read; trying again");
                    self.clock.now() + AFTER_FAILURE_MS
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.sinks.rung() => tokio::select! {
                    () = stop.cancelled() => break,
                    () = self.clock.sleep_until(self.clock.now() + GATHER_MS) => {}
                },
                () = self.clock.sleep_until(wake) => {}
                () = places.one_ended() => {}
            }
        }
        places.all_ended().await;
    }

    /// Begins with those who are due and have a place; returns when to look again.
    async fn start(self: &Arc<Self>, places: &mut Places<SinkKey>, stop: &CancellationToken) -> Stored<Timestamp> {
        let now = self.clock.now();
        let mut wake = now + LONGEST_SLEEP_MS;
        if self.sinks.is_empty() {
            return Ok(wake);
        }
        for DueSink { key, tenant, at } in self.store.due_sinks(4 * TOGETHER as u32).await? {
            if at > now {
                wake = wake.min(at);
            } else {
                let (duty, stop) = (Arc::clone(self), stop.clone());
                places.begin(key, tenant, || async move { duty.tell(tenant, key, &stop).await });
            }
        }
        Ok(wake)
    }

    /// Tells one sink until it has nothing more to be told, has had its turn, failed, or the host stops.
    pub async fn tell(&self, tenant: TenantKey, key: SinkKey, stop: &CancellationToken) {
        steps(BATCHES, self.clock.as_ref(), stop, || self.step(tenant, key)).await;
    }

    /// One batch; whether there is more to do at once.
    ///
    /// # Errors
    /// The store did not take it. What the sink fails at is no error here: it is stored.
    pub async fn step(&self, tenant: TenantKey, key: SinkKey) -> Stored<bool> {
        let Some(turn) = self.store.sink_turn(&self.context(tenant), key, BATCH).await? else { return Ok(false) };
        let SinkTurn { id, kept, events, more } = turn;
        if events.is_empty() {
            return Ok(more);
        }
        let Some(port) = self.sinks.get(key) else {
            let message = "the sink cannot be used: its version, a grant or a secret is missing";
            self.store.fail_sink(&self.context(tenant), key, PluginFailure::new("plugin_not_usable", message)).await?;
            return Ok(false);
        };
        let (numbers, events): (Vec<i64>, Vec<_>) = events.into_iter().unzip();
        let answer = port.deliver(kept, &events).await;
        let goes_on = match answer.answer {
            // As many as events: whoever asks the plugin has seen to it.
            Ok(acks) => {
                let acks = numbers.into_iter().zip(acks).collect();
                self.store.acknowledge(&self.context(tenant), key, acks, answer.kept).await?
            }
            Err(failure) => {
                tracing::warn!(sink = %id, plugin = %answer.version, %failure, "a sink failed");
                self.store.fail_sink(&self.context(tenant), key, failure).await?;
                return Ok(false);
            }
        };
        Ok(more && goes_on)
    }
}
