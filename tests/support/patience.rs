//! Waiting for another process, with an end.
//!
//! Tests await signals: a line, an answer, an exit. Some states can only be asked for over HTTP, and a crash has to come
//! at a moment that nothing signals; for those two this is the one place that lets time pass. It reads the monotonic
//! clock because a limit counted in tries would depend on how slow the machine is. Nothing else in the tests may.

use std::sync::mpsc;
use std::time::{Duration, Instant};

const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Measures real time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    #[expect(clippy::disallowed_methods, reason = "limits of real processes are real time")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What the clock on the wall shows, for a fake that dates what it does.
#[expect(clippy::disallowed_methods, reason = "the host under test reads the same clock")]
pub fn wall() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Lets real time pass: a channel on which nothing ever comes is awaited.
pub fn pass(time: Duration) {
    let (silent, never) = mpsc::channel::<()>();
    let _ = never.recv_timeout(time);
    drop(silent);
}

/// Looks until there is something to see.
///
/// # Panics
/// The limit passed; `what` says what was awaited.
pub fn until<T>(what: &str, limit: Duration, look: impl FnMut() -> Option<T>) -> T {
    within(limit, look).unwrap_or_else(|| panic!("{what}: not within {limit:?}"))
}

/// Looks until there is something to see or the limit passed.
pub fn within<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let watch = Stopwatch::start();
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if watch.elapsed() >= limit {
            return None;
        }
        pass(BETWEEN_LOOKS);
    }
}
