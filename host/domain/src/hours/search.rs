//! The questions a clock asks of calling hours.
//!
//! Between two changes of a zone's offset local time runs evenly, so the wait for the next opening or closing is one
//! subtraction in minutes of the week. If that wait ends before the offset changes it is the answer; if not, the
//! search goes on from the change, where the clock may have jumped over an opening or back before one. Each round
//! either answers or moves to the next change, and no zone changes its clocks every week for ever, so the search ends.

use super::{CallingHours, Span, WEEK};
use crate::time::{DAY_MS, MINUTE_MS, Timestamp};
use crate::zone::Zone;

const WEEK_MS: i64 = WEEK as i64 * MINUTE_MS;

impl CallingHours {
    /// Whether a call may be placed at `t`: the local time of `t` lies in a range, its end not included.
    pub fn allowed(&self, t: Timestamp, zone: &Zone) -> bool {
        self.wait_for(true, time_of_week(t, zone)) == 0
    }

    /// The first instant not before `t` at which a call is allowed; `None` only when the hours are empty.
    pub fn next_allowed(&self, t: Timestamp, zone: &Zone) -> Option<Timestamp> {
        if self.is_empty() { None } else { Some(self.first(true, t, zone)) }
    }

    /// The first instant not before `t` at which no call is allowed: when it closes, if `t` is open, and `t` itself if
    /// it is not. `None` only when the hours never close.
    pub fn open_until(&self, t: Timestamp, zone: &Zone) -> Option<Timestamp> {
        if self.is_always() { None } else { Some(self.first(false, t, zone)) }
    }

    /// The first instant not before `t` that is open, or not. The hours must be so at some minute of the week.
    fn first(&self, open: bool, t: Timestamp, zone: &Zone) -> Timestamp {
        let mut from = t;
        loop {
            let wait = self.wait_for(open, time_of_week(from, zone));
            if wait == 0 {
                return from;
            }
            let found = from.plus_ms(wait);
            match zone.next_transition(from) {
                Some(change) if change <= found => from = change,
                _ => return found,
            }
        }
    }

    /// Milliseconds from `now`, a time of the week, to the first that is open (or not), on a clock that runs evenly.
    /// A whole week when there is none.
    fn wait_for(&self, open: bool, now: i64) -> i64 {
        let minute = (now / MINUTE_MS) as u16;
        let index = self.spans.partition_point(|span| span.close <= minute);
        let until = |minute: u16| i64::from(minute) * MINUTE_MS - now;
        let first = self.spans.first().copied().unwrap_or(Span { open: WEEK, close: WEEK });
        match (self.spans.get(index), open) {
            (Some(span), true) if span.open <= minute => 0,
            (Some(span), true) => until(span.open),
            (None, true) => until(first.open) + WEEK_MS,
            (Some(span), false) if span.open <= minute => match span.close {
                WEEK if first.open == 0 => until(first.close) + WEEK_MS,
                close => until(close),
            },
            (_, false) => 0,
        }
    }
}

/// Milliseconds since Monday 00:00 on the zone's clock.
fn time_of_week(t: Timestamp, zone: &Zone) -> i64 {
    // The epoch was a Thursday.
    let since_a_monday = t.plus_ms(i64::from(zone.offset_seconds(t)) * 1_000).plus_ms(3 * DAY_MS);
    since_a_monday.millis().rem_euclid(WEEK_MS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn hours(written: serde_json::Value) -> CallingHours {
        CallingHours::from_json(&written).unwrap()
    }

    #[test]
    fn the_start_is_open_and_the_end_is_not() {
        let (hours, berlin) = (CallingHours::default(), zone("Europe/Berlin"));
        let (opens, closes) = (at("2026-11-23T08:00:00Z"), at("2026-11-23T17:00:00Z"));
        assert!(!hours.allowed(opens - 1, &berlin) && hours.allowed(opens, &berlin));
        assert!(hours.allowed(closes - 1, &berlin) && !hours.allowed(closes, &berlin));
        assert_eq!(hours.next_allowed(at("2026-11-20T17:00:00Z"), &berlin), Some(opens));
        assert_eq!(hours.next_allowed(opens + 5, &berlin), Some(opens + 5));
        assert_eq!(hours.open_until(opens + 5, &berlin), Some(closes));
        assert_eq!(hours.open_until(closes, &berlin), Some(closes));
    }

    #[test]
    fn empty_hours_never_open_and_full_hours_never_close() {
        let (now, utc) = (at("2026-11-23T08:00:00Z"), Zone::utc());
        assert!(!CallingHours::empty().allowed(now, &utc));
        assert_eq!(CallingHours::empty().next_allowed(now, &utc), None);
        assert_eq!(CallingHours::empty().open_until(now, &utc), Some(now));
        assert!(CallingHours::always().allowed(now, &utc));
        assert_eq!(CallingHours::always().next_allowed(now, &utc), Some(now));
        assert_eq!(CallingHours::always().open_until(now, &utc), None);
    }

    #[test]
    fn a_range_inside_the_skipped_hour_waits_for_the_next_week() {
        let hours = hours(json!({"sunday": [{"from": "02:15", "to": "02:45"}]}));
        let found = hours.next_allowed(at("2027-03-22T00:00:00Z"), &zone("Europe/Berlin"));
        assert_eq!(found, Some(at("2027-04-04T00:15:00Z")));
    }

    #[test]
    fn a_range_inside_the_repeated_hour_opens_twice() {
        let (hours, berlin) = (hours(json!({"sunday": [{"from": "02:15", "to": "02:45"}]})), zone("Europe/Berlin"));
        let first = at("2027-10-31T00:15:00Z");
        let closed = hours.open_until(first, &berlin).unwrap();
        assert_eq!(closed, at("2027-10-31T00:45:00Z"));
        assert_eq!(hours.next_allowed(closed, &berlin), Some(at("2027-10-31T01:15:00Z")));
    }

    #[test]
    fn a_range_whose_start_is_skipped_opens_at_the_end_of_the_gap() {
        let hours = hours(json!({"sunday": [{"from": "02:15", "to": "05:00"}]}));
        let found = hours.next_allowed(at("2027-03-27T12:00:00Z"), &zone("Europe/Berlin"));
        assert_eq!(found, Some(at("2027-03-28T01:00:00Z")));
    }

    #[test]
    fn a_closing_time_that_is_skipped_closes_at_the_gap_or_not_at_all() {
        let berlin = zone("Europe/Berlin");
        let hidden_end = hours(json!({"sunday": [{"from": "00:00", "to": "02:30"}]}));
        assert_eq!(hidden_end.open_until(at("2027-03-28T00:30:00Z"), &berlin), Some(at("2027-03-28T01:00:00Z")));
        let hidden_break =
            hours(json!({"sunday": [{"from": "00:00", "to": "02:10"}, {"from": "02:50", "to": "12:00"}]}));
        assert_eq!(hidden_break.open_until(at("2027-03-28T00:30:00Z"), &berlin), Some(at("2027-03-28T10:00:00Z")));
    }

    #[test]
    fn offsets_with_seconds_are_followed_to_the_millisecond() {
        let (hours, monrovia) = (hours(json!({"monday": [{"from": "09:00", "to": "10:00"}]})), zone("Africa/Monrovia"));
        let opens = at("1971-03-01T09:44:30Z");
        assert_eq!(hours.next_allowed(opens - 86_400_000, &monrovia), Some(opens));
        assert!(!hours.allowed(opens - 1, &monrovia) && hours.allowed(opens, &monrovia));
    }

    #[test]
    fn a_day_that_a_place_left_out_had_no_hours() {
        let hours = hours(json!({"friday": [{"from": "09:00", "to": "10:00"}]}));
        let found = hours.next_allowed(at("2011-12-26T00:00:00Z"), &zone("Pacific/Apia"));
        assert_eq!(found, Some(at("2012-01-05T19:00:00Z")));
    }

    #[test]
    fn the_ends_of_time_are_answered() {
        let berlin = zone("Europe/Berlin");
        for end in [Timestamp(i64::MIN), Timestamp(i64::MAX), Timestamp::MAX] {
            assert!(CallingHours::default().next_allowed(end, &berlin) >= Some(end));
            assert!(CallingHours::default().open_until(end, &berlin) >= Some(end));
        }
    }
}
