//! When somebody said that they want to be called, as an instant.
//!
//! Always the earliest instant that fits: "tomorrow" is the beginning of that day, "in the afternoon" noon, and the host
//! moves it into the calling hours. An hour without am or pm is the one that falls into a working day. What cannot be told
//! is not told.

use campanile_plugin_sdk::calendar::{self, Civil};
use campanile_plugin_sdk::evaluator::Talk;
use campanile_plugin_sdk::types::{PluginError, Timestamp};

use crate::time_words::{Names, clock, number, ordinal, weekday};
use crate::words::Line;

/// A time that was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The words.
    pub words: String,
    /// The earliest instant that fits.
    pub at: Timestamp,
    /// The same on the lead's clock.
    pub shown: String,
}

#[derive(Clone, Copy, Default)]
struct Parts {
    /// Days from today.
    days: Option<i64>,
    weekday: Option<u8>,
    /// At least a week from now, for a weekday.
    next: bool,
    of_month: Option<u32>,
    time: Option<(u32, u32)>,
    /// The hour as it was said, without am or pm.
    vague: bool,
    after_noon: Option<bool>,
    /// Morning, afternoon, evening: the hour where it begins.
    part: Option<u32>,
    wait_ms: Option<i64>,
}

/// Reads a time from a word of a line on.
pub fn read(line: &Line, from: usize, talk: &Talk) -> Result<Option<Said>, PluginError> {
    let words = &line.words[from..];
    let (parts, used) = parts(words);
    let Some((first, last)) = used else { return Ok(None) };
    let base = talk.started_at + i64::try_from(line.at_ms).unwrap_or(0);
    let here = calendar::local(base, &talk.zone)?;
    let Some(at) = instant(&parts, here, base, &talk.zone)? else { return Ok(None) };
    let shown = calendar::local(at, &talk.zone)?;
    let shown = format!("{:04}-{:02}-{:02} {:02}:{:02}", shown.year, shown.month, shown.day, shown.hour, shown.minute);
    let begins = first.checked_sub(1).filter(|at| {
        ["in", "after", "at", "on", "next", "um", "nach", "am", "nächste", "nächsten"].contains(&words[*at].as_str())
    });
    Ok(Some(Said { words: words[begins.unwrap_or(first)..=last].join(" "), at, shown }))
}

/// The time a stretch of words names, and the first and the last word that belong to it.
fn parts(words: &[String]) -> (Parts, Option<(usize, usize)>) {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let mut parts = Parts::default();
    let mut used: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < words.len() {
        let here = word(at);
        let mut taken = 0;
        if let Some((wait, length)) = wait(words, at) {
            (parts.wait_ms, taken) = (Some(wait), length);
        } else if here == "day" && word(at + 1) == "after" && word(at + 2) == "tomorrow" {
            (parts.days, taken) = (Some(2), 3);
        } else if let Some((days, part)) = named_day(here) {
            let before_day =
                here == "morgen" && ["am", "guten"].contains(&at.checked_sub(1).map(word).unwrap_or_default());
            if !before_day {
                (parts.days, parts.part, taken) = (Some(days), part.or(parts.part), 1);
            }
        } else if let Some(day) = weekday(here) {
            (parts.weekday, taken) = (Some(day), 1);
            parts.next |= at > 0 && word(at - 1) == "next" || word(at + 1) == "week";
        } else if ["next", "nächste", "nächster"].contains(&here) && ["week", "woche"].contains(&word(at + 1)) {
            (parts.next, taken) = (true, 2);
            parts.weekday = parts.weekday.or(Some(1));
        } else if let Some(hour) = part_of_day(here) {
            (parts.part, taken) = (Some(hour), 1);
        } else if let Some((hour, minute, after_noon)) = clock(here) {
            (parts.time, parts.after_noon, taken) = (Some((hour, minute)), after_noon, 1);
            parts.vague = after_noon.is_none() && hour < 12 && !here.starts_with('0');
        } else if let Some(day) = ordinal(here).filter(|day| (1..=31).contains(day)) {
            let tens =
                at.checked_sub(1).and_then(|at| number(word(at))).filter(|tens| [20, 30].contains(tens) && day < 10);
            (parts.of_month, taken) = (Some(day + tens.unwrap_or(0)), 1);
        } else if let Some((time, length)) = spoken(words, at) {
            (parts.time, parts.vague, taken) = (Some(time), time.0 < 12, length);
            let marked = word(at + length);
            if ["am", "pm"].contains(&marked) || (marked == "p" || marked == "a") && word(at + length + 1) == "m" {
                (parts.after_noon, taken) = (Some(marked.starts_with('p')), length + marked.len().abs_diff(3));
            }
        }
        if taken > 0 {
            let last = (at + taken - 1).min(words.len() - 1);
            used = Some((used.map_or(at, |(first, _)| first), last));
        }
        at += taken.max(1);
    }
    (parts, used)
}

/// "Half an hour", "twenty minutes", "two hours": milliseconds, and how many words.
fn wait(words: &[String], at: usize) -> Option<(i64, usize)> {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let unit = |word: &str| match word {
        "minute" | "minutes" | "minuten" => Some(60_000),
        "hour" | "hours" | "stunde" | "stunden" => Some(3_600_000),
        "day" | "days" | "tag" | "tagen" | "tage" => Some(86_400_000),
        "week" | "weeks" | "wochen" => Some(7 * 86_400_000),
        _ => None,
    };
    match (word(at), word(at + 1), word(at + 2)) {
        ("half", "an", "hour") => return Some((1_800_000, 3)),
        ("halben" | "halbe", "stunde", _) => return Some((1_800_000, 2)),
        ("couple", "of", last) => return unit(last).map(|ms| (2 * ms, 3)),
        ("a" | "an" | "einer", last, _) if at > 0 && word(at - 1) == "in" => return unit(last).map(|ms| (ms, 2)),
        _ => {}
    }
    let amount = number(word(at))?;
    unit(word(at + 1)).map(|ms| (i64::from(amount) * ms, 2))
}

/// A day by its name, with the part of it that the name says.
fn named_day(word: &str) -> Option<(i64, Option<u32>)> {
    Some(match word {
        "today" | "heute" => (0, None),
        "tonight" => (0, Some(18)),
        "tomorrow" | "morgen" => (1, None),
        "übermorgen" => (2, None),
        _ => return None,
    })
}

fn part_of_day(word: &str) -> Option<u32> {
    Some(match word {
        "morning" | "vormittag" | "früh" => 8,
        "noon" | "midday" | "mittag" | "lunchtime" | "afternoon" | "nachmittag" => 12,
        "evening" | "abend" => 18,
        _ => return None,
    })
}

/// A time of day that is spoken: `half past five`, `quarter to four`, `halb fünf`, `ten thirty`, `at three`.
fn spoken(words: &[String], at: usize) -> Option<((u32, u32), usize)> {
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let hour = |at: usize| number(word(at)).filter(|hour| (1..=24).contains(hour)).map(|hour| hour % 24);
    match (word(at), word(at + 1)) {
        ("half", "past") => return Some(((hour(at + 2)?, 30), 3)),
        ("quarter", "past") => return Some(((hour(at + 2)?, 15), 3)),
        ("quarter", "to") => return Some((((hour(at + 2)? + 23) % 24, 45), 3)),
        ("half", _) => return Some(((hour(at + 1)?, 30), 2)),
        ("halb", _) => return Some((((hour(at + 1)? + 23) % 24, 30), 2)),
        _ => {}
    }
    let told = hour(at)?;
    let minute = number(word(at + 1)).filter(|minute| (10..60).contains(minute));
    let behind = word(at + 1 + usize::from(minute.is_some()));
    let before = at.checked_sub(1).map(word).unwrap_or_default();
    let marked = ["oclock", "uhr", "am", "pm", "p", "a"].contains(&behind)
        || ["at", "after", "around", "about", "by", "before", "um", "nach", "gegen", "ab", "til"].contains(&before)
        || Names::of(before).time && number(before).is_none();
    let length = 1 + usize::from(minute.is_some()) + usize::from(["oclock", "uhr"].contains(&behind));
    marked.then_some(((told, minute.unwrap_or(0)), length))
}

/// The earliest instant after `base` that fits.
fn instant(parts: &Parts, here: Civil, base: Timestamp, zone: &str) -> Result<Option<Timestamp>, PluginError> {
    if let Some(wait) = parts.wait_ms {
        return Ok(Some(base + wait));
    }
    let (hour, minute) = match (parts.time, parts.part) {
        (Some((hour, minute)), part) => {
            let later = match (parts.after_noon, part) {
                (Some(after_noon), _) => after_noon && hour < 12,
                (None, Some(part)) => part >= 12 && hour < 12 && hour != 11,
                (None, None) => parts.vague && hour < 8,
            };
            (
                if later {
                    hour + 12
                } else if parts.after_noon == Some(false) {
                    hour % 12
                } else {
                    hour
                },
                minute,
            )
        }
        (None, Some(part)) => (part, 0),
        (None, None) => (0, 0),
    };
    let clock = |days: i64| here.plus_days(days).at(u8::try_from(hour).unwrap_or(0), u8::try_from(minute).unwrap_or(0));
    let days = match (parts.days, parts.weekday, parts.of_month) {
        (Some(days), ..) => days,
        (None, Some(day), _) => {
            let ahead = i64::from((day + 7 - here.weekday) % 7);
            if parts.next && ahead + i64::from(here.weekday) <= 7 {
                ahead + 7
            } else if ahead == 0 {
                7
            } else {
                ahead
            }
        }
        (None, None, Some(of_month)) => {
            let fits = |days: &i64| u32::from(here.plus_days(*days).day) == of_month;
            let Some(days) = (1..=62).find(fits) else { return Ok(None) };
            days
        }
        (None, None, None) => 0,
    };
    let at = calendar::instant(clock(days), zone)?;
    if at > base {
        return Ok(Some(at));
    }
    match parts.days {
        // "Today" whose hour has passed says nothing; "today" without one means later today.
        Some(_) if parts.time.is_some() => Ok(None),
        Some(_) => Ok(Some(base)),
        None => Ok(Some(calendar::instant(clock(days + 1), zone)?)),
    }
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{self, Host};
    use campanile_plugin_sdk::types::{AnsweredBy, Outcome};

    use super::*;
    use crate::words::Who;

    /// Said on Wednesday, 2026-03-04 at 10:00 on a clock an hour ahead of UTC.
    fn shown(text: &str) -> String {
        fake::install(Host::default().zone("Europe/Zurich", 60));
        let talk = Talk {
            call_id: String::new(),
            lead_id: String::new(),
            campaign_id: String::new(),
            started_at: fake::utc(2026, 3, 4, 9, 0),
            zone: "Europe/Zurich".into(),
            language: None,
            outcome: Outcome::Answered,
            answered_by: AnsweredBy::Human,
            talk_ms: 0,
            transcript: Vec::new(),
            provided: Vec::new(),
            lead_variables: Vec::new(),
            extra: Vec::new(),
        };
        let line = Line::new(0, 0, Who::User, text);
        read(&line, 0, &talk).unwrap().map_or("none".to_owned(), |said| said.shown)
    }

    #[test]
    fn the_earliest_instant_that_fits_is_told() {
        for (text, wanted) in [
            ("in twenty minutes", "2026-03-04 10:20"),
            ("in half an hour", "2026-03-04 10:30"),
            ("in a couple of hours", "2026-03-04 12:00"),
            ("in an hour", "2026-03-04 11:00"),
            ("in two weeks", "2026-03-18 10:00"),
            ("at three", "2026-03-04 15:00"),
            ("at 3pm tomorrow", "2026-03-05 15:00"),
            ("at nine", "2026-03-05 09:00"),
            ("tomorrow", "2026-03-05 00:00"),
            ("tomorrow morning", "2026-03-05 08:00"),
            ("tomorrow after six", "2026-03-05 18:00"),
            ("this afternoon", "2026-03-04 12:00"),
            ("later today", "2026-03-04 10:00"),
            ("tonight at eight", "2026-03-04 20:00"),
            ("on monday at half past ten", "2026-03-09 10:30"),
            ("wednesday at quarter to four", "2026-03-11 15:45"),
            ("on friday at ten thirty", "2026-03-06 10:30"),
            ("next friday", "2026-03-13 00:00"),
            ("next week", "2026-03-09 00:00"),
            ("on the twenty third at 9 am", "2026-03-23 09:00"),
            ("at 15:30", "2026-03-04 15:30"),
            ("day after tomorrow", "2026-03-06 00:00"),
            ("morgen um zehn", "2026-03-05 10:00"),
            ("montag nachmittag um halb drei", "2026-03-09 14:30"),
            ("in zwei stunden", "2026-03-04 12:00"),
            ("nächste woche", "2026-03-09 00:00"),
            ("um 16 uhr", "2026-03-04 16:00"),
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not() {
        for text in ["later", "some other time", "when the kids are in bed", "today at nine", "", "guten morgen"] {
            assert_eq!(shown(text), "none", "{text}");
        }
    }
}
