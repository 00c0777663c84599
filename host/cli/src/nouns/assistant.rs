//! `campanile assistant ...`: who speaks.

use clap::{Args, Subcommand};

use super::fields::Fields;
use super::flags::{Once, Paging, Reading, Writing, id};
use super::noun::{Noun, given, text};
use crate::exit::Failure;

const NOUN: Noun = Noun {
    plural: "assistants",
    path: "/v1/assistants",
    columns: &["id", "name", "time_zone", "gateway", "outbound", "phone_numbers"],
};

/// Assistants.
#[derive(Subcommand, Debug)]
pub enum Assistant {
    /// All assistants
    List(List),
    /// One assistant, whole
    Get(Get),
    /// Make an assistant
    Create(Create),
    /// Change what is named of an assistant
    Update(Update),
    /// Delete an assistant that no campaign uses
    Delete(Delete),
}

/// Flags of `assistant list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `assistant get`.
#[derive(Args, Debug)]
pub struct Get {
    /// asst_...
    #[arg(value_name = "ASSISTANT", value_parser = id)]
    assistant: String,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `assistant create`.
#[derive(Args, Debug)]
pub struct Create {
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// Through what it calls: gw_...
    #[arg(long, value_name = "GATEWAY")]
    gateway: Option<String>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    once: Once,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `assistant update`.
#[derive(Args, Debug)]
pub struct Update {
    /// asst_...
    #[arg(value_name = "ASSISTANT", value_parser = id)]
    assistant: String,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `assistant delete`.
#[derive(Args, Debug)]
pub struct Delete {
    /// asst_...
    #[arg(value_name = "ASSISTANT", value_parser = id)]
    assistant: String,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(command: Assistant) -> Result<(), Failure> {
    match command {
        Assistant::List(args) => NOUN.list(&[], &args.paging, &args.reading).await,
        Assistant::Get(args) => NOUN.get(&args.assistant, &args.reading).await,
        Assistant::Create(args) => {
            let mut body = args.fields.read()?;
            body.extend(given([("name", text(&args.name)), ("gateway", text(&args.gateway))]));
            NOUN.create(body, args.once.idempotency_key.as_deref(), &args.writing).await
        }
        Assistant::Update(args) => NOUN.update(&args.assistant, args.fields.some()?, &args.writing).await,
        Assistant::Delete(args) => NOUN.delete(&args.assistant, &args.writing).await,
    }
}
