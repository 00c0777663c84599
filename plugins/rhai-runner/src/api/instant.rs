//! Points in time, shown as the lead's clock shows them.
//!
//! `lead.now.hour` and its sisters ask the host's calendar in the lead's zone; a script never works with offsets.

use campanile_plugin_sdk::calendar::{self, Civil};
use rhai::{Dynamic, Engine, EvalAltResult, INT};

use super::duration::Duration;
use crate::diagnosis::{no_property, trouble};
use crate::question;

/// Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub i64);

const PROPERTIES: &[&str] = &["year", "month", "day", "hour", "minute", "weekday", "date"];

/// The days of the week as scripts write them, Monday first.
pub const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Instant {
    /// What the lead's clock shows.
    pub fn local(self) -> Result<Civil, Box<EvalAltResult>> {
        calendar::local(self.0, &question::clock()?.zone).or_else(|error| trouble(error.message, None))
    }
}

fn property(instant: &mut Instant, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    if !PROPERTIES.contains(&name) {
        return no_property("a point in time", name, PROPERTIES);
    }
    let civil = instant.local()?;
    Ok(match name {
        "year" => INT::from(civil.year).into(),
        "month" => INT::from(civil.month).into(),
        "day" => INT::from(civil.day).into(),
        "hour" => INT::from(civil.hour).into(),
        "minute" => INT::from(civil.minute).into(),
        "weekday" => WEEKDAYS[usize::from(civil.weekday.saturating_sub(1)) % 7].into(),
        _ => format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day).into(),
    })
}

fn show(instant: Instant) -> String {
    instant.local().map_or_else(
        |_| format!("{} ms", instant.0),
        |at| format!("{:04}-{:02}-{:02} {:02}:{:02}", at.year, at.month, at.day, at.hour, at.minute),
    )
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Instant>("point in time");
    super::properties(engine, PROPERTIES, property);
    engine.register_fn("to_string", show);
    engine.register_fn("to_debug", show);
    engine.register_fn("+", |at: Instant, wait: Duration| Instant(at.0.saturating_add(wait.0)));
    engine.register_fn("-", |at: Instant, wait: Duration| Instant(at.0.saturating_sub(wait.0)));
    engine.register_fn("-", |left: Instant, right: Instant| Duration(left.0.saturating_sub(right.0)));
    engine.register_fn("min", |left: Instant, right: Instant| left.min(right));
    engine.register_fn("max", |left: Instant, right: Instant| left.max(right));
    super::compare!(engine, Instant);
}
