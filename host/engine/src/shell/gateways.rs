//! The gateways that are installed, by key.
//!
//! Filled by the wiring at start and when a tenant installs one; read for every dial.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use campanile_domain::ids::GatewayKey;
use campanile_domain::ports::gateway::Gateway;

/// One of them.
#[derive(Clone)]
pub struct Installed {
    /// The gateway.
    pub port: Arc<dyn Gateway>,
    /// Where its provider sends events; empty for one that needs none.
    pub callback_url: Arc<str>,
}

/// The installed gateways.
#[derive(Default)]
pub struct Gateways(RwLock<BTreeMap<GatewayKey, Installed>>);

impl Gateways {
    /// Installs one.
    pub fn insert(&self, key: GatewayKey, port: Arc<dyn Gateway>, callback_url: impl Into<Arc<str>>) {
        let installed = Installed { port, callback_url: callback_url.into() };
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, installed);
    }

    /// Takes one out.
    pub fn remove(&self, key: GatewayKey) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    /// The one with this key.
    pub fn get(&self, key: GatewayKey) -> Option<Installed> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// All of them, in the order of their keys.
    pub fn all(&self) -> Vec<(GatewayKey, Arc<dyn Gateway>)> {
        let installed = self.0.read().unwrap_or_else(PoisonError::into_inner);
        installed.iter().map(|(key, one)| (*key, Arc::clone(&one.port))).collect()
    }
}
