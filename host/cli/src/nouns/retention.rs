//! `campanile retention ...`: how long the account keeps what.
//!
//! What is older than was chosen goes within the hour and cannot be had back, so a change asks whether it is meant.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use super::fields::Fields;
use super::flags::{Reading, Writing};
use super::noun::show;
use crate::exit::Failure;

const PATH: &str = "/v1/retention";

/// How long the account keeps what.
#[derive(Subcommand, Debug)]
pub enum Retention {
    /// For how many days everything is kept; without a number it is for ever
    Get(Get),
    /// Keep what is named for so many days, and let go of what is older; null keeps it for ever
    Update(Update),
}

/// Flags of `retention get`.
#[derive(Args, Debug)]
pub struct Get {
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `retention update`.
#[derive(Args, Debug)]
pub struct Update {
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(command: Retention) -> Result<(), Failure> {
    match command {
        Retention::Get(args) => told(args.reading.client()?.get(PATH).await?, &args.reading),
        Retention::Update(args) => {
            let body = args.fields.some()?;
            args.writing.sure("let go of what is older, for ever")?;
            match args.writing.send(Method::PATCH, PATH, Some(body.into()), None).await? {
                Some(now) => told(now, &args.writing.reading),
                None => Ok(()),
            }
        }
    }
}

/// What has no end is said to a person, who would not see what is not there.
fn told(mut document: Value, reading: &Reading) -> Result<(), Failure> {
    if !reading.json {
        let settings = document.as_object_mut().into_iter().flatten();
        settings.filter(|(_, days)| days.is_null()).for_each(|(_, days)| *days = "for ever".into());
    }
    show(&document, reading)
}
