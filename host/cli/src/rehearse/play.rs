//! `campanile play-rehearsal`: the server's own child that rehearses a campaign; nobody else calls it.
//!
//! Reads an order from its input, gives way to everybody else on the machine and writes one line per rehearsal as it is over:
//! what came of it, or why it could not be played. It holds no file of the server's but compiled code, and no secret.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use campanile_domain::campaign::CampaignState;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::Kind;
use campanile_domain::ports::policy::PolicyRunner;
use campanile_engine::rehearsal::order::{Figures, Order, Played, Version, VersionBody};
use campanile_engine::rehearsal::{RehearsalError, Stage};
use campanile_sandbox::{Content, Digest, Installed, Options, Sandbox};
use clap::Args;

use super::{MOST_SLOTS, stage};
use crate::compile_plugin::children;
use crate::exit::Failure;

/// Flags of `play-rehearsal`.
#[derive(Args, Debug)]
pub struct Play {
    /// Where compiled code is kept
    cache: PathBuf,
}

/// How much lower than the server a rehearsal runs (19 is the least).
const NICE: i32 = 19;

/// Runs the command.
pub fn run(args: &Play) -> Result<(), Failure> {
    let told = |error: &dyn std::fmt::Display| Failure::other(format!("the rehearsal could not be played: {error}"));
    // Where memory runs out, this process goes before the server does. Not every system has the file.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    rustix::process::setpriority_process(None, NICE).map_err(|error| told(&error))?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| told(&error))?;
    let order: Order = serde_json::from_str(&line).map_err(|error| told(&error))?;
    end_with_the_server().map_err(|error| told(&error))?;
    let options = Options { cache_folder: Some(args.cache.clone()), compiler: children()?, ..Options::default() };
    let sandbox = Sandbox::new(options).map_err(|error| told(&error))?;
    for cast in 0..order.casts.len() {
        for side in 0..order.sides.len() {
            let played = futures::executor::block_on(play(&order, &sandbox, cast, side))?;
            let line = serde_json::to_string(&played).map_err(|error| told(&error))?;
            let mut out = std::io::stdout().lock();
            writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| told(&error))?;
        }
    }
    Ok(())
}

/// The server keeps its end of the pipe open for as long as it waits. When that is gone, by whatever death, nobody does.
fn end_with_the_server() -> std::io::Result<()> {
    let watch = || {
        let _ = std::io::stdin().lock().read_line(&mut String::new());
        std::process::exit(1);
    };
    std::thread::Builder::new().name("server-watch".to_owned()).spawn(watch).map(|_| ())
}

/// One side with one cast.
async fn play(order: &Order, sandbox: &Sandbox, cast: usize, side: usize) -> Result<Played, Failure> {
    let told = |error: &dyn std::fmt::Display| Failure::other(error.to_string());
    let (config, people) = (order.sides[side].clone(), &order.casts[cast]);
    let store = stage::store()?;
    let decides = Arc::new(sandbox.clone()) as Arc<dyn PolicyRunner>;
    let slots = config.max_concurrent_calls.min(order.limits.max_concurrent_calls).clamp(1, MOST_SLOTS);
    let mut stage = Stage::new(Arc::clone(&store), decides, order.start, slots, people.seed).without_records();
    let account = stage
        .account_within("rehearsal", people.scenario.clone(), order.billing.clone(), order.limits.clone())
        .await
        .map_err(|error| told(&error))?;
    for version in &order.versions {
        install(sandbox, account.tenant, version)?;
    }
    let campaign = stage.campaign_of(&account, order.assistant.clone(), config, &order.leads).await;
    let campaign = campaign.map_err(|error| told(&error))?;
    let mut rehearsal = stage.begin().await.map_err(|error| told(&error))?;
    let over = match rehearsal.run(order.horizon, &mut |_, _| {}).await {
        Ok(()) => true,
        Err(RehearsalError::Horizon(_)) => false,
        Err(error) => return Err(told(&error)),
    };
    let stats = store.stats(account.tenant, campaign.id).await.map_err(|error| told(&error))?;
    let ended = store.campaign(account.tenant, campaign.id).await.map_err(|error| told(&error))?;
    let unfinished = match ended.status {
        CampaignState::Completed => None,
        _ if !over => Some("horizon".to_owned()),
        status => Some(format!("{}: {}", status.as_str(), ended.status_reason.code)),
    };
    Ok(Played { cast, side, figures: Figures::of(&stats, order.start), unfinished })
}

/// Every rehearsal has an account of its own, but they have the same key.
fn install(sandbox: &Sandbox, tenant: TenantKey, version: &Version) -> Result<(), Failure> {
    let Version { name, version, body } = version;
    if sandbox.knows(tenant, name, version) {
        return Ok(());
    }
    let (kind, content, digest, bytes) = match body {
        VersionBody::Script(source) => {
            let digest = Digest::of(source.as_bytes());
            (Kind::RetryPolicy, Content::Script(source.clone()), digest, source.len())
        }
        VersionBody::Component { kind, wasm, settings } => {
            let wasm = STANDARD.decode(wasm).map_err(|error| Failure::other(format!("{name}@{version}: {error}")))?;
            let (digest, bytes) = (Digest::of(&wasm), wasm.len());
            (*kind, Content::Component { wasm: Some(wasm), settings: settings.clone() }, digest, bytes)
        }
    };
    sandbox.put(Installed { tenant, name: name.clone(), version: version.clone(), kind, content, digest, bytes });
    Ok(())
}
