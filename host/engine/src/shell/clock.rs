//! The clocks that an engine can run on.
//!
//! [`SystemClock`] is the sun's. [`ScaledClock`] runs faster from a chosen start, for the demo and for tests that want a
//! week in minutes; it is refused with any gateway that reaches real people. [`VirtualClock`] stands still until it is
//! told, for rehearsals. This is the one file of the engine that may read the time.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use campanile_domain::ports::clock::{EngineClock, WallClock};
use campanile_domain::time::Timestamp;
use tokio::sync::watch;

/// The longest nap, so that a suspended machine or a stepped clock is noticed.
const LONGEST_NAP: Duration = Duration::from_secs(60);

/// The sun's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
fn system_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
async fn nap(duration: Duration) {
    tokio::time::sleep(duration.min(LONGEST_NAP)).await;
}

impl EngineClock for SystemClock {
    fn now(&self) -> Timestamp {
        system_now()
    }

    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            while system_now() < at {
                nap(Duration::from_millis(at.since(system_now()).max(0).unsigned_abs())).await;
            }
        })
    }
}

impl WallClock for SystemClock {
    fn now(&self) -> Timestamp {
        system_now()
    }
}

/// A clock that starts at a chosen instant and runs `factor` times as fast as the sun's. It never steps: it is measured
/// from the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct ScaledClock {
    start: Timestamp,
    began: Instant,
    factor: f64,
}

impl ScaledClock {
    /// Shows `start` now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    pub fn starting_at(start: Timestamp, factor: f64) -> Self {
        Self { start, began: Instant::now(), factor: factor.max(0.001) }
    }

    /// Shows what a clock that showed `start` when the sun's showed `began` would show by now.
    ///
    /// A millisecond of the sun's clock is a long time on a fast one, so the time since `began` is taken to the nanosecond:
    /// a process that starts later never shows less than an earlier one has shown.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    pub fn continuing(start: Timestamp, began: Timestamp, factor: f64) -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = unix.saturating_sub(Duration::from_millis(began.millis().max(0).unsigned_abs()));
        Self::starting_at(start.plus_ms((since.as_secs_f64() * 1000.0 * factor) as i64), factor)
    }

    /// How many times as fast as the sun's.
    pub const fn factor(&self) -> f64 {
        self.factor
    }
}

impl EngineClock for ScaledClock {
    fn now(&self) -> Timestamp {
        let elapsed = self.began.elapsed().as_secs_f64() * 1000.0 * self.factor;
        self.start.plus_ms(elapsed as i64)
    }

    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            loop {
                let left = at.since(self.now());
                if left <= 0 {
                    return;
                }
                nap(Duration::from_secs_f64(left as f64 / 1000.0 / self.factor).max(Duration::from_micros(100))).await;
            }
        })
    }
}

/// A clock that moves only when it is told.
#[derive(Debug)]
pub struct VirtualClock {
    now: Mutex<Timestamp>,
    moved: watch::Sender<Timestamp>,
}

impl VirtualClock {
    /// Shows `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { now: Mutex::new(start), moved: watch::Sender::new(start) }
    }

    /// Moves on; never back.
    pub fn advance_to(&self, at: Timestamp) {
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if at > *now {
            *now = at;
            self.moved.send_replace(at);
        }
    }
}

impl EngineClock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut moved = self.moved.subscribe();
        Box::pin(async move {
            // The sender lives as long as the borrow of self; waiting cannot fail.
            let _ = moved.wait_for(|now| *now >= at).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_moves_only_forward() {
        let clock = VirtualClock::starting_at(Timestamp(10));
        clock.advance_to(Timestamp(5));
        assert_eq!(clock.now(), Timestamp(10));
        clock.advance_to(Timestamp(20));
        assert_eq!(clock.now(), Timestamp(20));
        futures::executor::block_on(clock.sleep_until(Timestamp(15)));
    }

    #[tokio::test]
    async fn a_scaled_clock_reaches_an_hour_in_a_moment() {
        let clock = ScaledClock::starting_at(Timestamp(0), 3_600_000.0);
        clock.sleep_until(Timestamp(3_600_000)).await;
        assert!(clock.now() >= Timestamp(3_600_000));
    }
}
