//! A retry policy without code: a table of delays, counts, contacts and times of day, one row per outcome.
//!
//! A row without delays and without a count leaves the campaign's own rule as it is, and so does a table with nothing set.
//! Three answers are nobody's to overrule and are passed on from the built-in policy: a goal that was reached, a time that the
//! person asked for, a wrong person. Everything else is a proposal: hours, gaps and the calls that are left are the engine's.
//! One pass over the attempts, however many there are.

mod settings;
mod tally;
mod times;

#[cfg(test)]
mod tests;

use campanile_plugin_sdk::policy::{Decision, Input, Retry, RetryPolicy, Strategy};
use campanile_plugin_sdk::types::{Attempt, Failure, Outcome, PluginError, Value, find};

pub use settings::{Order, Row, Settings, Then, Weekday};
use tally::{Kind, Tally};
use times::Times;

/// The policy.
pub struct RetryTable;

impl RetryPolicy for RetryTable {
    type Settings = Settings;

    fn decide(input: &Input, settings: &Settings) -> Result<Decision, PluginError> {
        let stop = settings.stop_variable.as_str();
        if !stop.is_empty() && is_true(input, stop) {
            return Ok(Decision::Complete(format!("stop variable {stop} is true")));
        }
        match input.last().map(|last| (last, Kind::of(input, last))) {
            Some((last, Some(kind))) if !asked_for_otherwise(input) => by_row(input, settings, last, kind),
            _ => built_in(input, settings),
        }
    }
}

campanile_plugin_sdk::export!(retry_policy: RetryTable);

/// A variable of the lead, or of a call of the current era. Columns of a file are texts, so the text `true` counts.
fn is_true(input: &Input, name: &str) -> bool {
    let says_so = |value: &Value| match value {
        Value::Boolean(value) => *value,
        Value::Text(text) => text.trim().eq_ignore_ascii_case("true"),
        _ => false,
    };
    let calls = input.current().map(|attempt| &attempt.variables);
    std::iter::once(&input.lead_variables).chain(calls).any(|variables| find(variables, name).is_some_and(says_so))
}

fn callback(retry: &Retry) -> bool {
    retry.reason == "callback"
}

/// The call said something that no table knows better: when to call, or that it reached somebody else.
fn asked_for_otherwise(input: &Input) -> bool {
    match &input.builtin {
        Decision::Retry(retry) => callback(retry) || retry.reason == "wrong_person",
        Decision::NextContact(reason) => reason == "wrong_person",
        _ => false,
    }
}

/// The built-in answer; a retry of its own choosing is moved to the times of day like any other.
fn built_in(input: &Input, settings: &Settings) -> Result<Decision, PluginError> {
    match &input.builtin {
        Decision::Retry(proposed) if !callback(proposed) => timed(input, settings, proposed.clone()),
        other => Ok(other.clone()),
    }
}

fn timed(input: &Input, settings: &Settings, mut retry: Retry) -> Result<Decision, PluginError> {
    retry.priority = settings.priority.or(retry.priority);
    if let Some(times) = Times::of(settings, input.round)? {
        let moved = times.next(retry.not_before, &input.zone)?;
        if moved > retry.not_before {
            retry.reason = format!("{}; moved to {}", retry.reason, times::shown(moved, &input.zone)?);
            retry.not_before = moved;
        }
    }
    Ok(Decision::Retry(retry))
}

fn by_row(input: &Input, settings: &Settings, last: &Attempt, kind: Kind) -> Result<Decision, PluginError> {
    let (row, name) = (kind.row(settings), kind.name());
    let tally = Tally::of(input, kind);
    let end = |why: String| match row.then {
        Then::Complete => Ok(Decision::Complete(format!("{name} row: {why}"))),
        Then::GiveUp => Ok(Decision::GiveUp(format!("{name} row: {why}"))),
        Then::Builtin => built_in(input, settings),
    };
    if row.at_most > 0 && tally.calls >= row.at_most {
        return end(format!("call {}, {} allowed", tally.calls, row.at_most));
    }
    if row.delays_minutes.is_empty() {
        return built_in(input, settings);
    }
    let order = in_force(settings.order(row), input, kind);
    if order == Order::NextFirst && is_next_left(input, last, kind) {
        return Ok(Decision::NextContact(format!("{name} row: the next contact first")));
    }
    let Some(minutes) = settings.delay_minutes(row, tally.waits) else {
        return end(format!("its delays ({}) are used", row.delays_minutes.len()));
    };
    if order == Order::Primary && !is_callable(input, last, 0) {
        return end("the primary contact cannot be called".into());
    }
    if input.rounds_left() == 0 && !settings.beyond_campaign_rounds {
        return Ok(input.builtin.clone());
    }
    let ended = last.ended_at.unwrap_or(input.now);
    let reason = format!("{name} row, delay {}: {minutes} min", tally.waits);
    let retry = Retry::at(ended + i64::from(minutes) * 60_000, reason);
    timed(input, settings, Retry { contact: contact(input, last, order), ..retry })
}

/// What the campaign's strategy means for a row. After a conversation it is the person who answered, as ever.
fn in_force(order: Order, input: &Input, kind: Kind) -> Order {
    match order {
        Order::AsCampaign | Order::AsTable if kind.is_answered() => Order::Same,
        Order::AsCampaign | Order::AsTable if input.strategy == Strategy::Escalate => Order::NextFirst,
        order => order,
    }
}

/// Whether this round has a contact left. Where the built-in policy goes through the contacts itself, it knows: it also
/// sees who is on the do-not-call list.
fn is_next_left(input: &Input, last: &Attempt, kind: Kind) -> bool {
    if input.strategy == Strategy::Escalate && !kind.is_answered() {
        return matches!(input.builtin, Decision::NextContact(_));
    }
    let tried = |position: u32| input.current().any(|one| one.round == last.round && one.contact == position);
    input.contacts.iter().any(|contact| contact.usable && !tried(contact.position))
}

/// Usable, and not the one that this call proved dead (of which the question does not know yet).
fn is_callable(input: &Input, last: &Attempt, position: u32) -> bool {
    let dead = last.outcome == Outcome::Failed && last.failure == Failure::NumberInvalid;
    input.contact(position).is_some_and(|contact| contact.usable) && !(dead && position == last.contact)
}

/// Whom the next round begins with; `None` leaves it to the campaign's strategy.
fn contact(input: &Input, last: &Attempt, order: Order) -> Option<u32> {
    let callable = |position: &u32| is_callable(input, last, *position);
    match order {
        Order::Same => Some(last.contact).filter(callable),
        Order::Primary => Some(0),
        Order::Rotate => {
            let positions = || input.contacts.iter().map(|contact| contact.position).filter(callable);
            positions().filter(|position| *position > last.contact).min().or_else(|| positions().min())
        }
        Order::NextFirst | Order::AsCampaign | Order::AsTable => None,
    }
}
