//! `campanile carrier`: the simulated carrier as a process of its own, and the gateway that talks to it.
//!
//! A crash test kills the server at the worst moment and asks afterwards who was rung. The answer must come from
//! somebody who was not killed and who forgives nothing: [`serve`] is that somebody, with a log that is on the disk before
//! a dial is answered, and [`RemoteCarrier`] is the server's side of the wire. Over it the never-twice promise is tried on
//! what a real network does: refused connections, server errors, answers that never come.
//!
//! It must never de-duplicate, retry a dial or tidy its log: that log is the oracle.

mod callbacks;
mod cut;
mod log;
mod remote;
mod serve;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::time::Timestamp;
use campanile_engine::carrier::Scenario;
use campanile_engine::shell::clock::{ScaledClock, SystemClock};
use tokio_util::sync::CancellationToken;

pub use self::remote::RemoteCarrier;
pub use self::serve::{Options, Server};
use crate::say::announce;

/// What `campanile carrier` is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Where to listen; port 0 takes a free one. The first line of output is `listening http://ADDRESS`.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Every dial is appended here, on the disk before it is answered.
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// What the people do and the carrier gets wrong; without it, a lively world without faults.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// The same seed is the same world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many times as fast as the sun the carrier's clock runs, for example x600; give the server the same.
    #[arg(long, value_name = "xN", value_parser = parse_factor)]
    clock: Option<f64>,
    /// What the clock shows at the start, in RFC 3339.
    #[arg(long, value_name = "TIME")]
    clock_start: Option<Timestamp>,
    /// The real instant at which the clock showed --clock-start, so that two processes started one after the other agree;
    /// now when absent.
    #[arg(long, value_name = "TIME", requires = "clock_start")]
    clock_origin: Option<Timestamp>,
    /// How often an event is posted to a server that does not take it, about one second apart.
    #[arg(long, default_value_t = 120)]
    callback_tries: u32,
}

/// Reads `x600` or `600`.
///
/// # Errors
/// It is no factor from 0.001 to 1,000,000.
pub fn parse_factor(text: &str) -> Result<f64, String> {
    let factor = text.strip_prefix('x').unwrap_or(text).parse::<f64>().ok();
    factor
        .filter(|factor| (0.001..=1_000_000.0).contains(factor))
        .ok_or_else(|| format!("{text:?} is not a clock's speed; write x1 to x1000000, for example x600"))
}

/// The clock that the flags describe; `now` is the real time.
fn clock(args: &Args, now: Timestamp) -> Arc<dyn EngineClock> {
    if args.clock.is_none() && args.clock_start.is_none() {
        return Arc::new(SystemClock);
    }
    let factor = args.clock.unwrap_or(1.0);
    let elapsed_ms = now.since(args.clock_origin.unwrap_or(now)) as f64 * factor;
    Arc::new(ScaledClock::starting_at(args.clock_start.unwrap_or(now) + elapsed_ms as i64, factor))
}

/// Runs the carrier until it is interrupted or terminated.
///
/// # Errors
/// The scenario is wrong, the address is taken, or the log cannot be written.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let scenario = match &args.scenario {
        None => Scenario::default(),
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("the scenario {} cannot be read", path.display()))?
            .parse()
            .with_context(|| format!("in {}", path.display()))?,
    };
    let clock = clock(&args, EngineClock::now(&SystemClock));
    let options = Options {
        listen: args.listen,
        log: args.log.clone(),
        scenario,
        seed: args.seed,
        callback_tries: args.callback_tries,
    };
    let server = Server::bind(options, Arc::clone(&clock)).await?;
    announce(format_args!("listening http://{}", server.address()));
    eprintln!("simulated carrier: nobody real is called; seed {}, clock shows {}", args.seed, clock.now());
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    server.run(stop).await
}

async fn stop_on_signal(stop: CancellationToken) {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stop.cancel();
        return;
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.cancel();
    }
}

#[cfg(test)]
mod tests;
