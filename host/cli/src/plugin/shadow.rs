//! `campanile plugin shadow`: a second policy that is asked everything a campaign decides, and decides nothing.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::replay::{differences, object};
use super::report::table;
use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum Shadow {
    /// From now on, ask it too
    Start(Start),
    /// Ask it no more, and say what it came to
    Stop(Of),
    /// Say what it came to so far
    Report(Of),
}

/// Flags of `plugin shadow start`.
#[derive(Args, Debug)]
pub struct Start {
    /// The plugin or script that is asked; the version in force now, when none is named
    #[arg(value_name = "NAME[@VERSION]")]
    plugin: String,
    /// Its settings, a JSON object in a file
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    of: Of,
}

/// Of which campaign.
#[derive(Args, Debug)]
pub struct Of {
    /// The campaign
    #[arg(long, value_name = "CMP")]
    campaign: String,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(command: &Shadow) -> Result<(), Failure> {
    let (of, method, body) = match command {
        Shadow::Start(Start { plugin, settings, of }) => {
            let settings = settings.as_deref().map(object).transpose()?.unwrap_or_default();
            (of, reqwest::Method::PUT, Body::Json(json!({"policy": plugin, "settings": settings})))
        }
        Shadow::Stop(of) => (of, reqwest::Method::DELETE, Body::None),
        Shadow::Report(of) => (of, reqwest::Method::GET, Body::None),
    };
    let path = format!("/v1/campaigns/{}/shadow", of.campaign);
    let report = Client::new(&of.server)?.send(method, &path, body).await?.accepted()?;
    if of.json { say(report) } else { print(&report) }
}

fn print(report: &Value) -> Result<(), Failure> {
    let word = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
    let mut counts = table();
    counts.add_row(["shadow".to_owned(), word("policy")]);
    counts.add_row(["since".to_owned(), format!("{} by {}", word("since"), word("by"))]);
    if report["stopped_at"].is_string() {
        counts.add_row(["stopped".to_owned(), word("stopped_at")]);
    }
    for (name, told) in [
        ("asked", "asked"),
        ("same", "answered alike"),
        ("reworded", "alike but for the reason"),
        ("diverged", "leads that diverge"),
        ("after_divergence", "after a divergence, not judged"),
        ("dropped", "not asked, because it was too slow"),
    ] {
        counts.add_row([told.to_owned(), report[name].to_string()]);
    }
    for (field, told) in [("failed", "failed"), ("not_compared", "nothing to compare with")] {
        for (why, count) in report[field].as_object().into_iter().flatten() {
            counts.add_row([format!("{told}: {why}"), count.to_string()]);
        }
    }
    say(counts)?;
    differences(report)
}
