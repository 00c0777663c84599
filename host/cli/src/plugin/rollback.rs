//! `campanile plugin rollback`: the version that was in force before is in force again.

use clap::Args;

use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin rollback`.
#[derive(Args, Debug)]
pub struct Rollback {
    /// The plugin
    name: String,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: &Rollback) -> Result<(), Failure> {
    let body = Client::new(&args.server)?.post(&format!("/v1/plugins/{}/rollback", args.name), Body::None).await?;
    if args.json {
        return say(body);
    }
    let version = body["version"].as_str().unwrap_or("the version before");
    say(format_args!("{}@{version} is in force again", args.name))
}
