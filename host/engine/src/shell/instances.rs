//! The plugins that are installed for a duty, by the rows they belong to, and the bell that wakes it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use campanile_domain::ids::{SinkKey, SourceKey};
use campanile_domain::ports::importer::Importer;
use campanile_domain::ports::sink::Sink;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Those of one port.
pub struct Instances<K, P: ?Sized> {
    installed: RwLock<BTreeMap<K, Arc<P>>>,
    bell: Notify,
}

/// The importers of sources.
pub type Importers = Instances<SourceKey, dyn Importer>;
/// The sinks.
pub type ResultSinks = Instances<SinkKey, dyn Sink>;

impl<K, P: ?Sized> Default for Instances<K, P> {
    fn default() -> Self {
        Self { installed: RwLock::default(), bell: Notify::new() }
    }
}

impl<K: Ord, P: ?Sized> Instances<K, P> {
    /// Installs one.
    pub fn insert(&self, key: K, port: Arc<P>) {
        self.installed.write().unwrap_or_else(PoisonError::into_inner).insert(key, port);
    }

    /// Takes one out.
    pub fn remove(&self, key: K) {
        self.installed.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    /// The one of a row.
    pub fn get(&self, key: K) -> Option<Arc<P>> {
        self.installed.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.installed.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// There is something to do: look again.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Until it is rung; a ring that nobody waited for counts.
    pub(super) fn rung(&self) -> Notified<'_> {
        self.bell.notified()
    }
}
