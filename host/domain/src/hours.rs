//! Calling hours: the week's ranges in which people may be called.
//!
//! A person's evening is protected by one question, asked here and nowhere else: does the local time of this instant
//! lie in a range? The question is about instants, which are never ambiguous, so the hour that a change of clocks
//! skips and the hour it repeats need no rule of their own: the skipped one never comes, the repeated one is open
//! twice. However the hours were written, they are kept as sorted, merged spans of the week's minutes; two ways of
//! writing the same hours are the same value and are written back the same way.
//!
//! It must never: know a zone's rules ([`crate::zone`] does), step through time minute by minute, or treat hours that
//! are empty as hours that are always open.

mod search;
mod written;

use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::written::HoursError;
use crate::zone::Weekday;

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

/// A stretch of the week in minutes since Monday 00:00, `open` in it and `close` not; never across the week's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Span {
    open: u16,
    close: u16,
}

/// When a campaign may call, in the local time of whoever is called. Cheap to clone; equal when the same minutes of the
/// week are open.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallingHours {
    spans: Arc<[Span]>,
}

impl Default for CallingHours {
    /// Monday to Friday, 09:00 to 18:00.
    fn default() -> Self {
        Self::of_spans(Weekday::ALL[..5].iter().flat_map(|day| spans_of(*day, 9 * 60, 18 * 60)).collect())
    }
}

impl CallingHours {
    /// Hours that never open. A valid value, but a campaign with it neither starts nor calls.
    pub fn empty() -> Self {
        Self { spans: Arc::new([]) }
    }

    /// Hours that never close.
    pub fn always() -> Self {
        Self { spans: Arc::new([Span { open: 0, close: WEEK }]) }
    }

    /// Whether there is no minute at all in which a call is allowed.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Reads either written shape: `{"monday": [{"from": "09:00", "to": "18:00"}]}` or
    /// `{"start": "09:00", "end": "18:00", "days": ["monday"]}`. All faults are told, not just the first.
    pub fn from_json(written: &serde_json::Value) -> Result<Self, Vec<HoursError>> {
        written::read(written).map(Self::of_spans)
    }

    /// Hours in minutes of the week that are open, 0 to 10080.
    pub fn minutes_per_week(&self) -> u32 {
        self.spans.iter().map(|span| u32::from(span.close - span.open)).sum()
    }

    /// Sorts and merges.
    fn of_spans(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.open <= last.close => last.close = last.close.max(span.close),
                _ => merged.push(span),
            }
        }
        Self { spans: merged.into() }
    }

    fn is_always(&self) -> bool {
        matches!(*self.spans, [Span { open: 0, close: WEEK }])
    }

    /// The ranges as they are written, by the day they start: (day, from, to) in minutes of the day, where `to` before
    /// `from` is on the next day. A stretch of a day and longer is cut at its midnights.
    fn ranges(&self) -> Vec<(Weekday, u16, u16)> {
        let mut spans = self.spans.to_vec();
        if let [first, .., last] = spans.as_mut_slice()
            && first.open == 0
            && last.close == WEEK
        {
            last.close += first.close;
            spans.remove(0);
        }
        let mut ranges = Vec::new();
        for Span { open, close } in spans {
            let mut from = open;
            while from < close {
                let midnight = (from / DAY + 1) * DAY;
                let to = if close - open < DAY { close } else { close.min(midnight) };
                let day = Weekday::ALL[usize::from(from / DAY) % 7];
                ranges.push((day, from % DAY, if to == midnight { DAY } else { to % DAY }));
                from = to;
            }
        }
        ranges.sort_unstable();
        ranges
    }
}

/// The spans of a range that starts on `day`, in minutes of the day; across midnight unless `from` < `to`.
fn spans_of(day: Weekday, from: u16, to: u16) -> impl Iterator<Item = Span> {
    let open = day.index() as u16 * DAY + from;
    let close = open + if from < to { to - from } else { to + DAY - from };
    let next_week = (close > WEEK).then(|| Span { open: 0, close: close - WEEK });
    [Some(Span { open, close: close.min(WEEK) }), next_week].into_iter().flatten()
}

impl Serialize for CallingHours {
    /// Always the long shape, merged, from Monday to Sunday; days without hours are left out.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written {
            from: String,
            to: String,
        }
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let ranges = self.ranges();
        let mut map = serializer.serialize_map(None)?;
        for day in ranges.chunk_by(|left, right| left.0 == right.0) {
            let written: Vec<_> =
                day.iter().map(|(_, from, to)| Written { from: clock(*from), to: clock(*to) }).collect();
            map.serialize_entry(day[0].0.name(), &written)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for CallingHours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = serde_json::Value::deserialize(deserializer)?;
        Self::from_json(&written).map_err(|faults| {
            let messages: Vec<_> = faults.iter().map(ToString::to_string).collect();
            serde::de::Error::custom(messages.join("; "))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(written: serde_json::Value) -> CallingHours {
        CallingHours::from_json(&written).unwrap()
    }

    fn written(hours: &CallingHours) -> String {
        serde_json::to_string(hours).unwrap()
    }

    #[test]
    fn the_default_is_a_working_week() {
        let nine_to_six = r#"[{"from":"09:00","to":"18:00"}]"#;
        let days: Vec<_> = Weekday::ALL[..5].iter().map(|day| format!("\"{}\":{nine_to_six}", day.name())).collect();
        assert_eq!(written(&CallingHours::default()), format!("{{{}}}", days.join(",")));
        assert_eq!(CallingHours::default().minutes_per_week(), 5 * 9 * 60);
    }

    #[test]
    fn the_short_shape_is_the_same_as_the_long_one() {
        let days = ["friday", "monday", "tuesday", "wednesday", "thursday", "monday"];
        assert_eq!(read(json!({"start": "09:00", "end": "18:00", "days": days})), CallingHours::default());
    }

    #[test]
    fn no_ranges_are_a_value_and_empty() {
        for empty in [json!({}), json!({"monday": []}), json!({"start": "09:00", "end": "18:00", "days": []})] {
            assert!(read(empty).is_empty());
        }
        assert_eq!(written(&CallingHours::empty()), "{}");
        assert!(!CallingHours::default().is_empty());
    }

    #[test]
    fn overlapping_and_touching_ranges_are_one() {
        let hours = read(json!({"tuesday": [
            {"from": "14:00", "to": "18:00"}, {"from": "09:00", "to": "12:00"},
            {"from": "11:00", "to": "13:00"}, {"from": "13:00", "to": "14:00"},
        ]}));
        assert_eq!(written(&hours), r#"{"tuesday":[{"from":"09:00","to":"18:00"}]}"#);
    }

    #[test]
    fn a_night_belongs_to_the_day_it_starts_even_across_the_weeks_end() {
        let hours = read(
            json!({"sunday": [{"from": "22:00", "to": "06:00"}], "wednesday": [{"from": "23:00", "to": "00:00"}]}),
        );
        let told = r#"{"wednesday":[{"from":"23:00","to":"24:00"}],"sunday":[{"from":"22:00","to":"06:00"}]}"#;
        assert_eq!(written(&hours), told);
        assert_eq!(hours.minutes_per_week(), 9 * 60);
        let split = read(json!({
            "monday": [{"from": "00:00", "to": "06:00"}], "sunday": [{"from": "22:00", "to": "24:00"}],
            "wednesday": [{"from": "23:00", "to": "24:00"}],
        }));
        assert_eq!(hours, split);
    }

    #[test]
    fn a_day_and_longer_is_cut_at_midnight() {
        let hours =
            read(json!({"friday": [{"from": "12:00", "to": "24:00"}], "saturday": [{"from": "00:00", "to": "12:00"}]}));
        let told = r#"{"friday":[{"from":"12:00","to":"24:00"}],"saturday":[{"from":"00:00","to":"12:00"}]}"#;
        assert_eq!(written(&hours), told);
        let days: Vec<_> =
            Weekday::ALL.iter().map(|day| format!(r#""{}":[{{"from":"00:00","to":"24:00"}}]"#, day.name())).collect();
        assert_eq!(written(&CallingHours::always()), format!("{{{}}}", days.join(",")));
    }

    #[test]
    fn deserialising_tells_every_fault() {
        let wrong = r#"{"monday": [{"from": "9:00", "to": "18:00"}], "tuseday": []}"#;
        let told = serde_json::from_str::<CallingHours>(wrong).unwrap_err().to_string();
        assert!(told.contains("monday[0].from \"9:00\"") && told.contains("tuseday"), "{told}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn what_is_written_reads_back_and_opens_the_same_minutes(
            ranges in proptest::collection::vec((0..7usize, 0..DAY, 1..=DAY), 0..12),
        ) {
            let mut week = vec![false; usize::from(WEEK)];
            let mut spans = Vec::new();
            for (day, from, to) in ranges.into_iter().filter(|(_, from, to)| from != to) {
                spans.extend(spans_of(Weekday::ALL[day], from, to));
                let mut minute = from;
                while minute != to % DAY || minute == from {
                    week[(day * usize::from(DAY) + usize::from(minute)
                        + if minute < from { usize::from(DAY) } else { 0 }) % usize::from(WEEK)] = true;
                    minute = (minute + 1) % DAY;
                    if minute == from { break; }
                }
            }
            let hours = CallingHours::of_spans(spans);
            let open = |minute: u16| hours.spans.iter().any(|span| (span.open..span.close).contains(&minute));
            for minute in 0..WEEK {
                prop_assert_eq!(open(minute), week[usize::from(minute)], "minute {}", minute);
            }
            let text = written(&hours);
            let again: CallingHours = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&again, &hours);
            prop_assert_eq!(written(&again), text);
        }
    }
}
