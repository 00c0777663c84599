//! Times of day and weekdays: the first moment that a campaign wants, on the lead's clock.
//!
//! The host answers what that clock shows and when the calling hours open; nothing here knows a zone. The engine moves a
//! retry into the calling hours in any case, but it would move it out of the wanted time; so the two are asked in turn until
//! they agree, a week of openings at most, and if they never do the engine has the last word.

use campanile_plugin_sdk::calendar;
use campanile_plugin_sdk::types::{PluginError, Timestamp};

use crate::settings::{Settings, Weekday};

const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const DAY_MINUTES: u16 = 24 * 60;
/// Rounds of asking; each goes on by a day or an opening.
const ROUNDS: usize = 8;

/// Minutes of a day, from one up to but not including another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: u16,
    to: u16,
}

/// When a retry may be.
#[derive(Debug)]
pub struct Times<'a> {
    spans: Vec<Span>,
    skipped: &'a [Weekday],
}

impl<'a> Times<'a> {
    /// What is set, for the retry after a round (from 1); `None` when any time will do.
    pub fn of(settings: &'a Settings, round: u32) -> Result<Option<Self>, PluginError> {
        let mut spans = settings.times.iter().map(|text| span(text)).collect::<Result<Vec<_>, _>>()?;
        if spans.is_empty() && settings.skip_weekdays.is_empty() {
            return Ok(None);
        }
        if settings.times_in_turn && !spans.is_empty() {
            spans = vec![spans[round.saturating_sub(1) as usize % spans.len()]];
        } else if spans.is_empty() {
            spans = vec![Span { from: 0, to: DAY_MINUTES }];
        }
        Ok(Some(Self { spans, skipped: &settings.skip_weekdays }))
    }

    /// The first moment not before `at` that is wanted and, where one is found, inside the calling hours.
    pub fn next(&self, at: Timestamp, zone: &str) -> Result<Timestamp, PluginError> {
        let first = self.wanted(at, zone)?;
        let mut wanted = first;
        for _ in 0..ROUNDS {
            match calendar::next_open(wanted) {
                Some(open) if open > wanted => wanted = self.wanted(open, zone)?,
                Some(_) => return Ok(wanted),
                None => break,
            }
        }
        Ok(first)
    }

    /// The same without the calling hours: today's windows, then the beginnings on the days that follow.
    fn wanted(&self, at: Timestamp, zone: &str) -> Result<Timestamp, PluginError> {
        let local = calendar::local(at, zone)?;
        let minute = u16::from(local.hour) * 60 + u16::from(local.minute);
        for ahead in 0..=7 {
            let day = local.plus_days(ahead);
            if self.skipped.iter().any(|skipped| *skipped as u8 == day.weekday) {
                continue;
            }
            if ahead == 0 && self.spans.iter().any(|span| (span.from..span.to).contains(&minute)) {
                return Ok(at);
            }
            let begins = self.spans.iter().map(|span| span.from).filter(|from| ahead > 0 || *from > minute).min();
            if let Some(from) = begins {
                return Ok(calendar::instant(day.at((from / 60) as u8, (from % 60) as u8), zone)?.max(at));
            }
        }
        Ok(at)
    }
}

/// `tuesday 17:00`, for a reason.
pub fn shown(at: Timestamp, zone: &str) -> Result<String, PluginError> {
    let local = calendar::local(at, zone)?;
    let name = NAMES.get(usize::from(local.weekday).wrapping_sub(1)).unwrap_or(&"");
    Ok(format!("{name} {:02}:{:02}", local.hour, local.minute))
}

fn span(text: &str) -> Result<Span, PluginError> {
    let found = match text.split_once(['-', '–']) {
        Some((from, to)) => clock(from).zip(clock(to)).map(|(from, to)| Span { from, to }),
        None => clock(text).map(|from| Span { from, to: from + 1 }),
    };
    found.filter(|span| span.from < span.to && span.to <= DAY_MINUTES).ok_or_else(|| {
        let message = format!(
            "{text:?} in the setting times is no time of day. Write a window such as 09:00-11:00 that does not cross \
             midnight, or a time such as 17:30"
        );
        PluginError::new("times_unreadable", message)
    })
}

/// Minutes since midnight: `9`, `9:30`, `09:30`; `24:00` is the end of the day.
fn clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "00"));
    let number = |digits: &str, least: usize, most: u16| {
        let plain = (least..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|number: &u16| plain && *number <= most)
    };
    Some(number(hour, 1, 24)? * 60 + number(minute, 2, 59)?)
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{self, Host, utc};

    use super::*;

    fn settings(times: &[&str], skipped: &[Weekday]) -> Settings {
        let times = times.iter().map(|time| (*time).to_owned()).collect();
        Settings { times, skip_weekdays: skipped.to_vec(), ..Settings::default() }
    }

    fn next(settings: &Settings, at: Timestamp, zone: &str) -> Timestamp {
        Times::of(settings, 1).unwrap().unwrap().next(at, zone).unwrap()
    }

    #[test]
    fn times_are_read_as_people_write_them_and_others_are_named() {
        for (text, from, to) in
            [("9-11", 540, 660), ("09:00 – 11:30", 540, 690), (" 17:30", 1050, 1051), ("0:00-24:00", 0, 1440)]
        {
            assert_eq!(span(text), Ok(Span { from, to }), "{text}");
        }
        for text in ["", "9am", "25:00", "24:00", "9:5", "9:60", "11-9", "9-9", "9-11-13", "+9", "-", "9:000", "٩"] {
            let error = span(text).unwrap_err();
            assert!(error.code == "times_unreadable" && error.message.contains(&format!("{text:?}")), "{error:?}");
        }
    }

    #[test]
    fn a_retry_stays_in_a_window_and_is_moved_to_the_next_outside_of_one() {
        fake::install(Host::default().zone("Europe/Zurich", 60));
        let settings = settings(&["17:00-19:00", "08:00-10:00"], &[]);
        // 2026-03-02 is a Monday; the clock in Zurich is an hour ahead.
        for ((day, hour, minute), (to_day, to_hour, to_minute)) in [
            ((2, 7, 30), (2, 7, 30)),
            ((2, 8, 59), (2, 8, 59)),
            ((2, 9, 0), (2, 16, 0)),
            ((2, 17, 59), (2, 17, 59)),
            ((2, 18, 0), (3, 7, 0)),
            ((2, 23, 30), (3, 7, 0)),
        ] {
            let moved = next(&settings, utc(2026, 3, day, hour, minute), "Europe/Zurich");
            assert_eq!(moved, utc(2026, 3, to_day, to_hour, to_minute), "day {day} {hour}:{minute}");
        }
    }

    #[test]
    fn weekdays_left_out_are_passed_over() {
        fake::install(Host::default());
        let weekend = [Weekday::Saturday, Weekday::Sunday];
        let saturday = utc(2026, 3, 7, 12, 0);
        assert_eq!(next(&settings(&[], &weekend), saturday, "UTC"), utc(2026, 3, 9, 0, 0));
        assert_eq!(next(&settings(&["17:30"], &weekend), saturday, "UTC"), utc(2026, 3, 9, 17, 30));
        assert_eq!(next(&settings(&["11:00"], &weekend), utc(2026, 3, 6, 12, 0), "UTC"), utc(2026, 3, 9, 11, 0));
        assert_eq!(next(&settings(&[], &weekend), utc(2026, 3, 6, 12, 0), "UTC"), utc(2026, 3, 6, 12, 0));
        let all = serde_json::from_str::<Vec<Weekday>>(&format!("{NAMES:?}")).unwrap();
        assert_eq!(next(&settings(&[], &all), saturday, "UTC"), saturday);
        assert_eq!(next(&settings(&["11:00"], &all[..6]), saturday, "UTC"), utc(2026, 3, 8, 11, 0));
    }

    #[test]
    fn the_calling_hours_and_the_times_are_made_to_agree() {
        fake::install(Host::default().open(9, 18));
        let evening = settings(&["17:00-20:00"], &[]);
        assert_eq!(next(&evening, utc(2026, 3, 2, 18, 30), "UTC"), utc(2026, 3, 3, 17, 0));
        let early = settings(&["07:00-10:00"], &[]);
        assert_eq!(next(&early, utc(2026, 3, 2, 12, 0), "UTC"), utc(2026, 3, 3, 9, 0));
        let never = settings(&["05:00-06:00"], &[]);
        assert_eq!(next(&never, utc(2026, 3, 2, 12, 0), "UTC"), utc(2026, 3, 3, 5, 0));
    }

    #[test]
    fn times_in_turn_follow_the_rounds() {
        fake::install(Host::default());
        let settings = Settings { times_in_turn: true, ..settings(&["09:00-11:00", "17:00-19:00"], &[]) };
        for (round, hour) in [(0, 9), (1, 9), (2, 17), (3, 9), (4, 17), (u32::MAX, 9)] {
            let times = Times::of(&settings, round).unwrap().unwrap();
            assert_eq!(times.next(utc(2026, 3, 2, 6, 0), "UTC"), Ok(utc(2026, 3, 2, hour, 0)), "round {round}");
        }
        assert!(Times::of(&Settings { times_in_turn: true, ..Settings::default() }, 1).unwrap().is_none());
    }

    #[test]
    fn a_zone_that_nobody_knows_is_an_error() {
        fake::install(Host::default());
        let settings = settings(&["9-11"], &[]);
        assert_eq!(Times::of(&settings, 1).unwrap().unwrap().next(0, "Mars").unwrap_err().code, "calendar");
    }
}
