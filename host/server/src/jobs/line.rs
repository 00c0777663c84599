//! Where jobs wait for their turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::{JobId, TenantKey};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Jobs that run at one time, over all accounts.
const AT_ONCE: usize = 2;

/// The line.
#[derive(Debug)]
pub struct JobLine {
    pub(super) all: Semaphore,
    of_tenants: Mutex<BTreeMap<TenantKey, Arc<Semaphore>>>,
    waited_for: Mutex<BTreeMap<JobId, CancellationToken>>,
}

impl Default for JobLine {
    fn default() -> Self {
        Self { all: Semaphore::new(AT_ONCE), of_tenants: Mutex::default(), waited_for: Mutex::default() }
    }
}

impl JobLine {
    pub(super) fn of(&self, tenant: TenantKey) -> Arc<Semaphore> {
        let mut lines = self.of_tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lines.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(1))))
    }

    pub(super) fn waited_for(&self) -> std::sync::MutexGuard<'_, BTreeMap<JobId, CancellationToken>> {
        self.waited_for.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody here does a job, or waits with it.
    pub(crate) fn has(&self, job: JobId) -> bool {
        self.waited_for().contains_key(&job)
    }

    /// The work of a cancelled job ends where it is.
    pub(crate) fn cancel(&self, job: JobId) {
        if let Some(token) = self.waited_for().get(&job) {
            token.cancel();
        }
    }
}
