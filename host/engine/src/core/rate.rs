//! Dials per second.
//!
//! The generic cell rate algorithm on whole microseconds: one instant per limit, no float in the hot path, and a limit
//! starts spent, so that a crash loop cannot dial faster than the limit.

use campanile_domain::time::Timestamp;

/// One limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    interval_us: i64,
    /// The theoretical arrival time of the next dial, in microseconds.
    next_us: i64,
}

impl Rate {
    /// So many dials per second from `now` on; `None` for no limit.
    pub(super) fn new(per_second: Option<f64>, now: Timestamp) -> Option<Self> {
        let per_second = per_second.filter(|rate| rate.is_finite() && *rate > 0.0)?;
        let interval_us = (1_000_000.0 / per_second).clamp(1.0, 86_400_000_000.0) as i64;
        Some(Self { interval_us, next_us: now.millis() * 1000 })
    }

    /// The same limit with another rate, keeping what was spent.
    pub(super) fn changed(old: Option<Self>, per_second: Option<f64>, now: Timestamp) -> Option<Self> {
        let new = Self::new(per_second, now)?;
        Some(Self { next_us: old.map_or(new.next_us, |old| old.next_us.max(new.next_us)), ..new })
    }

    /// When the next dial is allowed.
    pub(super) fn opens_at(&self) -> Timestamp {
        Timestamp(self.next_us.div_euclid(1000) + i64::from(self.next_us.rem_euclid(1000) > 0))
    }

    /// Whether a dial is allowed now.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.opens_at() <= now
    }

    /// Spends one dial.
    pub(super) fn spend(&mut self, now: Timestamp) {
        self.next_us = self.next_us.max(now.millis() * 1000) + self.interval_us;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_faster_than_the_rate() {
        let mut rate = Rate::new(Some(10.0), Timestamp(0)).unwrap();
        let mut dials = 0;
        for millisecond in 0..=10_000 {
            while rate.is_open(Timestamp(millisecond)) {
                rate.spend(Timestamp(millisecond));
                dials += 1;
            }
        }
        assert!((100..=101).contains(&dials), "{dials}");
    }

    #[test]
    fn an_edit_does_not_forgive() {
        let mut rate = Rate::new(Some(0.1), Timestamp(0)).unwrap();
        rate.spend(Timestamp(0));
        let edited = Rate::changed(Some(rate), Some(1.0), Timestamp(1)).unwrap();
        assert_eq!(edited.opens_at(), Timestamp(10_000));
        assert!(Rate::new(None, Timestamp(0)).is_none());
    }
}
