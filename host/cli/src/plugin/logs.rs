//! `campanile plugin logs`: what went wrong in calls of a plugin, and what its calls used.

use clap::Args;
use serde_json::Value;

use super::report::table;
use crate::client::{Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin logs`.
#[derive(Args, Debug)]
pub struct Logs {
    /// The plugin
    name: String,
    /// What its calls used, instead of what went wrong
    #[arg(long)]
    usage: bool,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: &Logs) -> Result<(), Failure> {
    let what = if args.usage { "usage" } else { "failures" };
    let body = Client::new(&args.server)?.get(&format!("/v1/plugins/{}/{what}", args.name)).await?;
    if args.json {
        return say(&body);
    }
    let rows = body["data"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
    let Some(Value::Object(first)) = rows.first() else {
        eprintln!("{}: no {what} are recorded", args.name);
        return Ok(());
    };
    // The columns are the server's: whatever it tells of each entry.
    let columns: Vec<String> = first.keys().cloned().collect();
    let mut table = table();
    table.set_header(&columns);
    for row in &rows {
        table.add_row(columns.iter().map(|column| match &row[column] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        }));
    }
    say(table)
}
