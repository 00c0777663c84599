//! How long another system asked to be left alone.
//!
//! `Retry-After` comes as seconds, as a date or not at all (RFC 9110 10.2.3). Where it does not come, the fields of the
//! IETF's drafts on rate limits may say when a limit that is used up begins anew, in seconds: `RateLimit-Reset: 5`,
//! `RateLimit: limit=100, remaining=0, reset=5`, and since 2024 `RateLimit: "default";r=0;t=5`. Some systems write an instant
//! there, in Unix seconds; no wait is that long, so it is told by its size. A date is measured from the answer's own
//! `Date`, so that a clock that is wrong on either side does not matter; without one, from the host's clock, which not
//! every kind is lent.

use std::sync::OnceLock;

use super::Response;
use crate::dates::rfc2822;
use crate::types::Timestamp;

/// The host's clock, for the kinds that are lent one. Handed over by [`crate::export!`] and not named here: what is named
/// is imported, and several plugins may be built with one set of features.
static CLOCK: OnceLock<fn() -> Timestamp> = OnceLock::new();

/// From here on dates can be measured without the answer's own.
#[cfg(feature = "lent-clock")]
pub fn lend(clock: fn() -> Timestamp) {
    CLOCK.get_or_init(|| clock);
}

fn now() -> Option<Timestamp> {
    #[cfg(all(not(target_arch = "wasm32"), feature = "lent-clock"))]
    lend(crate::clock::now);
    CLOCK.get().map(|now| now())
}

/// From here on a number of seconds is an instant: 2001 as Unix seconds, 31 years as a wait.
const FIRST_INSTANT: f64 = 1_000_000_000.0;

impl Response {
    /// What `Retry-After` says, in milliseconds, else when a rate limit that is used up begins anew; a date that has passed
    /// is 0. None where there is no such header, or one that says nothing.
    pub fn retry_after_ms(&self) -> Option<u64> {
        let Some(text) = self.header("retry-after") else { return self.limit_resets_ms() };
        seconds(text).map(in_ms).or_else(|| self.until(rfc2822(text.trim())?))
    }

    /// How long it is until then.
    fn until(&self, then: Timestamp) -> Option<u64> {
        let from = self.header("date").and_then(rfc2822).or_else(now)?;
        Some(u64::try_from(then - from).unwrap_or(0))
    }

    fn limit_resets_ms(&self) -> Option<u64> {
        let reset = match (self.header("ratelimit-reset"), self.header("ratelimit")) {
            (Some(reset), _) => seconds(reset).filter(|_| self.header("ratelimit-remaining").is_none_or(is_none_left)),
            // Several limits: all that are used up must be over.
            (None, Some(limits)) if limits.contains(';') => limits
                .split(',')
                .filter(|limit| part(limit, ';', "r").is_none_or(is_none_left))
                .filter_map(|limit| part(limit, ';', "t").and_then(seconds))
                .reduce(f64::max),
            (None, limit) => limit
                .filter(|limit| part(limit, ',', "remaining").is_none_or(is_none_left))
                .and_then(|limit| part(limit, ',', "reset"))
                .and_then(seconds),
        }?;
        if reset < FIRST_INSTANT { Some(in_ms(reset)) } else { self.until((reset * 1_000.0) as Timestamp) }
    }
}

/// The value of `name=value` among parts.
fn part<'a>(text: &'a str, between: char, name: &str) -> Option<&'a str> {
    text.split(between).filter_map(|part| part.split_once('=')).find(|(known, _)| known.trim() == name).map(|(_, v)| v)
}

fn is_none_left(remaining: &str) -> bool {
    seconds(remaining).is_none_or(|left| left < 1.0)
}

fn seconds(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0)
}

fn in_ms(seconds: f64) -> u64 {
    (seconds * 1_000.0).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(headers: &[(&str, &str)]) -> Option<u64> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status: 429, headers, body: Vec::new() }.retry_after_ms()
    }

    #[test]
    fn seconds_dates_and_nothing() {
        assert_eq!(waits(&[]), None);
        assert_eq!(waits(&[("retry-after", " 30 ")]), Some(30_000));
        assert_eq!(waits(&[("retry-after", "0.25")]), Some(250));
        for nonsense in ["-1", "soon", "NaN", "inf", ""] {
            assert_eq!(waits(&[("retry-after", nonsense)]), None, "{nonsense}");
        }
        let date = ("date", "Thu, 01 Jan 2026 11:00:00 GMT");
        assert_eq!(waits(&[("retry-after", "Thu, 01 Jan 2026 11:02:00 GMT"), date]), Some(120_000));
        assert_eq!(waits(&[("retry-after", "Thu, 01 Jan 2026 10:02:00 GMT"), date]), Some(0));
    }

    #[test]
    fn a_limit_that_is_used_up_says_when_it_begins_anew() {
        assert_eq!(waits(&[("ratelimit", "limit=100, remaining=0, reset=5")]), Some(5_000));
        assert_eq!(waits(&[("ratelimit", "\"burst\";r=0;t=2.5")]), Some(2_500));
        assert_eq!(waits(&[("ratelimit", "limit=100, remaining=3, reset=5")]), None, "another limit is meant");
        assert_eq!(waits(&[("ratelimit", "\"burst\";r=0;t=2, \"day\";r=0;t=60, \"month\";r=9;t=900")]), Some(60_000));
        assert_eq!(waits(&[("ratelimit-reset", "7")]), Some(7_000));
        assert_eq!(waits(&[("ratelimit-reset", "7"), ("ratelimit-remaining", "12")]), None);
        let date = ("date", "Thu, 01 Jan 2026 10:00:00 GMT");
        assert_eq!(waits(&[("ratelimit-reset", "1767261690"), date]), Some(90_000), "an instant");
        assert_eq!(waits(&[("retry-after", "1"), ("ratelimit-reset", "7")]), Some(1_000));
        assert_eq!(waits(&[("ratelimit", "soon")]), None);
    }

    #[cfg(feature = "lent-clock")]
    #[test]
    fn a_date_is_measured_from_the_host_s_clock_where_the_answer_has_none() {
        crate::fake::install(crate::fake::Host::default().now(crate::fake::utc(2026, 1, 1, 12, 0)));
        assert_eq!(waits(&[("retry-after", "Thu, 01 Jan 2026 12:01:00 GMT")]), Some(60_000));
    }
}
