//! The line in front of the gates: whose upload is next.
//!
//! One version is at the gates at a time, because compiling takes a processor and an upload's bytes take memory; the
//! others wait with nothing in hand, one of each account in the common line, so that nobody waits for a hundred of
//! somebody else's. What happens at the gates is [`crate::pipeline`]'s.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::TenantKey;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// The line.
#[derive(Debug)]
pub struct Line {
    gates: Arc<Semaphore>,
    of_tenants: Mutex<BTreeMap<TenantKey, Arc<Semaphore>>>,
}

impl Default for Line {
    fn default() -> Self {
        Self { gates: Arc::new(Semaphore::new(1)), of_tenants: Mutex::default() }
    }
}

/// The gates are one's own until this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _gates: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
}

impl Line {
    /// The account's own line, whose first stands in the common one.
    fn of(&self, tenant: TenantKey) -> Arc<Semaphore> {
        let mut lines = self.of_tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lines.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(1))))
    }

    /// Waits for a turn at the gates.
    ///
    /// # Errors
    /// Never: nobody closes the line.
    pub(crate) async fn turn(&self, tenant: TenantKey) -> Result<Turn, AcquireError> {
        let own = self.of(tenant).acquire_owned().await?;
        Ok(Turn { _gates: Arc::clone(&self.gates).acquire_owned().await?, _own: own })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn another_account_waits_for_one_upload_and_not_for_all() {
        let (line, busy, quiet) = (Line::default(), TenantKey(1), TenantKey(2));
        let first = line.turn(busy).await.unwrap();
        let mut second = Box::pin(line.turn(busy));
        let mut other = Box::pin(line.turn(quiet));
        assert!(second.as_mut().now_or_never().is_none() && other.as_mut().now_or_never().is_none());
        drop(first);
        let turn = other.as_mut().now_or_never().expect("the other account is next").unwrap();
        assert!(second.as_mut().now_or_never().is_none(), "one at a time");
        drop(turn);
        assert!(second.now_or_never().is_some());
    }
}
