//! The brake: a campaign whose calls fail for technical reasons is paused before it burns through its leads.
//!
//! Half of at least twenty calls that ended, or were dialled without an answer from the gateway, within two minutes. Busy
//! lines, unanswered calls and voicemails are people, not failures.

use std::collections::VecDeque;

use campanile_domain::time::{MINUTE_MS, Timestamp};

const WINDOW_MS: i64 = 2 * MINUTE_MS;
const LEAST_CALLS: usize = 20;

/// The calls of one campaign within the window.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker {
    ended: VecDeque<(Timestamp, bool)>,
    failed: usize,
}

impl Breaker {
    /// Counts a call that ended; answers with the counts when the brake must be pulled.
    pub(super) fn count(&mut self, now: Timestamp, technical: bool) -> Option<(usize, usize)> {
        self.ended.push_back((now, technical));
        self.failed += usize::from(technical);
        while let Some((at, was_technical)) = self.ended.front().copied() {
            if now.since(at) < WINDOW_MS {
                break;
            }
            self.ended.pop_front();
            self.failed -= usize::from(was_technical);
        }
        let calls = self.ended.len();
        (calls >= LEAST_CALLS && self.failed * 2 >= calls).then_some((self.failed, calls))
    }

    /// Forgets, when the campaign is started again.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_twenty_within_two_minutes() {
        let mut breaker = Breaker::default();
        for call in 0..19 {
            assert_eq!(breaker.count(Timestamp(call * 1000), call % 2 == 0), None);
        }
        assert_eq!(breaker.count(Timestamp(19_000), false), Some((10, 20)));
    }

    #[test]
    fn old_calls_are_forgotten() {
        let mut breaker = Breaker::default();
        for call in 0..19 {
            breaker.count(Timestamp(call), true);
        }
        assert_eq!(breaker.count(Timestamp(WINDOW_MS + 100), true), None);
    }
}
