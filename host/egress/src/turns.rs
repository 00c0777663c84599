//! One at a time, per key.
//!
//! A refresh token works once, so of many requests that need a new token one asks and the others wait for what it got.
//! What a turn guards lives in its lock: whoever holds the turn may read and change it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as Turn;

/// Keys remembered while nobody is in their turn.
const REMEMBERED: usize = 1_024;

/// What is guarded, per key.
pub struct Turns<K, S> {
    guarded: Mutex<BTreeMap<K, Arc<Turn<S>>>>,
    /// Whether a state may be forgotten.
    is_idle: fn(&S) -> bool,
}

impl<K: Ord, S: Default> Turns<K, S> {
    pub fn new(is_idle: fn(&S) -> bool) -> Self {
        Self { guarded: Mutex::default(), is_idle }
    }

    /// The turn of a key.
    pub fn of(&self, key: K) -> Arc<Turn<S>> {
        let mut guarded = self.guarded.lock().unwrap_or_else(PoisonError::into_inner);
        if guarded.len() >= REMEMBERED && !guarded.contains_key(&key) {
            let busy = |turn: &Arc<Turn<S>>| turn.try_lock().map_or(true, |state| !(self.is_idle)(&state));
            guarded.retain(|_, turn| Arc::strong_count(turn) > 1 || busy(turn));
        }
        guarded.entry(key).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_in_use_or_worth_keeping_is_not_forgotten() {
        let turns: Turns<usize, u8> = Turns::new(|state| *state == 0);
        *turns.of(0).lock().await = 7;
        let held = turns.of(1);
        for key in 2..=REMEMBERED {
            turns.of(key);
        }
        assert_eq!(*turns.of(0).lock().await, 7);
        assert!(Arc::ptr_eq(&held, &turns.of(1)));
        assert!(turns.guarded.lock().unwrap().len() < 4);
    }
}
