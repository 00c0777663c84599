//! How long another system asked to be left alone.
//!
//! `Retry-After` comes as seconds, as a date or not at all (RFC 9110 10.2.3). A date is measured from the answer's own
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

impl Response {
    /// What `Retry-After` says, in milliseconds; a date that has passed is 0. None where there is no header, or one that
    /// says nothing.
    pub fn retry_after_ms(&self) -> Option<u64> {
        let text = self.header("retry-after")?.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return (seconds.is_finite() && seconds >= 0.0).then_some((seconds * 1_000.0).ceil() as u64);
        }
        let until = rfc2822(text)?;
        let from = self.header("date").and_then(rfc2822).or_else(now)?;
        Some(u64::try_from(until - from).unwrap_or(0))
    }
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

    #[cfg(feature = "lent-clock")]
    #[test]
    fn a_date_is_measured_from_the_host_s_clock_where_the_answer_has_none() {
        crate::fake::install(crate::fake::Host::default().now(crate::fake::utc(2026, 1, 1, 12, 0)));
        assert_eq!(waits(&[("retry-after", "Thu, 01 Jan 2026 12:01:00 GMT")]), Some(60_000));
    }
}
