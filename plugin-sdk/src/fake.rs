//! A host for unit tests: what it lends is what the test says, what is logged can be read back.
//!
//! Native builds only. It is not the sandbox: limits, fuel and records are tested by `campanile plugin test`, against the
//! real one. Zones are fixed offsets, which is enough to test arithmetic and says nothing about any real zone.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::log::Level;
#[cfg(feature = "retry-policy")]
use crate::types::Timestamp;

/// What the next calls on this thread are lent.
#[derive(Clone, Debug)]
pub struct Host {
    pub(crate) settings: String,
    #[cfg_attr(
        not(feature = "retry-policy"),
        expect(dead_code, reason = "no kind that asks for local time is linked")
    )]
    offsets_ms: BTreeMap<String, i64>,
    #[cfg_attr(
        not(feature = "retry-policy"),
        expect(dead_code, reason = "no kind that asks for local time is linked")
    )]
    open: Option<(u8, u8)>,
    pub(crate) log: Vec<(Level, String)>,
}

impl Default for Host {
    /// Empty settings, the zone `UTC`, always open.
    fn default() -> Self {
        Self { settings: "{}".into(), offsets_ms: BTreeMap::from([("UTC".into(), 0)]), open: None, log: Vec::new() }
    }
}

impl Host {
    /// The settings' JSON.
    #[must_use]
    pub fn settings(mut self, json: impl Into<String>) -> Self {
        self.settings = json.into();
        self
    }

    /// Adds a zone that is `minutes` ahead of UTC all year.
    #[must_use]
    pub fn zone(mut self, name: impl Into<String>, minutes: i64) -> Self {
        self.offsets_ms.insert(name.into(), minutes * 60_000);
        self
    }

    /// Calling hours of every day, in UTC, from one full hour to a later one.
    #[must_use]
    pub fn open(mut self, from: u8, to: u8) -> Self {
        self.open = Some((from, to));
        self
    }
}

#[cfg(feature = "retry-policy")]
mod timed {
    use super::Host;
    use crate::calendar::Civil;
    use crate::civil::{date, day_number, weekday};
    use crate::types::Timestamp;

    const DAY_MS: i64 = 86_400_000;

    impl Host {
        fn offset_ms(&self, zone: &str) -> Result<i64, String> {
            self.offsets_ms.get(zone).copied().ok_or_else(|| format!("the fake host knows no zone {zone:?}"))
        }

        pub(crate) fn local(&self, at: Timestamp, zone: &str) -> Result<Civil, String> {
            let shown = at + self.offset_ms(zone)?;
            let (number, of_day) = (shown.div_euclid(DAY_MS), shown.rem_euclid(DAY_MS) / 1_000);
            let (year, month, day) = date(number);
            let (hour, minute, second) = ((of_day / 3_600) as u8, (of_day / 60 % 60) as u8, (of_day % 60) as u8);
            Ok(Civil { year, month, day, hour, minute, second, weekday: weekday(number) })
        }

        pub(crate) fn instant(&self, civil: Civil, zone: &str) -> Result<Timestamp, String> {
            let seconds = i64::from(civil.hour) * 3_600 + i64::from(civil.minute) * 60 + i64::from(civil.second);
            let number = day_number(civil.year, civil.month, civil.day);
            if date(number) != (civil.year, civil.month, civil.day) {
                return Err(format!("{}-{}-{} is not a date", civil.year, civil.month, civil.day));
            }
            Ok(number * DAY_MS + seconds * 1_000 - self.offset_ms(zone)?)
        }

        pub(crate) fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
            let Some((from, to)) = self.open else { return Some(at) };
            let (day, of_day) = (at.div_euclid(DAY_MS), at.rem_euclid(DAY_MS));
            let (opens, closes) = (i64::from(from) * 3_600_000, i64::from(to) * 3_600_000);
            Some(match of_day {
                early if early < opens => day * DAY_MS + opens,
                late if late >= closes => (day + 1) * DAY_MS + opens,
                _ => at,
            })
        }
    }
}

thread_local! {
    static HOST: RefCell<Host> = RefCell::new(Host::default());
}

/// From here on this thread's calls reach `host`.
pub fn install(host: Host) {
    HOST.replace(host);
}

/// What has been logged since the last time, oldest first.
pub fn take_log() -> Vec<(Level, String)> {
    HOST.with_borrow_mut(|host| std::mem::take(&mut host.log))
}

/// Milliseconds since 1970 of a date and time in UTC, so that tests can write dates.
#[cfg(feature = "retry-policy")]
pub fn utc(year: i32, month: u8, day: u8, hour: u8, minute: u8) -> Timestamp {
    crate::civil::day_number(year, month, day) * 86_400_000 + i64::from(hour) * 3_600_000 + i64::from(minute) * 60_000
}

pub(crate) fn with<T>(ask: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(ask)
}
