//! Dates as other systems write them, to and from Unix milliseconds.
//!
//! Only what names an instant is read: a text without an offset is a local time, which is the calendar's business and not
//! to be guessed. Two-digit years, names of zones other than GMT and leap seconds are nobody's any more and are refused.

use crate::civil::{date, day_number};
use crate::types::Timestamp;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Digits and nothing else.
fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn instant(day: (i64, i64, i64), time: (i64, i64, i64), offset_minutes: i64) -> Option<Timestamp> {
    let (year, month, of_month) = (i32::try_from(day.0).ok()?, u8::try_from(day.1).ok()?, u8::try_from(day.2).ok()?);
    let (hour, minute, second) = time;
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 || offset_minutes.abs() >= 24 * 60 {
        return None;
    }
    let number = day_number(year, month, of_month);
    let seconds = number * 86_400 + hour * 3_600 + (minute - offset_minutes) * 60 + second;
    (date(number) == (year, month, of_month)).then_some(seconds * 1_000)
}

/// `09:30:15`; the seconds may be missing.
fn time_of_day(text: &str) -> Option<(i64, i64, i64)> {
    let parts: Vec<_> = text.split(':').collect();
    match parts.as_slice() {
        [hour, minute] => Some((number(hour, 2)?, number(minute, 2)?, 0)),
        [hour, minute, second] => Some((number(hour, 2)?, number(minute, 2)?, number(second, 2)?)),
        _ => None,
    }
}

/// `+0130` or `+01:30`, in minutes.
fn offset(text: &str) -> Option<i64> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match text.len() {
        5 => (&text[1..3], &text[3..]),
        6 if text.as_bytes()[3] == b':' => (&text[1..3], &text[4..]),
        _ => return None,
    };
    Some(sign * (number(hours, 2)? * 60 + number(minutes, 2).filter(|minutes| *minutes < 60)?))
}

/// A date of mail and HTTP headers: `Tue, 02 Jun 2026 09:30:15 +0200`, the same with `GMT`, the weekday optional.
pub fn rfc2822(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let parts: Vec<_> = text.split_ascii_whitespace().collect();
    let [day, month, year, time, zone] = parts.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? as i64 + 1;
    let day = number(day, 2).or_else(|| number(day, 1))?;
    let zone = if ["GMT", "UTC", "Z"].contains(zone) { 0 } else { offset(zone).filter(|_| zone.len() == 5)? };
    instant((number(year, 4)?, month, day), time_of_day(time)?, zone)
}

/// A date of most JSON: `2026-06-02T09:30:15.250+02:00`, `Z` for UTC, a fraction cut to milliseconds.
pub fn rfc3339(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if !text.is_ascii() || text.len() < 16 || !matches!(text.as_bytes()[10], b'T' | b't' | b' ') {
        return None;
    }
    let (day, rest) = (&text[..10], &text[11..]);
    let (time, zone) = match rest.find(['Z', 'z', '+', '-'])? {
        at if at + 1 == rest.len() => (&rest[..at], 0),
        at => (&rest[..at], offset(&rest[at..])?),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ms: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    let parts: Vec<_> = day.split('-').collect();
    let [year, month, of_month] = parts.as_slice() else { return None };
    let day = (number(year, 4)?, number(month, 2)?, number(of_month, 2)?);
    Some(instant(day, time_of_day(time)?, zone)? + ms)
}

/// An instant in UTC to the second: `2026-06-02T07:30:15Z`.
pub fn to_rfc3339(at: Timestamp) -> String {
    let (day, of_day) = (at.div_euclid(86_400_000), at.rem_euclid(86_400_000) / 1_000);
    let (year, month, of_month) = date(day);
    format!("{year:04}-{month:02}-{of_month:02}T{:02}:{:02}:{:02}Z", of_day / 3_600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-06-02 07:30:15 UTC.
    const AT: Timestamp = 1_780_385_415_000;

    #[test]
    fn every_spelling_of_an_instant_is_the_same_instant() {
        for text in [
            "Tue, 02 Jun 2026 09:30:15 +0200",
            "2 Jun 2026 07:30:15 GMT",
            "Tue, 02 Jun 2026 07:30:15 GMT",
            " Mon, 01 Jun 2026 22:00:15 -0930 ",
        ] {
            assert_eq!(rfc2822(text), Some(AT), "{text}");
        }
        for text in [
            "2026-06-02T07:30:15Z",
            "2026-06-02 07:30:15z",
            "2026-06-02T09:30:15+02:00",
            "2026-06-01T22:00:15-0930",
            "2026-06-02T07:30:15.0000001Z",
        ] {
            assert_eq!(rfc3339(text), Some(AT), "{text}");
        }
        assert_eq!(rfc3339("2026-06-02T07:30:15.25Z"), Some(AT + 250));
        assert_eq!(rfc3339("2026-06-02T07:30Z"), Some(AT - 15_000));
        assert_eq!(to_rfc3339(AT + 999), "2026-06-02T07:30:15Z");
        assert_eq!(rfc2822("Thu, 01 Jan 1970 00:00:00 +0000"), Some(0));
    }

    #[test]
    fn what_names_no_instant_is_refused() {
        for text in [
            "",
            "Tue, 02 Jun 2026 09:30:15",
            "Tue, 02 Jun 26 09:30:15 GMT",
            "Tue, 31 Jun 2026 09:30:15 GMT",
            "Tue, 02 Jun 2026 24:30:15 GMT",
            "Tue, 02 Jun 2026 09:30:15 PST",
            "Tue, 00 Jun 2026 09:30:15 GMT",
            "Tue, 02 Jun 2026 09:30:15 +02:00",
            "Tue, 02 Jün 2026 09:30:15 GMT",
        ] {
            assert_eq!(rfc2822(text), None, "{text}");
        }
        for text in [
            "",
            "2026-06-02",
            "2026-06-02T09:30:15",
            "2026-02-30T09:30:15Z",
            "2026-13-02T09:30:15Z",
            "2026-06-02T09:30:15.Z",
            "2026-06-02T09:30:15+2",
            "2026-06-02T09:30:15+02:60",
            "2026-06-02T09:30:15Zulu",
            "2026-06-02Té9:30:15Z",
        ] {
            assert_eq!(rfc3339(text), None, "{text}");
        }
    }
}
