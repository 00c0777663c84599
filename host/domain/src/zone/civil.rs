//! What clocks and calendars show.
//!
//! A civil time is what people write down and read off a wall. It becomes an instant only together with a zone, so
//! nothing here can be compared with, or subtracted from, an instant. A text is read strictly (no offset, no missing
//! zero, no 31 April), because a rehearsal that starts at another hour than the one written would prove nothing.

use std::fmt;

use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::Zone;
use crate::time::{SECOND_MS, Timestamp};

/// A day of the week, Monday first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the days explain themselves")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The week in order.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    /// Days since Monday, 0 to 6.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The ISO 8601 number: Monday 1 to Sunday 7.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The lower-case English name, as calling hours write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }
}

/// What a clock and a calendar show, somewhere. Not an instant: that needs a [`Zone`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a calendar explain themselves")]
pub struct Civil {
    pub year: i32,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub weekday: Weekday,
}

impl Civil {
    /// The time on the calendar with the weekday worked out and fields beyond their range carried over. Years are
    /// held between -9998 and 9998.
    pub fn new(year: i32, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Self {
        let raw = Self { year, month, day, hour, minute, second, weekday: Weekday::Monday };
        Self::from_jiff(Offset::UTC.to_datetime(raw.as_if_utc().into()))
    }

    pub(super) fn from_jiff(shown: jiff::civil::DateTime) -> Self {
        let part = |value: i8| value.unsigned_abs();
        Self {
            year: i32::from(shown.year()),
            month: part(shown.month()),
            day: part(shown.day()),
            hour: part(shown.hour()),
            minute: part(shown.minute()),
            second: part(shown.second()),
            weekday: Weekday::ALL[part(shown.weekday().to_monday_zero_offset()) as usize % 7],
        }
    }

    /// The instant at which a clock in UTC shows this. Days are counted in years that begin in March, so that the leap
    /// day is a year's last and months need no table.
    pub(super) fn as_if_utc(self) -> Timestamp {
        let months = i64::from(self.year.clamp(-9_998, 9_998)) * 12 + i64::from(self.month) - 3;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = year * 365 + leap_days + (153 * month + 2) / 5 + i64::from(self.day) - 1 - 719_468;
        let minutes = (days * 24 + i64::from(self.hour)) * 60 + i64::from(self.minute);
        Timestamp((minutes * 60 + i64::from(self.second)) * SECOND_MS)
    }
}

impl fmt::Display for Civil {
    /// As [`parse_local`] reads it; seconds only when they are not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, .. } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}")?;
        if *second == 0 { Ok(()) } else { write!(f, ":{second:02}") }
    }
}

/// A text that is not a local date and time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a local date and time; write YYYY-MM-DDTHH:MM without an offset, for example 2026-03-02T08:00 \
     (the zone is given beside it)"
)]
pub struct NotALocalTime(pub String);

impl NotALocalTime {
    /// The stable code of this error.
    pub const CODE: &'static str = "not_a_local_time";
}

/// Reads `YYYY-MM-DDTHH:MM`, with `:SS` if wanted, as a time on the clock of `zone`; see [`Zone::instant`] for times
/// that come twice or never.
pub fn parse_local(text: &str, zone: &Zone) -> Result<Timestamp, NotALocalTime> {
    civil_from_text(text).map(|civil| zone.instant(civil)).ok_or_else(|| NotALocalTime(text.to_owned()))
}

fn civil_from_text(text: &str) -> Option<Civil> {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let fits = text.bytes().zip(SHAPE).all(|(given, wanted)| match wanted {
        b'0' => given.is_ascii_digit(),
        _ => given == *wanted,
    });
    if !fits || !(text.len() == 16 || text.len() == SHAPE.len()) {
        return None;
    }
    let part = |from: usize| text.get(from..from + 2)?.parse::<u8>().ok();
    let second = if text.len() == 16 { 0 } else { part(17)? };
    let (year, month, day) = (text.get(..4)?.parse().ok()?, part(5)?, part(8)?);
    let civil = Civil::new(year, month, day, part(11)?, part(14)?, second);
    // What does not come back as it was written did not exist: 31 April, 24:00, a sixty-first second.
    let same = civil.to_string();
    (same == text || format!("{same}:00") == text).then_some(civil)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_beyond_their_range_carry_over() {
        assert_eq!(Civil::new(2026, 4, 31, 0, 0, 0), Civil::new(2026, 5, 1, 0, 0, 0));
        assert_eq!(Civil::new(2026, 13, 1, 24, 0, 60), Civil::new(2027, 1, 2, 0, 1, 0));
        assert_eq!(Civil::new(2026, 0, 0, 0, 0, 0), Civil::new(2025, 11, 30, 0, 0, 0));
    }

    #[test]
    fn the_calendar_agrees_with_another_one_on_every_day() {
        let mut day = chrono::NaiveDate::from_ymd_opt(1890, 1, 1).unwrap();
        while day < chrono::NaiveDate::from_ymd_opt(2110, 1, 1).unwrap() {
            use chrono::Datelike;
            let shown = Civil::new(day.year(), day.month() as u8, day.day() as u8, 13, 14, 15);
            assert_eq!(
                (shown.year, u32::from(shown.month), u32::from(shown.day)),
                (day.year(), day.month(), day.day())
            );
            assert_eq!(u32::from(shown.weekday.number()), day.weekday().number_from_monday());
            let other = day.and_hms_opt(13, 14, 15).unwrap().and_utc().timestamp_millis();
            assert_eq!(shown.as_if_utc(), Timestamp(other));
            day = day.succ_opt().unwrap();
        }
    }

    #[test]
    fn a_local_time_is_read_on_the_clock_of_the_zone() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let read = |text| parse_local(text, &berlin).map(|at| at.to_string());
        assert_eq!(read("2026-03-02T08:00").as_deref(), Ok("2026-03-02T07:00:00Z"));
        assert_eq!(read("2026-07-02T08:00:30").as_deref(), Ok("2026-07-02T06:00:30Z"));
        assert_eq!(read("2026-07-02T08:00:00").as_deref(), Ok("2026-07-02T06:00:00Z"));
        assert_eq!(read("2027-03-28T02:30").as_deref(), Ok("2027-03-28T01:00:00Z"));
    }

    #[test]
    fn what_is_not_a_local_time_is_told_with_an_example() {
        for text in [
            "",
            "2026-03-02",
            "2026-3-2T8:00",
            "2026-03-02T08:00Z",
            "2026-03-02T08:00+01:00",
            "2026-03-02 08:00",
            "2026-03-02T24:00",
            "2026-03-02T08:60",
            "2026-02-29T08:00",
            "2026-13-01T08:00",
            "2026-00-10T08:00",
            "2026-03-02T08:00:60",
            "2026-03-02T08:00:0",
            "2026-03-02T08:00:00.5",
            "2026-03-02T08:0é",
            "+026-03-02T08:00",
        ] {
            let told = parse_local(text, &Zone::utc()).unwrap_err().to_string();
            assert!(told.contains(&format!("{text:?}")) && told.contains("2026-03-02T08:00 "), "{told}");
        }
        assert!(parse_local("2028-02-29T08:00", &Zone::utc()).is_ok());
    }
}
