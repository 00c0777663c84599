//! `campanile plugin versions`: the versions of a plugin that the server has, and which is in force.

use clap::Args;

use super::report::table;
use crate::client::{Client, ServerFlags};
use crate::exit::Failure;

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
        println!("{body}");
        return Ok(());
    }
    let mut table = table();
    table.set_header(["name", "version", "kind", "state", "uploaded"]);
    let plugins = body["data"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
    for plugin in &plugins {
        let versions = plugin["versions"].as_array().cloned().unwrap_or_else(|| vec![plugin.clone()]);
        for version in &versions {
            let word =
                |field: &str| version[field].as_str().or_else(|| plugin[field].as_str()).unwrap_or_default().to_owned();
            table.add_row(["name", "version", "kind", "state", "created_at"].map(word));
        }
    }
    println!("{table}");
    Ok(())
}
