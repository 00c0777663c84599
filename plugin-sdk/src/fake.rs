//! A host for unit tests: what it lends is what the test says, and what was asked of it can be read back.
//!
//! Native builds only. It is not the sandbox: limits, fuel and records are tested by `campanile plugin test`, against the
//! real one. What it answers it answers as the host does where that can go wrong unnoticed: secrets sign for real, a
//! request that nobody expected fails the test, state ends at its limit. Zones are fixed offsets, which is enough to test
//! arithmetic and says nothing about any real zone.

use std::cell::RefCell;

use crate::log::Level;
#[cfg(feature = "lent-clock")]
use crate::types::Timestamp;

#[cfg(feature = "lent-calendar")]
mod calendar;
#[cfg(feature = "lent-http")]
mod http;
#[cfg(feature = "lent-secret")]
mod secret;
#[cfg(feature = "lent-state")]
mod state;

#[cfg(feature = "lent-http")]
pub use http::{Answer, Sent, take_sent, unasked};

/// What the next calls on this thread are lent.
#[derive(Clone, Debug)]
pub struct Host {
    pub(crate) settings: String,
    pub(crate) log: Vec<(Level, String)>,
    #[cfg(feature = "lent-calendar")]
    pub(crate) calendar: calendar::Calendar,
    #[cfg(feature = "lent-clock")]
    pub(crate) now: Timestamp,
    #[cfg(feature = "lent-http")]
    pub(crate) http: http::Script,
    #[cfg(feature = "lent-secret")]
    pub(crate) secrets: secret::Secrets,
    #[cfg(feature = "lent-state")]
    pub(crate) state: state::State,
}

impl Default for Host {
    /// Empty settings, the zone `UTC`, always open, 2026-01-01 12:00 UTC, no secrets, nothing kept, nobody reachable.
    fn default() -> Self {
        Self {
            settings: "{}".into(),
            log: Vec::new(),
            #[cfg(feature = "lent-calendar")]
            calendar: calendar::Calendar::default(),
            #[cfg(feature = "lent-clock")]
            now: utc(2026, 1, 1, 12, 0),
            #[cfg(feature = "lent-http")]
            http: http::Script::default(),
            #[cfg(feature = "lent-secret")]
            secrets: secret::Secrets::default(),
            #[cfg(feature = "lent-state")]
            state: state::State::default(),
        }
    }
}

impl Host {
    /// The settings' JSON.
    #[must_use]
    pub fn settings(mut self, json: impl Into<String>) -> Self {
        self.settings = json.into();
        self
    }

    /// What the clock says until [`advance`] moves it.
    #[cfg(feature = "lent-clock")]
    #[must_use]
    pub fn now(mut self, at: Timestamp) -> Self {
        self.now = at;
        self
    }
}

thread_local! {
    static HOST: RefCell<Host> = RefCell::new(Host::default());
}

/// From here on this thread's calls reach `host`.
pub fn install(host: Host) {
    HOST.replace(host);
}

/// What has been logged since the last time, oldest first.
pub fn take_log() -> Vec<(Level, String)> {
    with(|host| std::mem::take(&mut host.log))
}

/// Moves the clock.
#[cfg(feature = "lent-clock")]
pub fn advance(ms: i64) {
    with(|host| host.now += ms);
}

/// Milliseconds since 1970 of a date and time in UTC, so that tests can write dates.
pub fn utc(year: i32, month: u8, day: u8, hour: u8, minute: u8) -> crate::types::Timestamp {
    crate::civil::day_number(year, month, day) * 86_400_000 + i64::from(hour) * 3_600_000 + i64::from(minute) * 60_000
}

pub(crate) fn with<T>(ask: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(ask)
}
