//! What a rehearsal came to, for a person or for a program.

use std::collections::BTreeMap;

use campanile_domain::ports::store::Stats;
use campanile_domain::time::{HOUR_MS, Timestamp};
use campanile_domain::zone::Zone;
use campanile_intake::Summary;
use serde::Serialize;

use super::calls::Hours;
use crate::exit::Failure;
use crate::say::say;

/// What is told.
pub struct Report<'a> {
    /// How the file was read.
    pub import: &'a Summary,
    /// What the store counted.
    pub stats: &'a Stats,
    /// Calls by local hour.
    pub hours: &'a Hours,
    /// Whose hours.
    pub zone: &'a Zone,
    /// The start.
    pub start: Timestamp,
    /// The seed.
    pub seed: u64,
    /// For a program.
    pub json: bool,
}

#[derive(Serialize)]
struct Json<'a> {
    seed: u64,
    started_at: Timestamp,
    time_zone: &'a str,
    import: &'a Summary,
    leads: u64,
    leads_by_status: &'a BTreeMap<String, BTreeMap<String, u64>>,
    calls: u64,
    attempts: &'a BTreeMap<String, u64>,
    calls_per_hour: &'a Hours,
    goals_reached: u64,
    first_call_at: Option<Timestamp>,
    last_call_at: Option<Timestamp>,
    duration_hours: f64,
    talk_minutes: f64,
    cost_micros: i64,
    currency: &'static str,
}

/// The widest bar.
const BAR: u64 = 40;

/// Prints it.
pub fn print(report: &Report<'_>) -> Result<(), Failure> {
    let stats = report.stats;
    let calls: u64 = report.hours.values().sum();
    let duration_ms = stats.last_call_at.map_or(0, |last| last.since(report.start));
    if report.json {
        let json = Json {
            seed: report.seed,
            started_at: report.start,
            time_zone: report.zone.name(),
            import: report.import,
            leads: stats.leads,
            leads_by_status: &stats.by_status,
            calls,
            attempts: &stats.attempts,
            calls_per_hour: report.hours,
            goals_reached: stats.goals_reached,
            first_call_at: stats.first_call_at,
            last_call_at: stats.last_call_at,
            duration_hours: duration_ms as f64 / HOUR_MS as f64,
            talk_minutes: stats.talk_ms as f64 / 60_000.0,
            cost_micros: stats.cost_micros.0,
            currency: "EUR",
        };
        let text = serde_json::to_string(&json).map_err(|error| Failure::other(error.to_string()))?;
        return say(text);
    }
    let import = report.import;
    let rejected: u64 = import.rejected.values().sum();
    say(format_args!(
        "{} leads accepted of {} rows ({} duplicates, {rejected} rejected); seed {}",
        import.accepted, import.rows, import.duplicates_in_file, report.seed
    ))?;
    say("\nleads")?;
    for (status, reasons) in &stats.by_status {
        for (reason, count) in reasons {
            let name = if reason.is_empty() { status.clone() } else { format!("{status}: {reason}") };
            say(format_args!("  {name:<32}{count:>10}"))?;
        }
    }
    say(format_args!("\nattempts ({calls})"))?;
    for (outcome, count) in &stats.attempts {
        say(format_args!("  {outcome:<32}{count:>10}"))?;
    }
    say(format_args!("\ncalls per hour of the day, {}", report.zone.name()))?;
    let most = report.hours.values().copied().max().unwrap_or(1).max(1);
    for (hour, count) in report.hours {
        let bar = "#".repeat(usize::try_from(count * BAR / most).unwrap_or(0).max(1));
        say(format_args!("  {hour:02}:00 {bar:<40} {count}"))?;
    }
    let local = |at: Option<Timestamp>| at.map_or_else(|| "none".into(), |at| report.zone.local(at).to_string());
    say(format_args!("\nfirst call  {}", local(stats.first_call_at)))?;
    say(format_args!("last call   {}", local(stats.last_call_at)))?;
    say(format_args!("duration    {:.1} hours", duration_ms as f64 / HOUR_MS as f64))?;
    say(format_args!("talk        {:.1} minutes", stats.talk_ms as f64 / 60_000.0))?;
    say(format_args!("cost        {:.2} EUR at 0.10 a minute", stats.cost_micros.0 as f64 / 1e6))
}
