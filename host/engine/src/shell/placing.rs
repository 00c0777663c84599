//! Who waits to hear that a lead is being called.
//!
//! A person who asks for one call wants its name in the answer. The engine takes that lead like any other; here it is told
//! to whoever asked. Nothing depends on it: an ear that hears nothing finds the call in the store.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use campanile_domain::ids::{CallId, LeadKey};
use campanile_domain::ports::store::Order;
use tokio::sync::oneshot;

type Ears = BTreeMap<LeadKey, oneshot::Sender<CallId>>;

/// The ears.
#[derive(Debug, Default)]
pub(crate) struct Placing(Mutex<Ears>);

impl Placing {
    fn ears(&self) -> std::sync::MutexGuard<'_, Ears> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody waits for a lead's call.
    pub(super) fn expect(&self, lead: LeadKey) -> oneshot::Receiver<CallId> {
        let (ear, heard) = oneshot::channel();
        let mut ears = self.ears();
        ears.retain(|_, ear| !ear.is_closed());
        ears.insert(lead, ear);
        heard
    }

    /// These calls were committed.
    pub(super) fn committed(&self, orders: &[Order]) {
        if orders.is_empty() {
            return;
        }
        let mut ears = self.ears();
        if ears.is_empty() {
            return;
        }
        for order in orders {
            if let Some(ear) = ears.remove(&order.open.lead) {
                // Whoever gave up waiting finds the call in the store.
                let _ = ear.send(order.open.id);
            }
        }
    }

    /// Nobody will be called any more.
    pub(super) fn forget(&self) {
        self.ears().clear();
    }
}
