//! `campanile plugin grant`: what a plugin may reach and use.
//!
//! A manifest asks; only what is granted is given. Without names it grants everything that the version asks for, and says
//! what that was.

use campanile_domain::plugin::PluginRef;
use clap::Args;
use serde_json::{Value, json};

use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin grant`.
#[derive(Args, Debug)]
pub struct Grant {
    /// The plugin and the version that asks, for example acme-leads@1.2.0
    #[arg(value_name = "NAME@VERSION")]
    plugin: PluginRef,
    /// A host that it may send requests to; may be given several times
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// A secret that it may use
    #[arg(long = "secret", value_name = "NAME")]
    secrets: Vec<String>,
    /// An auth block that it may use
    #[arg(long = "auth", value_name = "NAME")]
    auth: Vec<String>,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: &Grant) -> Result<(), Failure> {
    let client = Client::new(&args.server)?;
    let name = &args.plugin.name;
    let Some(version) = &args.plugin.version else {
        return Err(Failure::usage(format!("what is granted is what a version of {name} asks for; name the version"))
            .next(format!("campanile plugin versions {name}")));
    };
    let named = json!({ "version": version, "hosts": args.hosts, "secrets": args.secrets, "auth": args.auth });
    let nothing_named = args.hosts.is_empty() && args.secrets.is_empty() && args.auth.is_empty();
    let wanted = if nothing_named { asked(&client, name, version).await? } else { named };
    let body = client.post(&format!("/v1/plugins/{name}/grants"), Body::Json(wanted.clone())).await?;
    if args.json {
        return say(&body);
    }
    for what in ["hosts", "secrets", "auth"] {
        for one in wanted[what].as_array().into_iter().flatten().filter_map(Value::as_str) {
            say(format_args!("{name} may use {}: {one}", what.trim_end_matches('s')))?;
        }
    }
    Ok(())
}

/// Everything that the version's manifest asks for.
async fn asked(client: &Client, name: &str, version: &str) -> Result<Value, Failure> {
    let body = client.get(&format!("/v1/plugins/{name}/versions/{version}")).await?;
    let manifest = &body["manifest"];
    let names = |value: &Value| -> Vec<String> {
        value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let hosts = manifest["hosts"].as_array().cloned().unwrap_or_default();
    Ok(
        json!({ "version": version, "hosts": hosts, "secrets": names(&manifest["secrets"]), "auth": names(&manifest["auth"]) }),
    )
}
