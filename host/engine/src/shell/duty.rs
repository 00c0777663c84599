//! A duty beside the dial path: look who is due, begin with those who have a place, sleep until something changes.
//!
//! Sources, sinks and evaluations differ in who is due and in what is done with one of them, not in this.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::store::{Stored, WriteContext};
use campanile_domain::time::{MINUTE_MS, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use tokio_util::sync::CancellationToken;

use super::places::{AFTER_FAILURE_MS, Places};

/// The longest that a change of the database by other hands goes unseen, in milliseconds.
pub(super) const LONGEST_SLEEP_MS: i64 = MINUTE_MS;

/// What one duty is.
pub(super) trait Duty: Send + Sync + 'static {
    /// Names what is worked for.
    type Key: Copy + Ord + Debug + Send + 'static;
    /// Whom it is for, in a log: `the sources that are due`.
    const WHO: &'static str;
    /// Places.
    const TOGETHER: usize;
    /// Places of one tenant.
    const EACH: usize;

    /// The time and the seeds of its writes.
    fn writes(&self) -> &Writes;

    /// Waits until somebody may have come to be due.
    fn rung(&self) -> impl Future<Output = ()> + Send;

    /// Begins with those who are due and have a place; returns when to look again.
    fn start(
        self: &Arc<Self>,
        places: &mut Places<Self::Key>,
        stop: &CancellationToken,
    ) -> impl Future<Output = Stored<Timestamp>> + Send;
}

/// Does it until cancelled; what is under way is finished.
pub(super) async fn run<D: Duty>(duty: Arc<D>, stop: CancellationToken) {
    let clock = &duty.writes().clock;
    let mut places = Places::new(D::TOGETHER, D::EACH);
    loop {
        let wake = match duty.start(&mut places, &stop).await {
            Ok(wake) => wake,
            Err(error) => {
                tracing::error!(%error, "{} could not be read; trying again", D::WHO);
                clock.now() + AFTER_FAILURE_MS
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = duty.rung() => {}
            () = clock.sleep_until(wake) => {}
            () = places.one_ended() => {}
        }
    }
    places.all_ended().await;
}

/// The time that a duty goes by and the seeds of what it writes.
pub(super) struct Writes {
    /// The time.
    pub(super) clock: Arc<dyn EngineClock>,
    rng: Mutex<ChaCha8Rng>,
}

impl Writes {
    /// Seeds that begin with `seed`.
    pub(super) fn new(clock: Arc<dyn EngineClock>, seed: u64) -> Self {
        Self { clock, rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// One write for a tenant, now.
    pub(super) fn context(&self, tenant: TenantKey) -> WriteContext {
        let seed = self.rng.lock().unwrap_or_else(PoisonError::into_inner).next_u64();
        WriteContext::engine(tenant, self.clock.now(), seed)
    }
}
