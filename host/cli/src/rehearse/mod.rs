//! `campanile rehearse`: a campaign over a lead file, on a virtual clock, until it completes.
//!
//! The real engine and a real store in memory; only the clock and the people are made up. The same files, start and seed
//! give the same bytes.

mod calls;
mod children;
mod play;
mod report;
mod stage;

use std::path::PathBuf;
use std::sync::Arc;

use campanile_domain::campaign::CampaignState;
use campanile_domain::money::{Currency, Micros, Tariff};
use campanile_domain::ports::policy::PolicyRunner;
use campanile_domain::ports::store::Billing;
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::zone;
use campanile_engine::rehearsal::{RehearsalError, Stage, StageError};
use clap::Args;

pub use children::Children;
pub use play::{Play, run as play};

use crate::campaign_file;
use crate::exit::Failure;
use crate::lead_file::{LeadFile, MappingFlags};
use crate::workbench;

/// Flags of `rehearse`.
#[derive(Args, Debug)]
pub struct Rehearse {
    /// Lead file, CSV or XLSX
    #[arg(long, value_name = "FILE")]
    leads: PathBuf,
    #[command(flatten)]
    mapping: MappingFlags,
    /// Campaign as TOML, in the field names of the API
    #[arg(long, value_name = "FILE.toml")]
    campaign: Option<PathBuf>,
    /// Local time in the campaign's zone at which it is started
    #[arg(long, value_name = "TIME", default_value = "2026-03-02T08:00")]
    start: String,
    /// Seeds the people and the ids
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Who decides: builtin, the name of a plugin, or the path of a script ending in .rhai
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// How the people behave, as TOML
    #[arg(long, value_name = "SCENARIO.toml")]
    carrier: Option<PathBuf>,
    /// Write one JSON line per call here
    #[arg(long, value_name = "OUT.jsonl")]
    calls: Option<PathBuf>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// A campaign that needs longer than this on the virtual clock is not worth waiting for.
const HORIZON_MS: i64 = 400 * DAY_MS;
/// The most calls at once that a rehearsal plays.
const MOST_SLOTS: u32 = 10_000;
/// What a minute costs in a rehearsal, in micros: 0.10, at least half a minute, by the second.
const PER_MINUTE: Micros = Micros(100_000);

/// Runs the command.
pub fn run(args: Rehearse) -> Result<(), Failure> {
    let mut config = campaign_file::read(args.campaign.as_deref())?;
    let zone = config.time_zone.clone().unwrap_or_else(zone::Zone::utc);
    config.time_zone = Some(zone.clone());
    let start: Timestamp =
        zone::parse_local(&args.start, &zone).map_err(|error| Failure::usage(format!("--start: {error}")))?;
    let scenario =
        stage::scenario(args.carrier.as_deref())?.or_goal_variable(config.goal_variable.as_deref()).or_time_zone(&zone);
    let mut file = LeadFile::open(&args.leads, &args.mapping, Some(&zone))?;
    let (leads, import) = file.leads(&mut |_| {})?;
    if leads.is_empty() {
        return Err(Failure::invalid("the file has no lead that can be called")
            .next(format!("campanile import check {}", args.leads.display())));
    }
    let policies = workbench::sandbox()?;
    let store = stage::store()?;
    let told = |error: StageError| Failure::invalid(error.to_string());
    futures::executor::block_on(async {
        let decides = Arc::new(policies.clone()) as Arc<dyn PolicyRunner>;
        let slots = config.max_concurrent_calls.clamp(1, MOST_SLOTS);
        let mut stage = Stage::new(Arc::clone(&store), decides, start, slots, args.seed).without_records();
        let tariff = Tariff::new(PER_MINUTE, 30, 1).map_err(|error| Failure::other(error.to_string()))?;
        let account = stage
            .account("rehearsal", scenario, Some(Billing { currency: Currency::EUR, tariff }))
            .await
            .map_err(told)?;
        stage::name_policy(&mut config, &policies, account.tenant, args.policy.as_deref()).await?;
        let problems = config.check(MOST_SLOTS);
        if !problems.is_empty() {
            let lines: Vec<_> = problems.iter().map(|field| format!("{}: {}", field.pointer, field.message)).collect();
            return Err(Failure::invalid(format!("the campaign breaks rules: {}", lines.join("; "))));
        }
        let campaign = stage.campaign(&account, &zone, config, &leads).await.map_err(told)?;
        let broken = |error: RehearsalError| Failure::other(format!("the rehearsal did not end: {error}"));
        let mut rehearsal = stage.begin().await.map_err(broken)?;
        rehearsal.run(start + HORIZON_MS, &mut |_, _| {}).await.map_err(broken)?;
        let store = store.as_ref();
        let stats =
            store.stats(account.tenant, campaign.id).await.map_err(|error| Failure::other(error.to_string()))?;
        let hours = calls::write(store, account.tenant, &stats, &zone, args.calls.as_deref()).await?;
        let ended =
            store.campaign(account.tenant, campaign.id).await.map_err(|error| Failure::other(error.to_string()))?;
        report::print(&report::Report {
            import: &import,
            stats: &stats,
            hours: &hours,
            zone: &zone,
            start,
            seed: args.seed,
            json: args.json,
        })?;
        if ended.status == CampaignState::Completed {
            return Ok(());
        }
        let (status, why) = (ended.status.as_str(), ended.status_reason);
        Err(Failure::conflict(format!("the campaign is {status}, not completed: {} ({})", why.detail, why.code)))
    })
}
