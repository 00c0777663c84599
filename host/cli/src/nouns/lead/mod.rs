//! `campanile lead ...`: people to reach.

mod add;
mod timeline;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::fields::{Assignment, Fields, assignment, object};
use super::flags::{Paging, Reading, Writing, id};
use super::noun::{Noun, given, list, text};
use crate::exit::Failure;
use crate::explain;
use crate::say::say;

const NOUN: Noun = Noun {
    plural: "leads",
    path: "/v1/leads",
    columns: &[
        "id",
        "contacts.0.phone",
        "status",
        "reason",
        "external_id",
        "attempts",
        "round",
        "not_before",
        "campaign",
    ],
};

/// Leads.
#[derive(Subcommand, Debug)]
pub enum Lead {
    /// Leads of all campaigns or of one, newest first
    List(List),
    /// One lead, whole
    Get(One),
    /// Add a lead to a campaign, or a file of them, a JSON object a line
    Add(add::Add),
    /// Change a lead's data, call it again or stop calling it
    Update(Update),
    /// Delete a lead; its calls stay
    Delete(Delete),
    /// What happened to a lead, oldest first
    Timeline(One),
    /// Why a lead is not being called now, and when it will be
    Explain(One),
}

/// Flags of `lead list`.
#[derive(Args, Debug)]
pub struct List {
    /// Of this campaign
    #[arg(long, value_name = "CAMPAIGN", value_parser = id)]
    campaign: Option<String>,
    /// created, scheduled, processing, rescheduled, completed, max_retries or suppressed
    #[arg(long)]
    status: Option<String>,
    /// With this phone as any contact
    #[arg(long)]
    phone: Option<String>,
    /// With this external id
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of the verbs that read one lead.
#[derive(Args, Debug)]
pub struct One {
    /// lead_...
    #[arg(value_name = "LEAD", value_parser = id)]
    lead: String,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `lead update`.
#[derive(Args, Debug)]
pub struct Update {
    /// lead_...
    #[arg(value_name = "LEAD", value_parser = id)]
    lead: String,
    /// created: call it again; completed: stop calling it
    #[arg(long)]
    status: Option<String>,
    /// Data for the conversation, merged into the lead's; repeat it
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = assignment)]
    variables: Vec<Assignment>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `lead delete`.
#[derive(Args, Debug)]
pub struct Delete {
    /// lead_...
    #[arg(value_name = "LEAD", value_parser = id)]
    lead: String,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(command: Lead) -> Result<(), Failure> {
    match command {
        Lead::List(args) => {
            let filters = [
                ("status", args.status.as_deref()),
                ("phone", args.phone.as_deref()),
                ("external_id", args.external_id.as_deref()),
            ];
            let path = match &args.campaign {
                Some(campaign) => format!("/v1/campaigns/{campaign}/leads"),
                None => NOUN.path.to_owned(),
            };
            list(&path, &filters, (NOUN.plural, NOUN.columns), &args.paging, &args.reading).await
        }
        Lead::Get(args) => NOUN.get(&args.lead, &args.reading).await,
        Lead::Add(args) => add::run(&args).await,
        Lead::Update(args) => update(&args).await,
        Lead::Delete(args) => NOUN.delete(&args.lead, &args.writing).await,
        Lead::Timeline(args) => timeline::run(&args).await,
        Lead::Explain(args) => {
            let told = args.reading.client()?.get(&format!("{}/explain", NOUN.at(&args.lead))).await?;
            if args.reading.json { say(&told) } else { explain::print(&told) }
        }
    }
}

async fn update(args: &Update) -> Result<(), Failure> {
    let variables = (!args.variables.is_empty()).then(|| Value::from(object(&args.variables)));
    let named = given([("status", text(&args.status)), ("variables", variables)]);
    let mut body = if named.is_empty() { args.fields.some()? } else { args.fields.read()? };
    body.extend(named);
    NOUN.update(&args.lead, body, &args.writing).await
}
