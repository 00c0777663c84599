//! `campanile plugin push`: build, upload, and wait until the server has made up its mind.
//!
//! The upload is answered with admission's verdict at once; compiling and conformance follow on the server and are asked
//! after until the version is staged or rejected. What is rejected is an exit code, not a line to read over.

use std::path::PathBuf;

use campanile_domain::plugin::VersionState;
use campanile_domain::plugin::report::Report;
use campanile_domain::ports::clock::EngineClock;
use campanile_engine::shell::clock::SystemClock;
use clap::Args;
use serde_json::Value;

use super::activate::activate;
use super::project::Project;
use super::{build, report};
use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin push`.
#[derive(Args, Debug)]
pub struct Push {
    /// The plugin's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Put the version in force when it has passed everything
    #[arg(long)]
    activate: bool,
    /// Give up waiting for the server's verdict after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    wait: u32,
    #[command(flatten)]
    server: ServerFlags,
    /// Print what became of the version as JSON
    #[arg(long)]
    json: bool,
}

const ASKED_AGAIN_MS: i64 = 300;

/// Runs the command.
pub async fn run(args: &Push) -> Result<(), Failure> {
    let client = Client::new(&args.server)?;
    let project = Project::open(&args.dir)?;
    let component = build::component(&project)?;
    let (name, version) = (&project.manifest.name, &project.manifest.version);
    eprintln!("{name}@{version}: {} bytes, uploading", component.len());
    let answer = client.send(reqwest::Method::POST, "/v1/plugins", Body::Wasm(component)).await?;
    let told = answer.accepted()?;
    let ended = wait(&client, args, &format!("/v1/plugins/{name}/versions/{version}"), told).await?;
    if !args.json
        && let Some(report) = report_of(&ended)
    {
        report::print(&report)?;
    }
    let rejected = state(&ended) == Some(VersionState::Rejected);
    let ended = if args.activate && !rejected && state(&ended) != Some(VersionState::Active) {
        activate(&client, name, version).await?
    } else {
        ended
    };
    if args.json {
        say(&ended)?;
    }
    if rejected {
        let finding = report_of(&ended).and_then(|report| report.findings.into_iter().next());
        let next = finding.map_or_else(|| format!("campanile plugin versions {name}"), |finding| finding.next);
        return Err(Failure::invalid(format!("{name}@{version} was rejected")).next(next));
    }
    if args.activate {
        eprintln!("{name}@{version} is in force");
    } else {
        eprintln!("{name}@{version} is staged. Next: campanile plugin activate {name}@{version}");
    }
    Ok(())
}

/// Asks until the version is staged, active or rejected.
async fn wait(client: &Client, args: &Push, path: &str, mut told: Value) -> Result<Value, Failure> {
    let began = EngineClock::now(&SystemClock);
    let mut shown = None;
    loop {
        let now = state(&told);
        if now != shown
            && let Some(state) = now
        {
            eprintln!("  {}", state.word());
            shown = now;
        }
        if now.is_some_and(|state| !matches!(state, VersionState::Compiling | VersionState::Testing)) {
            return Ok(told);
        }
        let at = EngineClock::now(&SystemClock);
        if at.since(began) > i64::from(args.wait) * 1000 {
            let word = now.map_or("not there", VersionState::word);
            return Err(Failure::unavailable(format!("after {} s the version is still {word}", args.wait))
                .next("campanile plugin versions, later; or push again with a longer --wait"));
        }
        SystemClock.sleep_until(at + ASKED_AGAIN_MS).await;
        told = client.get(path).await?;
    }
}

fn state(version: &Value) -> Option<VersionState> {
    version["state"].as_str().and_then(|word| word.parse().ok())
}

fn report_of(body: &Value) -> Option<Report> {
    serde_json::from_value(body["report"].clone()).ok()
}
