//! `state`: what one instance keeps between calls.
//!
//! A call works on a copy. What it wrote is handed to the caller with the result, who stores both in one transaction or
//! neither; a call that fails has written nothing.

use std::collections::BTreeMap;

use campanile_domain::plugin::limits::STATE_BYTES;

use super::Lent;
use crate::contract::campanile::plugin::state::Host;
use crate::fault::Fault;

/// The texts that one instance keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    cells: BTreeMap<String, String>,
    bytes: usize,
    changed: bool,
}

impl State {
    /// What the store has kept.
    pub fn of(cells: BTreeMap<String, String>) -> Self {
        let bytes = cells.iter().map(|(key, value)| key.len() + value.len()).sum();
        Self { cells, bytes, changed: false }
    }

    /// What is to be stored, if the call changed anything.
    pub fn changes(self) -> Option<BTreeMap<String, String>> {
        self.changed.then_some(self.cells)
    }

    fn set(&mut self, key: String, value: String) -> Result<(), Fault> {
        let freed = self.cells.get(&key).map_or(0, |old| key.len() + old.len());
        let bytes = self.bytes - freed + key.len() + value.len();
        if bytes > STATE_BYTES {
            return Err(Fault::StateTooLarge { limit: STATE_BYTES });
        }
        self.bytes = bytes;
        self.changed = true;
        self.cells.insert(key, value);
        Ok(())
    }

    fn remove(&mut self, key: &str) {
        if let Some(old) = self.cells.remove(key) {
            self.bytes -= key.len() + old.len();
            self.changed = true;
        }
    }
}

impl Host for Lent {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.count()?;
        Ok(self.loan.state.cells.get(&key).cloned())
    }

    fn set(&mut self, key: String, value: String) -> wasmtime::Result<()> {
        self.count()?;
        Ok(self.loan.state.set(key, value)?)
    }

    fn remove(&mut self, key: String) -> wasmtime::Result<()> {
        self.count()?;
        self.loan.state.remove(&key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_count_too_and_what_is_replaced_makes_room() {
        let mut state = State::default();
        state.set("k".into(), "v".repeat(STATE_BYTES - 1)).unwrap();
        assert_eq!(state.set("l".into(), String::new()), Err(Fault::StateTooLarge { limit: STATE_BYTES }));
        state.set("k".into(), "short".into()).unwrap();
        state.set("l".into(), "fits".into()).unwrap();
        state.remove("k");
        assert_eq!(state.bytes, 5);
        assert_eq!(state.changes().unwrap(), BTreeMap::from([("l".into(), "fits".into())]));
    }

    #[test]
    fn reading_changes_nothing() {
        let mut state = State::of(BTreeMap::from([("a".into(), "1".into())]));
        state.remove("not there");
        assert_eq!(state.changes(), None);
    }
}
