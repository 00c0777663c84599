//! `campanile gateway ...`: through what calls are placed.

use clap::{Args, Subcommand};
use reqwest::Method;

use super::fields::Fields;
use super::flags::{Paging, Reading, Writing, id};
use super::noun::{Noun, given, show, text};
use crate::exit::Failure;

const NOUN: Noun =
    Noun { plural: "gateways", path: "/v1/gateways", columns: &["id", "name", "kind", "plugin", "created_at"] };

/// Gateways.
#[derive(Subcommand, Debug)]
pub enum Gateway {
    /// All gateways
    List(List),
    /// One gateway, whole; secrets are never shown
    Get(Get),
    /// Install a gateway; the address for the provider's events is shown this once
    Create(Create),
    /// Change what is named of a gateway
    Update(Update),
    /// Ask the provider whether calls can be placed; nobody is called
    Check(Check),
    /// Delete a gateway that no assistant uses
    Delete(Delete),
}

/// Flags of `gateway list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `gateway get`.
#[derive(Args, Debug)]
pub struct Get {
    /// gw_...
    #[arg(value_name = "GATEWAY", value_parser = id)]
    gateway: String,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `gateway create`.
#[derive(Args, Debug)]
pub struct Create {
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// simulated, carrier or plugin
    #[arg(long)]
    kind: Option<String>,
    /// With the kind plugin: which one, name@version or name@active
    #[arg(long, value_name = "PLUGIN")]
    plugin: Option<String>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `gateway update`.
#[derive(Args, Debug)]
pub struct Update {
    /// gw_...
    #[arg(value_name = "GATEWAY", value_parser = id)]
    gateway: String,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `gateway check`.
#[derive(Args, Debug)]
pub struct Check {
    /// gw_...
    #[arg(value_name = "GATEWAY", value_parser = id)]
    gateway: String,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `gateway delete`.
#[derive(Args, Debug)]
pub struct Delete {
    /// gw_...
    #[arg(value_name = "GATEWAY", value_parser = id)]
    gateway: String,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(command: Gateway) -> Result<(), Failure> {
    match command {
        Gateway::List(args) => NOUN.list(&[], &args.paging, &args.reading).await,
        Gateway::Get(args) => NOUN.get(&args.gateway, &args.reading).await,
        Gateway::Create(args) => {
            let mut body = args.fields.read()?;
            body.extend(given([
                ("name", text(&args.name)),
                ("kind", text(&args.kind)),
                ("plugin", text(&args.plugin)),
            ]));
            let made = args.writing.send(Method::POST, NOUN.path, Some(body.into()), None).await?;
            made.map_or(Ok(()), |made| show(&made, &args.writing.reading))
        }
        Gateway::Update(args) => NOUN.update(&args.gateway, args.fields.some()?, &args.writing).await,
        Gateway::Check(args) => {
            let path = format!("{}/check", NOUN.at(&args.gateway));
            let Some(checked) = args.writing.send(Method::POST, &path, None, None).await? else { return Ok(()) };
            show(&checked, &args.writing.reading)?;
            match checked["health"].as_str() {
                Some("ready") => Ok(()),
                Some("unreachable") => {
                    Err(Failure::unavailable("the provider does not answer").next("try again later"))
                }
                _ => Err(Failure::other("no calls can be placed through this gateway")
                    .next(format!("put right what is missing: campanile gateway update {} --set ...", args.gateway))),
            }
        }
        Gateway::Delete(args) => NOUN.delete(&args.gateway, &args.writing).await,
    }
}
