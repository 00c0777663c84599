//! Who listens to event logs now, and how they are woken.
//!
//! The store's writer rings with the tenants whose logs grew, and only their listeners wake: nobody polls, and nobody is woken
//! by a stranger. A listener counts against its account until it is dropped, whatever became of its connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::TenantKey;
use tokio::sync::watch;

/// Listeners of one account.
pub(crate) const MOST_OF_TENANT: usize = 20;

/// The listeners of every account. Clones are the same ones.
#[derive(Clone, Debug, Default)]
pub struct Streams(Arc<Mutex<BTreeMap<TenantKey, watch::Sender<()>>>>);

impl Streams {
    /// Wakes the listeners of these tenants.
    pub fn ring(&self, tenants: &[TenantKey]) {
        let listened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for bell in tenants.iter().filter_map(|tenant| listened.get(tenant)) {
            bell.send_replace(());
        }
    }

    /// How many listen of a tenant.
    #[cfg(test)]
    pub(crate) fn listening(&self, tenant: TenantKey) -> usize {
        self.0.lock().unwrap().get(&tenant).map_or(0, watch::Sender::receiver_count)
    }

    /// Another listener of a tenant; `None`: it has as many as it may.
    pub(crate) fn listen(&self, tenant: TenantKey) -> Option<Listener> {
        let mut listened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bell = listened.entry(tenant).or_default();
        let has_room = bell.receiver_count() < MOST_OF_TENANT;
        has_room.then(|| Listener { rung: Some(bell.subscribe()), tenant, streams: self.clone() })
    }
}

/// One that listens.
#[derive(Debug)]
pub(crate) struct Listener {
    rung: Option<watch::Receiver<()>>,
    tenant: TenantKey,
    streams: Streams,
}

impl Listener {
    /// Until something was written since this was last asked.
    pub(crate) async fn rung(&mut self) {
        if let Some(rung) = &mut self.rung {
            // The bell lives as long as somebody listens.
            let _ = rung.changed().await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listened = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.rung = None;
        if listened.get(&self.tenant).is_some_and(|bell| bell.receiver_count() == 0) {
            listened.remove(&self.tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_ring_wakes_who_it_is_for_and_is_not_lost() {
        let streams = Streams::default();
        let (one, other) = (TenantKey(1), TenantKey(2));
        let (mut listener, mut stranger) = (streams.listen(one).unwrap(), streams.listen(other).unwrap());
        assert!(listener.rung().now_or_never().is_none());
        streams.ring(&[one, TenantKey(3)]);
        streams.ring(&[one]);
        assert!(listener.rung().now_or_never().is_some(), "it was rung before anybody waited");
        assert!(listener.rung().now_or_never().is_none(), "many rings are one");
        assert!(stranger.rung().now_or_never().is_none());
    }

    #[test]
    fn places_are_given_back_and_nothing_is_left_of_who_went() {
        let streams = Streams::default();
        let listeners: Vec<_> = (0..MOST_OF_TENANT).map(|_| streams.listen(TenantKey(1)).unwrap()).collect();
        assert!(streams.listen(TenantKey(1)).is_none() && streams.listen(TenantKey(2)).is_some());
        drop(listeners);
        assert!(streams.0.lock().unwrap().is_empty());
    }
}
