//! Instants, as the whole product knows them.
//!
//! One type, whole milliseconds since the Unix epoch in UTC, because that is what the database stores, the plugin
//! contract speaks and the arithmetic of waits needs. Local time is a question for [`crate::zone`]; this module does
//! not know that zones exist. Durations are plain `i64` milliseconds named `*_ms`, so that a unit is always in sight.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day of twenty-four hours in milliseconds (a local day may be shorter or longer, see [`crate::zone`]).
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// An instant: milliseconds since 1970-01-01T00:00:00Z. Serialised as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The latest instant that every part of the product can print; used as "never".
    pub const MAX: Self = Self(253_402_207_200_000);

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// `self - earlier` in milliseconds; negative when `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Later by `ms`, without overflow.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl Add<i64> for Timestamp {
    type Output = Self;
    fn add(self, ms: i64) -> Self {
        self.plus_ms(ms)
    }
}

impl Sub<i64> for Timestamp {
    type Output = Self;
    fn sub(self, ms: i64) -> Self {
        self.plus_ms(-ms)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(value: jiff::Timestamp) -> Self {
        Self(value.as_millisecond())
    }
}

impl From<Timestamp> for jiff::Timestamp {
    /// Instants beyond jiff's range (years -9999 to 9999) are held at its ends.
    fn from(value: Timestamp) -> Self {
        Self::from_millisecond(value.0).unwrap_or(if value.0 < 0 { Self::MIN } else { Self::MAX })
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC; the fraction only when it is not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        jiff::Timestamp::from(*self).fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(Self::from).map_err(|_| NotATimestamp(text.to_owned()))
    }
}

/// A text that is not an instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an instant; write RFC 3339 with an offset, for example 2026-03-02T09:00:00Z")]
pub struct NotATimestamp(pub String);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_rfc_3339() {
        let at: Timestamp = "2026-03-02T09:00:00+01:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-03-02T08:00:00Z");
        assert_eq!(serde_json::to_string(&at).unwrap(), "\"2026-03-02T08:00:00Z\"");
        assert_eq!((at + 1).to_string(), "2026-03-02T08:00:00.001Z");
        assert!("tomorrow".parse::<Timestamp>().unwrap_err().to_string().contains("RFC 3339"));
    }
}
