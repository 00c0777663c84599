//! What would follow, as ranges for a person.

use serde_json::Value;

use super::report::table;
use crate::exit::Failure;
use crate::say::say;

/// Prints an estimate, or why there is none; nothing when none was asked for.
pub fn print(estimate: &Value) -> Result<(), Failure> {
    if estimate.is_null() {
        return Ok(());
    }
    if let Some(why) = estimate["missing"]["message"].as_str() {
        return say(format_args!("\nno estimate of what would follow: {why}"));
    }
    let calls = &estimate["people"]["calls"];
    let people = match estimate["people"]["of"].as_str() {
        Some("campaign") => format!("made like those of the last {calls} calls of this campaign"),
        Some("nobody") => "made up, because the account has too few calls".to_owned(),
        _ => format!("made like those of the last {calls} calls of this account"),
    };
    say(format_args!(
        "\nwhat would follow, an estimate and not a fact: the campaign from its start with {} leads, {} times, with people \
         {people}",
        estimate["leads"], estimate["rehearsals"]
    ))?;
    let currency = estimate["currency"].as_str();
    let sides = [("as_it_is", "as it is"), ("with_policy", "with the policy"), ("difference", "difference")];
    let compared = if estimate["with_policy"].is_null() { &sides[..1] } else { &sides[..] };
    let mut rows = table();
    rows.set_header(std::iter::once("lowest to highest (middle)").chain(compared.iter().map(|(_, told)| *told)));
    for (name, told, unit) in [
        ("calls", "calls", 1.0),
        ("goals_reached", "goals reached", 1.0),
        ("opted_out", "opted out", 1.0),
        ("talk_ms", "talk, minutes", 60_000.0),
        ("duration_ms", "from start to last call, hours", 3_600_000.0),
        ("cost_micros", "cost", 1_000_000.0),
    ] {
        if name == "cost_micros" && currency.is_none() {
            continue;
        }
        let told =
            if name == "cost_micros" { format!("{told}, {}", currency.unwrap_or_default()) } else { told.into() };
        let shown = compared.iter().map(|(side, _)| range(&estimate[*side][name], unit));
        rows.add_row(std::iter::once(told).chain(shown));
    }
    say(rows)?;
    for (side, told) in sides {
        for (why, times) in estimate[side]["unfinished"].as_object().into_iter().flatten() {
            say(format_args!("{told}: {times} of the rehearsals did not end as completed: {why}"))?;
        }
    }
    Ok(())
}

fn range(range: &Value, unit: f64) -> String {
    let digits = if unit > 1.0 { 1 } else { 0 };
    let shown = |name: &str| range[name].as_f64().map_or("-".to_owned(), |value| format!("{:.digits$}", value / unit));
    format!("{} to {} ({})", shown("low"), shown("high"), shown("middle"))
}
