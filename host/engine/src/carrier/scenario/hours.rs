//! The hours of a scenario: when other rates hold.
//!
//! Ranges of the local day, written as calling hours are written (`09:00`, `24:00` as an end, past midnight when the end
//! is before the start), so that nobody learns a second spelling. They carry rates and not permission, which is why they
//! are not the domain's calling hours: a minute that no range names has the ordinary rates.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Rates;

/// A minute of the local day, 0 to 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(pub u16);

impl Minute {
    fn read(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let digits = |part: &str| {
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<u16>().ok())?
        };
        let (hour, minute) = (digits(hour)?, digits(minute)?);
        let total = hour * 60 + minute;
        (minute < 60 && total <= 1440).then_some(Self(total))
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for Minute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("{text:?} is not a time of day; write HH:MM from 00:00 to 24:00"))
        })
    }
}

/// Rates that hold at certain hours of the scenario's local day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HourRates {
    /// The first minute.
    pub from: Minute,
    /// The minute after the last; before `from` when the range crosses midnight.
    pub to: Minute,
    /// How calls end then.
    pub rates: Rates,
}

impl HourRates {
    /// Whether `minute` of the day lies in the range.
    pub(in super::super) fn holds(&self, minute: u16) -> bool {
        let (after, before) = (minute >= self.from.0, minute < self.to.0);
        if self.from <= self.to { after && before } else { after || before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_strictly() {
        assert_eq!(Minute::read("09:05"), Some(Minute(545)));
        assert_eq!(Minute::read("24:00").map(|end| end.to_string()).as_deref(), Some("24:00"));
        for wrong in ["9:00", "09:60", "24:01", "0900", "+9:00", "09:00:00", ""] {
            assert_eq!(Minute::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_range_past_midnight_holds_both_sides_of_it() {
        let night = HourRates { from: Minute(22 * 60), to: Minute(6 * 60), rates: Rates::default() };
        let held: Vec<u16> = [0, 359, 360, 720, 1319, 1320, 1439].into_iter().filter(|m| night.holds(*m)).collect();
        assert_eq!(held, [0, 359, 1320, 1439]);
    }
}
