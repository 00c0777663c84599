//! `campanile webhook ...`: where events are sent.

use clap::{Args, Subcommand};
use reqwest::Method;

use super::fields::Fields;
use super::flags::{Paging, Reading, Writing, id};
use super::noun::{Noun, given, list, show, text};
use crate::exit::Failure;

const NOUN: Noun = Noun {
    plural: "webhooks",
    path: "/v1/webhooks",
    columns: &["id", "url", "events", "enabled", "status_reason.detail", "waiting", "failed", "created_at"],
};
const DELIVERIES: (&str, &[&str]) =
    ("deliveries", &["event", "status", "attempts", "response_status", "detail", "last_attempt_at", "next_try_at"]);

/// Webhooks.
#[derive(Subcommand, Debug)]
pub enum Webhook {
    /// All webhooks
    List(List),
    /// Send events to an address; the secret of its signatures is shown this once
    Create(Create),
    /// Send no more events to an address
    Delete(Delete),
    /// What was sent to a webhook and what it answered, newest first
    Deliveries(Deliveries),
    /// Send a delivery again
    Resend(Resend),
}

/// Flags of `webhook list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `webhook create`.
#[derive(Args, Debug)]
pub struct Create {
    /// Where events are sent
    #[arg(long)]
    url: Option<String>,
    /// Only these events, for example call.ended; repeat it, or separate them by commas
    #[arg(long = "event", value_name = "EVENT", value_delimiter = ',')]
    events: Vec<String>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `webhook delete`.
#[derive(Args, Debug)]
pub struct Delete {
    /// whk_...
    #[arg(value_name = "WEBHOOK", value_parser = id)]
    webhook: String,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `webhook deliveries`.
#[derive(Args, Debug)]
pub struct Deliveries {
    /// whk_...
    #[arg(value_name = "WEBHOOK", value_parser = id)]
    webhook: String,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `webhook resend`.
#[derive(Args, Debug)]
pub struct Resend {
    /// whk_...
    #[arg(value_name = "WEBHOOK", value_parser = id)]
    webhook: String,
    /// The event, as `campanile webhook deliveries` names it: evt_...
    #[arg(value_name = "EVENT", value_parser = id)]
    event: String,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(command: Webhook) -> Result<(), Failure> {
    match command {
        Webhook::List(args) => NOUN.list(&[], &args.paging, &args.reading).await,
        Webhook::Create(args) => {
            let mut body = args.fields.read()?;
            let events = (!args.events.is_empty()).then(|| args.events.clone().into());
            body.extend(given([("url", text(&args.url)), ("events", events)]));
            let made = args.writing.send(Method::POST, NOUN.path, Some(body.into()), None).await?;
            made.map_or(Ok(()), |made| show(&made, &args.writing.reading))
        }
        Webhook::Delete(args) => NOUN.delete(&args.webhook, &args.writing).await,
        Webhook::Deliveries(args) => {
            let path = format!("{}/deliveries", NOUN.at(&args.webhook));
            list(&path, &[], DELIVERIES, &args.paging, &args.reading).await
        }
        Webhook::Resend(args) => {
            let path = format!("{}/deliveries/{}/resend", NOUN.at(&args.webhook), args.event);
            let sent = args.writing.send(Method::POST, &path, None, None).await?;
            sent.map_or(Ok(()), |sent| show(&sent, &args.writing.reading))
        }
    }
}
