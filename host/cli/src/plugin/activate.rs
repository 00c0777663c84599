//! `campanile plugin activate`: from now on, `name@active` is this version.
//!
//! Refused with what is missing while something that uses the plugin does not fit the version: settings, a host, a secret
//! or an auth block that nobody granted.

use campanile_domain::plugin::PluginRef;
use clap::Args;

use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin activate`.
#[derive(Args, Debug)]
pub struct Activate {
    /// The plugin and the version, for example busy-soon@1.2.0
    #[arg(value_name = "NAME@VERSION")]
    plugin: PluginRef,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: &Activate) -> Result<(), Failure> {
    let name = &args.plugin.name;
    let Some(version) = &args.plugin.version else {
        return Err(Failure::usage(format!("{name} without a version can be any; name the one to put in force"))
            .next(format!("campanile plugin versions {name}")));
    };
    let body = activate(&Client::new(&args.server)?, name, version).await?;
    if args.json { say(body) } else { say(format_args!("{name}@{version} is in force")) }
}

/// Puts a version in force.
pub async fn activate(client: &Client, name: &str, version: &str) -> Result<serde_json::Value, Failure> {
    let path = format!("/v1/plugins/{name}/versions/{version}/activate");
    let answer = client.send(reqwest::Method::POST, &path, Body::None).await?;
    let refused = answer.status == 409;
    answer.accepted().map_err(|failure| {
        if refused {
            failure.next(format!("campanile plugin grant {name}@{version}, if a grant is missing"))
        } else {
            failure
        }
    })
}
