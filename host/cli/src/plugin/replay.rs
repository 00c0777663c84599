//! `campanile plugin replay`: recorded decisions, put to a version again.
//!
//! The work is a job of the server; this follows it. What cannot be reproduced is the exit code 6, because a plugin that
//! answers the same question twice in two ways is broken; a divergence is an answer and no failure.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::estimate::print as estimate;
use super::report::table;
use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;
use crate::job::{follow, result};
use crate::say::say;

/// Flags of `plugin replay`.
#[derive(Args, Debug)]
pub struct Replay {
    /// The plugin or script, and which version of it is asked; the one in force, when none is named
    #[arg(value_name = "NAME[@VERSION]")]
    plugin: String,
    /// Only what was decided in this campaign, by whoever
    #[arg(long, value_name = "CMP", conflicts_with = "lead")]
    campaign: Option<String>,
    /// Only what was decided about this lead, by whoever
    #[arg(long, value_name = "LEAD")]
    lead: Option<String>,
    /// Only what was decided then or later (RFC 3339)
    #[arg(long, value_name = "INSTANT")]
    since: Option<String>,
    /// Only what was decided before (RFC 3339)
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
    /// Ask with the settings in this JSON file instead of the recorded ones
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Ask a script that nobody has kept yet, in place of a version
    #[arg(long, value_name = "FILE")]
    source: Option<PathBuf>,
    /// Decisions to look at, at most
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,
    /// Also estimate what would follow, by rehearsing the campaign both ways
    #[arg(long, requires = "campaign")]
    estimate: bool,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the job as JSON
    #[arg(long)]
    json: bool,
}

/// Leads that a person is shown; `--json` has them all.
const SHOWN: usize = 20;

/// Runs the command.
pub async fn run(args: &Replay) -> Result<(), Failure> {
    let client = Client::new(&args.server)?;
    let (name, version) = match args.plugin.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (args.plugin.as_str(), None),
    };
    let path = if args.source.is_some() { "scripts" } else { "plugins" };
    let begun = client.post(&format!("/v1/{path}/{name}/replay"), Body::Json(wishes(args, version)?)).await?;
    let job = follow(&client, begun, args.json).await?;
    if args.json {
        say(&job)?;
    }
    let result = result(&job).map_err(|failure| failure.next(format!("campanile plugin replay {}", args.plugin)))?;
    if !args.json {
        print(result)?;
    }
    match result["not_reproducible"].as_u64() {
        Some(0) | None => Ok(()),
        Some(count) => Err(Failure::invalid(format!(
            "{count} of the answers that were recorded could not be reproduced by the same bytes and settings: the plugin is not deterministic"
        ))
        .next("look for what it keeps, draws or measures between two calls")),
    }
}

/// A JSON object in a file.
pub fn object(path: &Path) -> Result<Map<String, Value>, Failure> {
    let text = text(path)?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::invalid(format!("{} is no JSON object: {error}", path.display())).next("write {\"name\": value, ...}")
    })
}

fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::not_found(format!("{} cannot be read: {error}", path.display())))
}

fn wishes(args: &Replay, version: Option<&str>) -> Result<Value, Failure> {
    let mut wishes = Map::new();
    let words = [
        ("campaign", args.campaign.as_deref()),
        ("lead", args.lead.as_deref()),
        ("since", args.since.as_deref()),
        ("until", args.until.as_deref()),
        ("version", version),
    ];
    for (name, word) in words {
        wishes.extend(word.map(|word| (name.to_owned(), json!(word))));
    }
    if let Some(path) = &args.settings {
        wishes.insert("settings".into(), object(path)?.into());
    }
    if let Some(path) = &args.source {
        wishes.insert("source".into(), text(path)?.into());
    }
    if let Some(limit) = args.limit {
        wishes.insert("limit".into(), limit.into());
    }
    if args.estimate {
        wishes.insert("estimate".into(), true.into());
    }
    Ok(wishes.into())
}

fn print(result: &Value) -> Result<(), Failure> {
    let count = |name: &str| result[name].as_u64().unwrap_or(0).to_string();
    let mut counts = table();
    counts.add_row(["asked", result["policy"].as_str().unwrap_or_default()]);
    for (name, told) in [
        ("decisions", "decisions"),
        ("reproduced", "reproduced byte by byte"),
        ("not_reproducible", "not reproducible"),
        ("same", "answered alike"),
        ("reworded", "alike but for the reason"),
        ("diverged", "leads that diverge"),
        ("after_divergence", "after a divergence, not judged"),
        ("left_out", "past the limit, not looked at"),
    ] {
        if name == "decisions" || result[name].as_u64().unwrap_or(0) > 0 {
            counts.add_row([told, &count(name)]);
        }
    }
    for (why, count) in result["not_replayed"].as_object().into_iter().flatten() {
        counts.add_row([format!("not replayed: {why}"), count.to_string()]);
    }
    say(counts)?;
    differences(result)?;
    let broken = result["not_reproduced"].as_array().map_or(&[][..], Vec::as_slice);
    if !broken.is_empty() {
        say("\nanswers that could not be reproduced:")?;
        leads(broken)?;
    }
    estimate(&result["estimate"])
}

/// What differs, from what to what and for whom: of a replay or of a shadow.
pub fn differences(report: &Value) -> Result<(), Failure> {
    let changes = report["changes"].as_array().map_or(&[][..], Vec::as_slice);
    if changes.is_empty() {
        return Ok(());
    }
    let mut from_to = table();
    from_to.set_header(["decided", "would be", "leads"]);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for change in changes {
        from_to.add_row([word(&change["from"]), word(&change["to"]), change["leads"].to_string()]);
    }
    say(format_args!(
        "\n{from_to}\n\nleads to look at (each one's first divergence; what would have followed is not known):"
    ))?;
    leads(report["leads"].as_array().map_or(&[][..], Vec::as_slice))
}

fn leads(all: &[Value]) -> Result<(), Failure> {
    let mut rows = table();
    rows.set_header(["lead", "at", "decided", "would be"]);
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for lead in all.iter().take(SHOWN) {
        rows.add_row([word(&lead["lead"]), word(&lead["at"]), told(&lead["recorded"]), told(&lead["answered"])]);
    }
    say(rows)?;
    if all.len() > SHOWN { say(format_args!("{} more with --json", all.len() - SHOWN)) } else { Ok(()) }
}

/// An answer in a few words.
fn told(answer: &Value) -> String {
    let word = |name: &str| answer[name].as_str().unwrap_or_default();
    match word("decision") {
        "" => format!("failed: {}", word("code")),
        "retry" => format!("retry at {} ({})", word("not_before"), word("reason")),
        decision => format!("{decision} ({})", word("reason")),
    }
}
