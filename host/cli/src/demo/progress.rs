//! Shows a campaign while it runs.

use std::io::IsTerminal;
use std::time::Duration;

use campanile_domain::campaign::CampaignState;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::clock::{EngineClock, WallClock};
use campanile_domain::ports::store::{Campaign, Campaigns, Stats};
use campanile_engine::shell::clock::SystemClock;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exit::Failure;
use crate::say::say;
use crate::wiring::Host;

/// How often it looks, in milliseconds of the wall.
const LOOK_EVERY_MS: i64 = 250;
/// Without a terminal, a line is printed every so many looks.
const LINE_EVERY: u32 = 20;

fn count(stats: &Stats, status: &str) -> u64 {
    stats.by_status.get(status).map_or(0, |reasons| reasons.values().sum())
}

/// Shows the campaign until it is complete, and for ever after unless asked to stop then.
pub async fn watch(host: &Host, tenant: TenantKey, campaign: &Campaign, stop: bool) -> Result<(), Failure> {
    let failed = |error: campanile_domain::ports::store::StoreError| Failure::other(error.to_string());
    let live = std::io::stderr().is_terminal();
    let bar = ProgressBar::with_draw_target(
        Some(1),
        if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() },
    );
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} leads done  {msg}") {
        bar.set_style(style);
    }
    let mut looks = 0;
    loop {
        let stats = host.store.stats(tenant, campaign.id).await.map_err(failed)?;
        let now = host.store.campaign(tenant, campaign.id).await.map_err(failed)?;
        let done = count(&stats, "completed") + count(&stats, "max_retries") + count(&stats, "suppressed");
        let zone = now.config.time_zone.clone().unwrap_or_else(campanile_domain::zone::Zone::utc);
        let message = format!(
            "{} calls live, {} waiting for a retry, {} goals reached, {} there",
            stats.open_attempts,
            count(&stats, "rescheduled"),
            stats.goals_reached,
            zone.local(host.clock.now())
        );
        bar.set_length(stats.leads);
        bar.set_position(done);
        bar.set_message(message.clone());
        if !live && looks % LINE_EVERY == 0 {
            eprintln!("{done}/{} leads done  {message}", stats.leads);
        }
        looks += 1;
        if stop && now.status != CampaignState::InProgress {
            bar.finish_and_clear();
            summary(&now, &stats)?;
            return if now.status == CampaignState::Completed {
                Ok(())
            } else {
                Err(Failure::other(format!("the campaign is {}: {}", now.status.as_str(), now.status_reason.detail)))
            };
        }
        let next = WallClock::now(&SystemClock) + LOOK_EVERY_MS;
        SystemClock.sleep_until(next).await;
    }
}

fn summary(campaign: &Campaign, stats: &Stats) -> Result<(), Failure> {
    say(format_args!(
        "campaign {:?} is {}: {}",
        campaign.config.name,
        campaign.status.as_str(),
        campaign.status_reason.detail
    ))?;
    for (status, reasons) in &stats.by_status {
        for (reason, leads) in reasons.iter().filter(|(_, leads)| **leads > 0) {
            let name = if reason.is_empty() { status.clone() } else { format!("{status}: {reason}") };
            say(format_args!("  {name:<32}{leads:>6}"))?;
        }
    }
    let calls: u64 = stats.attempts.values().sum();
    let talk = Duration::from_millis(stats.talk_ms.unsigned_abs()).as_secs() / 60;
    say(format_args!(
        "{} leads, {calls} calls, {} goals reached, {talk} minutes of talk, {:.2} EUR",
        stats.leads,
        stats.goals_reached,
        stats.cost_micros.0 as f64 / 1e6
    ))
}
