//! When keys were last used, to the minute.
//!
//! A write for every request would make the one writer the bound of every read. So a use is written only when the last that was
//! written is a minute old, and whoever finds somebody writing already leaves it to them: a busy host writes many keys in one
//! transaction, an idle one writes a first use at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use campanile_domain::ids::KeyId;
use campanile_domain::time::{MINUTE_MS, Timestamp};

/// Keys that are remembered before the old ones are forgotten; one that is forgotten is written again a little early.
const MOST: usize = 4_096;

/// Which uses were written, and which wait for it.
#[derive(Debug, Default)]
pub(crate) struct Used(Mutex<Uses>);

#[derive(Debug, Default)]
struct Uses {
    written: BTreeMap<KeyId, Timestamp>,
    waiting: BTreeMap<KeyId, Timestamp>,
    writing: bool,
}

fn is_fresh(written: Timestamp, now: Timestamp) -> bool {
    (0..MINUTE_MS).contains(&now.since(written))
}

impl Used {
    fn with<T>(&self, act: impl FnOnce(&mut Uses) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A key was used; says whether the caller has to see to it that what waits is written.
    pub(crate) fn note(&self, key: KeyId, now: Timestamp) -> bool {
        self.with(|uses| {
            if uses.written.get(&key).is_some_and(|written| is_fresh(*written, now)) {
                return false;
            }
            if uses.written.len() >= MOST {
                uses.written.retain(|_, written| is_fresh(*written, now));
            }
            if uses.written.len() >= MOST {
                uses.written.clear();
            }
            uses.written.insert(key, now);
            uses.waiting.insert(key, now);
            !std::mem::replace(&mut uses.writing, true)
        })
    }

    /// What waits. `None`: nothing does, and the next use begins anew.
    pub(crate) fn take(&self) -> Option<Vec<(KeyId, Timestamp)>> {
        self.with(|uses| {
            uses.writing = !uses.waiting.is_empty();
            uses.writing.then(|| std::mem::take(&mut uses.waiting).into_iter().collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_key_is_written_once_a_minute_and_those_that_wait_together() {
        let used = Used::default();
        let (one, other) = (KeyId(1), KeyId(2));
        assert!(used.note(one, NOW), "the first begins to write");
        assert!(!used.note(one, NOW + 1) && !used.note(other, NOW + 2), "somebody does already");
        assert_eq!(used.take(), Some(vec![(one, NOW), (other, NOW + 2)]));
        assert!(!used.note(KeyId(3), NOW + 3), "it is being written");
        assert_eq!(used.take(), Some(vec![(KeyId(3), NOW + 3)]));
        assert_eq!(used.take(), None);
        assert!(!used.note(one, NOW + MINUTE_MS - 1));
        assert_eq!(used.take(), None);
        assert!(used.note(one, NOW + MINUTE_MS));
        assert_eq!(used.take(), Some(vec![(one, NOW + MINUTE_MS)]));
        assert_eq!(used.take(), None);
        assert!(used.note(one, NOW), "a clock that was put back");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let used = Used::default();
        for key in 0..3 * MOST as u128 {
            used.note(KeyId(key), NOW);
            used.take();
        }
        assert!(used.with(|uses| uses.written.len()) <= MOST);
    }
}
