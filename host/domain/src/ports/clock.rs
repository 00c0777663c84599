//! Two clocks, because two questions are asked.
//!
//! [`EngineClock`] is the time that calls live in: calling hours, due times, attempts. It can be virtual (a rehearsal) or
//! run faster than the sun (`--clock x600`). [`WallClock`] is the time of the world outside: keys, signatures, rate
//! limits. Mixing them up is how a demo at speed would expire its own keys, so they are two types.

use std::future::Future;
use std::pin::Pin;

use crate::time::Timestamp;

/// The time that calls live in.
pub trait EngineClock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Completes when the clock shows `at` or later.
    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The time of the world outside.
pub trait WallClock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}
