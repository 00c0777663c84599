//! Lengths of time: `minutes(15)`, `hours(1.5)`, `days(2)`.

use rhai::{Engine, EvalAltResult, FLOAT, INT};

use crate::diagnosis::{no_property, trouble};

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

/// Longer than any campaign.
const LONGEST_MS: f64 = 10.0 * 366.0 * 86_400_000.0;

const PROPERTIES: &[&str] = &["minutes", "hours", "days"];

fn of(count: FLOAT, unit_ms: FLOAT) -> Result<Duration, Box<EvalAltResult>> {
    let ms = count * unit_ms;
    if ms.is_finite() && ms.abs() <= LONGEST_MS {
        Ok(Duration(ms.round() as i64))
    } else {
        trouble("a length of time is at most ten years", None)
    }
}

fn property(duration: &mut Duration, name: &str) -> Result<FLOAT, Box<EvalAltResult>> {
    let ms = duration.0 as FLOAT;
    match name {
        "minutes" => Ok(ms / 60_000.0),
        "hours" => Ok(ms / 3_600_000.0),
        "days" => Ok(ms / 86_400_000.0),
        _ => no_property("a length of time", name, PROPERTIES),
    }
}

fn show(duration: Duration) -> String {
    match duration.0 {
        ms if ms % 86_400_000 == 0 => format!("{} days", ms / 86_400_000),
        ms if ms % 3_600_000 == 0 => format!("{} hours", ms / 3_600_000),
        ms => format!("{} minutes", ms as f64 / 60_000.0),
    }
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Duration>("length of time");
    for (name, unit) in [("seconds", 1_000.0), ("minutes", 60_000.0), ("hours", 3_600_000.0), ("days", 86_400_000.0)] {
        engine.register_fn(name, move |count: INT| of(count as FLOAT, unit));
        engine.register_fn(name, move |count: FLOAT| of(count, unit));
    }
    super::properties(engine, PROPERTIES, property);
    engine.register_fn("to_string", show);
    engine.register_fn("to_debug", show);
    engine.register_fn("+", |left: Duration, right: Duration| Duration(left.0.saturating_add(right.0)));
    engine.register_fn("-", |left: Duration, right: Duration| Duration(left.0.saturating_sub(right.0)));
    engine.register_fn("*", |left: Duration, times: INT| of(left.0 as FLOAT, times as FLOAT));
    engine.register_fn("*", |left: Duration, times: FLOAT| of(left.0 as FLOAT, times));
    engine.register_fn("*", |times: INT, right: Duration| of(right.0 as FLOAT, times as FLOAT));
    engine.register_fn("*", |times: FLOAT, right: Duration| of(right.0 as FLOAT, times));
    engine.register_fn("min", |left: Duration, right: Duration| left.min(right));
    engine.register_fn("max", |left: Duration, right: Duration| left.max(right));
    super::compare!(engine, Duration);
}
