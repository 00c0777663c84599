//! `next("monday 10:00")`: the next time that the lead's clock shows something.
//!
//! Forms: `"10:00"`, `"today 10:00"` (an error once it is past), `"tomorrow 10:00"`, `"monday 10:00"`. The answer lies
//! strictly after now. `next_open(at)` is the first moment of the calling hours from there on.

use campanile_plugin_sdk::calendar;
use rhai::{Engine, EvalAltResult};

use super::instant::{Instant, WEEKDAYS};
use crate::diagnosis::trouble;
use crate::{question, suggest};

const FORMS: &str = "write it like \"10:00\", \"tomorrow 9:30\" or \"monday 10:00\"";

fn time_of_day(text: &str) -> Option<(u8, u8)> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (hour.parse().ok()?, if minute.len() == 2 { minute.parse().ok()? } else { return None });
    (hour < 24 && minute < 60).then_some((hour, minute))
}

fn next(text: &str) -> Result<Instant, Box<EvalAltResult>> {
    let clock = question::clock()?;
    let words: Vec<_> = text.split_whitespace().collect();
    let (day, time) = match words.as_slice() {
        [time] => (None, *time),
        [day, time] => (Some(*day), *time),
        _ => return trouble(format!("{text:?} is not a time of day"), FORMS.to_owned()),
    };
    let Some((hour, minute)) = time_of_day(time) else {
        return trouble(format!("{time:?} is not a time of day"), FORMS.to_owned());
    };
    let now = Instant(clock.now);
    let today = now.local()?;
    let passed = (today.hour, today.minute) >= (hour, minute);
    let days = match day {
        None => i64::from(passed),
        Some("today") if passed => return trouble(format!("{time} is past today"), "leave `today` out".to_owned()),
        Some("today") => 0,
        Some("tomorrow") => 1,
        Some(day) => match WEEKDAYS.iter().position(|name| *name == day) {
            Some(wanted) => {
                let ahead = (wanted as i64 + 1 - i64::from(today.weekday)).rem_euclid(7);
                if ahead == 0 && passed { 7 } else { ahead }
            }
            None => {
                let known = WEEKDAYS.iter().copied().chain(["today", "tomorrow"]);
                return trouble(format!("{day:?} is not a day"), suggest::hint(day, known));
            }
        },
    };
    let shown = today.plus_days(days).at(hour, minute);
    calendar::instant(shown, &clock.zone).map(Instant).or_else(|error| trouble(error.message, None))
}

fn next_open(at: Instant) -> Result<Instant, Box<EvalAltResult>> {
    match calendar::next_open(at.0) {
        Some(open) => Ok(Instant(open)),
        None => trouble("the calling hours never open after that", None),
    }
}

pub fn register(engine: &mut Engine) {
    engine.register_fn("next", next);
    engine.register_fn("next_open", next_open);
}
