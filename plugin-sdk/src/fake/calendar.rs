//! Local time as a test says it is: fixed offsets, and one opening hour for every day.

use std::collections::BTreeMap;

use super::Host;
use crate::calendar::Civil;
use crate::civil::{date, day_number, weekday};
use crate::types::Timestamp;

const DAY_MS: i64 = 86_400_000;

#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    offsets_ms: BTreeMap<String, i64>,
    open: Option<(u8, u8)>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { offsets_ms: BTreeMap::from([("UTC".into(), 0)]), open: None }
    }
}

impl Host {
    /// Adds a zone that is `minutes` ahead of UTC all year.
    #[must_use]
    pub fn zone(mut self, name: impl Into<String>, minutes: i64) -> Self {
        self.calendar.offsets_ms.insert(name.into(), minutes * 60_000);
        self
    }

    /// Calling hours of every day, in UTC, from one full hour to a later one.
    #[must_use]
    pub fn open(mut self, from: u8, to: u8) -> Self {
        self.calendar.open = Some((from, to));
        self
    }
}

impl Calendar {
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
