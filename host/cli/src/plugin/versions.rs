//! `campanile plugin versions`: the versions of a plugin that the server has, and which is in force.

use clap::Args;
use serde_json::Value;

use super::report::table;
use crate::client::{Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin versions`.
#[derive(Args, Debug)]
pub struct Versions {
    /// The plugin; without it all of them
    name: Option<String>,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: &Versions) -> Result<(), Failure> {
    let path = args.name.as_ref().map_or_else(|| "/v1/plugins".to_owned(), |name| format!("/v1/plugins/{name}"));
    let body = Client::new(&args.server)?.get(&path).await?;
    if args.json {
        return say(&body);
    }
    let mut table = table();
    let (rows, columns) = match &body["versions"] {
        Value::Array(versions) => (versions.clone(), ["name", "version", "kind", "state", "created_at"]),
        _ => {
            (body["data"].as_array().cloned().unwrap_or_default(), ["name", "kind", "active", "latest", "latest_state"])
        }
    };
    table.set_header(columns);
    for row in &rows {
        table.add_row(columns.map(|column| row[column].as_str().unwrap_or_default().to_owned()));
    }
    say(table)
}
