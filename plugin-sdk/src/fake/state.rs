//! What an instance keeps, with the host's limit.

use std::collections::BTreeMap;

use super::Host;

/// Bytes of keys and values that one instance may keep.
const LIMIT: usize = 64 << 10;

#[derive(Clone, Debug, Default)]
pub(crate) struct State(BTreeMap<String, String>);

impl Host {
    /// What an earlier call has kept.
    #[must_use]
    pub fn state(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.state.0.insert(key.into(), value.into());
        self
    }
}

impl State {
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        let others = self.0.iter().filter(|(name, _)| *name != key).map(|(name, kept)| name.len() + kept.len());
        let bytes = others.sum::<usize>() + key.len() + value.len();
        assert!(bytes <= LIMIT, "an instance keeps at most {LIMIT} bytes, and this would be {bytes}");
        self.0.insert(key.to_owned(), value.to_owned());
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }
}
