//! Whose turn it is: calls of one instance run one after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use campanile_domain::ids::TenantKey;

/// Held by the call of an instance that runs.
type Turn = tokio::sync::Mutex<()>;

/// Whose turn it is, by instance. Kept here and not with the instance's object, because that one is made anew when a version
/// or a grant changes while a call of the old one still runs.
#[derive(Default)]
pub(crate) struct InstanceTurns(Mutex<BTreeMap<(TenantKey, String), Weak<Turn>>>);

impl InstanceTurns {
    /// Waits until no other call of the instance runs.
    pub async fn take(&self, tenant: TenantKey, instance: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.retain(|_, turn| turn.strong_count() > 0);
            let entry = known.entry((tenant, instance.to_owned())).or_default();
            entry.upgrade().unwrap_or_else(|| {
                let turn = Arc::default();
                *entry = Arc::downgrade(&turn);
                turn
            })
        };
        turn.lock_owned().await
    }
}
