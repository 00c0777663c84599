//! Places for work beside the dial path: so many at once, so many of one tenant, never the same instance twice.
//!
//! What is begun in a place gives it back when it ends, also when it panics: an instance whose turn went wrong has another
//! one. What does not fit now is begun when whoever asks looks again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::store::{StoreError, Stored};
use campanile_domain::time::SECOND_MS;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The wait after the store failed, in milliseconds: a broken disk must not be asked as fast as it can answer.
pub(super) const AFTER_FAILURE_MS: i64 = 5 * SECOND_MS;

/// The places and who is in them.
pub(super) struct Places<K> {
    together: usize,
    each: usize,
    busy: BTreeSet<K>,
    of_tenant: BTreeMap<TenantKey, usize>,
    running: JoinSet<(K, TenantKey)>,
}

impl<K: Copy + Ord + Debug + Send + 'static> Places<K> {
    /// `together` places, `each` of one tenant.
    pub(super) fn new(together: usize, each: usize) -> Self {
        Self { together, each, busy: BTreeSet::new(), of_tenant: BTreeMap::new(), running: JoinSet::new() }
    }

    /// Begins work for an instance where it has none under way and there is a place.
    pub(super) fn begin<W: Future<Output = ()> + Send + 'static>(
        &mut self,
        key: K,
        tenant: TenantKey,
        work: impl FnOnce() -> W,
    ) {
        let count = self.of_tenant.entry(tenant).or_default();
        if self.busy.len() >= self.together || *count >= self.each || !self.busy.insert(key) {
            return;
        }
        *count += 1;
        let work = tokio::spawn(work());
        self.running.spawn(async move {
            if let Err(error) = work.await {
                tracing::error!(%error, ?key, "work for an instance of a plugin panicked");
            }
            (key, tenant)
        });
    }

    /// Waits until one has ended and its place is free; for ever where nobody has one.
    pub(super) async fn one_ended(&mut self) {
        match self.running.join_next().await {
            Some(Ok((key, tenant))) => {
                self.busy.remove(&key);
                if let Some(count) = self.of_tenant.get_mut(&tenant) {
                    *count = count.saturating_sub(1);
                }
            }
            // What waits for the work does nothing that could panic.
            Some(Err(error)) => tracing::error!(%error, "a place was lost"),
            None => std::future::pending().await,
        }
    }

    /// Waits until all have ended.
    pub(super) async fn all_ended(&mut self) {
        while self.running.join_next().await.is_some() {}
    }
}

/// Step after step until one says that there is no more, so many were made, the store did not take one, or the host stops.
pub(super) async fn steps<F: Future<Output = Stored<bool>>>(
    most: u32,
    clock: &dyn EngineClock,
    stop: &CancellationToken,
    step: impl Fn() -> F,
) {
    for _ in 0..most {
        if stop.is_cancelled() {
            return;
        }
        match step().await {
            Ok(true) => {}
            // Over, or paused, changed or taken out meanwhile: then nothing of the step was kept.
            Ok(false) | Err(StoreError::Stale | StoreError::NotFound(_)) => return,
            Err(error) => {
                tracing::error!(%error, "what an instance of a plugin did could not be stored; trying again");
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = clock.sleep_until(clock.now() + AFTER_FAILURE_MS) => {}
                }
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn nobody_has_more_than_their_share_and_no_instance_has_two() {
        let (mut places, go) = (Places::new(3, 2), Arc::new(Semaphore::new(0)));
        let (one, other) = (TenantKey(1), TenantKey(2));
        let begin = |places: &mut Places<char>, key, tenant| {
            let go = Arc::clone(&go);
            places.begin(key, tenant, || async move {
                if let Ok(permit) = go.acquire_owned().await {
                    permit.forget()
                }
            });
            places.busy.len()
        };
        assert_eq!((begin(&mut places, 'a', one), begin(&mut places, 'b', one)), (1, 2));
        assert_eq!(begin(&mut places, 'c', one), 2, "two of one tenant");
        assert_eq!(begin(&mut places, 'a', other), 2, "the same instance");
        assert_eq!(begin(&mut places, 'd', other), 3);
        assert_eq!(begin(&mut places, 'e', other), 3, "three in all");
        go.add_permits(1);
        places.one_ended().await;
        assert_eq!(places.busy.len(), 2);
        go.add_permits(2);
        places.all_ended().await;
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_place_back() {
        let mut places = Places::new(1, 1);
        places.begin('a', TenantKey(1), || async { panic!("on purpose") });
        places.one_ended().await;
        assert!(places.busy.is_empty());
    }
}
