//! Local time, answered by the host.
//!
//! No plugin carries a zone database: the host's is the one that the calling hours are checked with, and its answers are
//! kept in the record of the call, so that a replay gets the same ones.

use crate::types::{PluginError, Timestamp};

pub use crate::bindings::calendar::campanile::plugin::calendar::Civil;

fn refused(reason: String) -> PluginError {
    PluginError::new("calendar", reason)
}

/// What the clock of `zone` shows at an instant. Code `calendar` for an unknown zone.
pub fn local(at: Timestamp, zone: &str) -> Result<Civil, PluginError> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::calendar::campanile::plugin::calendar::local(at, zone).map_err(refused);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.calendar.local(at, zone)).map_err(refused)
}

/// The first instant at or after which the clock of `zone` shows `civil` (its weekday is ignored). Code `calendar` for an
/// unknown zone or a date that does not exist.
pub fn instant(civil: Civil, zone: &str) -> Result<Timestamp, PluginError> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::calendar::campanile::plugin::calendar::instant(civil, zone).map_err(refused);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.calendar.instant(civil, zone)).map_err(refused)
}

/// The first instant not before `at` inside the calling hours of the lead at hand; `None` when there is none.
pub fn next_open(at: Timestamp) -> Option<Timestamp> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::calendar::campanile::plugin::calendar::next_open(at);
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.calendar.next_open(at))
}

impl Civil {
    /// The date `days` later (or earlier), the time of day kept, the weekday filled in.
    pub fn plus_days(self, days: i64) -> Self {
        let number = crate::civil::day_number(self.year, self.month, self.day) + days;
        let (year, month, day) = crate::civil::date(number);
        Self { year, month, day, weekday: crate::civil::weekday(number), ..self }
    }

    /// The same date at another time of day.
    pub fn at(self, hour: u8, minute: u8) -> Self {
        Self { hour, minute, second: 0, ..self }
    }
}
