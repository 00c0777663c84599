//! `campanile campaign rehearse CAMPAIGN`: what would come of it, as ranges; nobody is called.

use std::path::PathBuf;

use clap::Args;
use reqwest::Method;

use super::NOUN;
use crate::exit::Failure;
use crate::job::{follow, result};
use crate::nouns::flags::{Writing, id};
use crate::nouns::noun::{given, text};
use crate::plugin::estimate;
use crate::plugin::replay::object;
use crate::say::say;

/// Flags of `campaign rehearse`.
#[derive(Args, Debug)]
pub struct Rehearse {
    /// cmp_...
    #[arg(value_name = "CAMPAIGN", value_parser = id)]
    campaign: String,
    /// Rehearse it with this policy too, with the same people: name@version, or builtin
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// The policy's settings, a JSON file
    #[arg(long, value_name = "FILE", requires = "policy")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(args: &Rehearse) -> Result<(), Failure> {
    let settings = args.settings.as_deref().map(object).transpose()?;
    let body = given([("policy", text(&args.policy)), ("settings", settings.map(Into::into))]);
    let path = format!("{}/rehearse", NOUN.at(&args.campaign));
    let Some(begun) = args.writing.send(Method::POST, &path, Some(body.into()), None).await? else { return Ok(()) };
    let reading = &args.writing.reading;
    let job = follow(&reading.client()?, begun, reading.json).await?;
    if reading.json {
        say(&job)?;
    }
    let result = result(&job)?;
    if reading.json { Ok(()) } else { estimate::print(result) }
}
