//! Twenty failures in five minutes: when whatever fails is paused instead of asked again.
//!
//! A plugin that always fails would fail for every lead in turn, so that a person finds thousands of leads to repair
//! instead of one. Whoever asks plugins (campaigns their policy, sources their importer, calls their evaluator) counts each
//! failure here; at the twentieth within the window it pauses what asked, with the reason in words, and counting begins
//! anew. The counter reads no clock and is made of its instants, so that it can be kept as rows or in memory.

use crate::time::{MINUTE_MS, Timestamp};

/// The latest failures of one thing that can be paused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureWindow {
    /// Fewer than [`FailureWindow::MOST`].
    at: Vec<Timestamp>,
}

/// So many that whatever asks is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// Within the window, the last one included.
    pub failures: usize,
}

impl FailureWindow {
    /// Failures within the window that pause.
    pub const MOST: usize = 20;
    /// How long a failure counts, in milliseconds.
    pub const WINDOW_MS: i64 = 5 * MINUTE_MS;

    /// Of failures that were counted before, in any order: those kept by [`FailureWindow::instants`].
    pub fn of(at: impl IntoIterator<Item = Timestamp>) -> Self {
        Self { at: at.into_iter().collect() }
    }

    /// Counts a failure. A clock that was set back makes earlier failures count for longer, never for less.
    pub fn fail(&mut self, now: Timestamp) -> Option<TooMany> {
        self.at.retain(|at| now.since(*at) <= Self::WINDOW_MS);
        self.at.push(now);
        if self.at.len() < Self::MOST {
            return None;
        }
        let failures = self.at.len();
        self.forget();
        Some(TooMany { failures })
    }

    /// Begins anew: somebody has looked at it.
    pub fn forget(&mut self) {
        self.at.clear();
    }

    /// The failures that count, oldest first unless the clock was set back.
    pub fn instants(&self) -> &[Timestamp] {
        &self.at
    }
}

impl TooMany {
    /// Why it is paused, for a person: who failed, how often, and with what the last time.
    pub fn reason(self, who: &str, last: impl std::fmt::Display) -> String {
        let minutes = FailureWindow::WINDOW_MS / MINUTE_MS;
        format!("{who} failed {} times within {minutes} minutes, the last time with {last}", self.failures)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Everything ever counted since the last pause, looked through from the beginning each time.
    #[derive(Default)]
    struct Naive(Vec<i64>);

    impl Naive {
        fn fail(&mut self, now: i64) -> Option<usize> {
            self.0.push(now);
            let recent = self.0.iter().filter(|at| now - **at <= 300_000).count();
            (recent >= 20).then(|| {
                self.0.clear();
                recent
            })
        }
    }

    proptest! {
        #[test]
        fn it_counts_as_one_who_remembers_everything(steps in prop::collection::vec(0i64..40_000, 0..400), kept in any::<bool>()) {
            let (mut window, mut naive, mut now) = (FailureWindow::default(), Naive::default(), 1_000_000);
            for step in steps {
                now += step;
                let told = window.fail(Timestamp(now));
                prop_assert_eq!(told.map(|told| told.failures), naive.fail(now));
                prop_assert!(window.instants().len() < FailureWindow::MOST);
                if kept {
                    window = FailureWindow::of(window.instants().to_vec());
                }
            }
        }

        #[test]
        fn no_clock_makes_it_pause_early_or_grow(jumps in prop::collection::vec(-600_000i64..600_000, 0..400)) {
            let (mut window, mut now, mut since) = (FailureWindow::default(), 0, 0);
            for jump in jumps {
                now += jump;
                since += 1;
                if window.fail(Timestamp(now)).is_some() {
                    prop_assert!(since >= FailureWindow::MOST);
                    since = 0;
                }
                prop_assert!(window.instants().len() < FailureWindow::MOST);
            }
        }
    }

    #[test]
    fn the_twentieth_within_five_minutes_says_why() {
        let mut window = FailureWindow::default();
        for second in 0..19 {
            assert_eq!(window.fail(Timestamp(second * 1_000)), None);
        }
        let told = window.fail(Timestamp(300_000)).expect("the first is five minutes old and still counts");
        let reason = told.reason("crm@2.0.0", "plugin_timed_out: no answer in 60 s");
        let wanted =
            "crm@2.0.0 failed 20 times within 5 minutes, the last time with plugin_timed_out: no answer in 60 s";
        assert_eq!(reason, wanted);
        assert_eq!(window.fail(Timestamp(300_001)), None, "counting begins anew");
    }

    #[test]
    fn a_failure_counts_for_five_minutes() {
        let mut window = FailureWindow::of((0..19).map(|_| Timestamp(0)));
        assert_eq!(window.clone().fail(Timestamp(300_000)), Some(TooMany { failures: 20 }));
        assert_eq!(window.fail(Timestamp(300_001)), None);
        assert_eq!(window.instants(), [Timestamp(300_001)]);
    }
}
