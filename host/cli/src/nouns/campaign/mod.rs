//! `campanile campaign ...`: whom an assistant calls, when, and how often.

mod explain;
mod rehearse;
mod watch;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use super::fields::{Fields, value_of};
use super::flags::{Once, Paging, Reading, Writing, id};
use super::noun::{Noun, given, show, text, with_query};
use crate::client::Insists;
use crate::exit::Failure;

const NOUN: Noun = Noun {
    plural: "campaigns",
    path: "/v1/campaigns",
    columns: &["id", "name", "status", "status_reason.detail", "assistant", "created_at"],
};

/// Campaigns, in the order in which they are lived through.
#[derive(Subcommand, Debug)]
pub enum Campaign {
    /// Campaigns, newest first
    List(List),
    /// One campaign, whole
    Get(One),
    /// Make a campaign, as a draft: nobody is called before it is started
    Create(Create),
    /// Change what is named of a campaign, at once
    Update(Update),
    /// What would keep a campaign from starting
    Preflight(One),
    /// What would come of a campaign, with people made like those of past calls
    Rehearse(rehearse::Rehearse),
    /// Begin calling, or go on with a campaign that is paused or completed
    Start(Verb),
    /// Take no more leads; calls that are under way are finished
    Pause(Verb),
    /// Go on with a paused campaign
    Resume(Verb),
    /// Pause a campaign and hang up the calls that are under way
    Stop(Verb),
    /// See a campaign go on, until it completes or pauses
    Watch(watch::Watch),
    /// Leads by status and reason, calls by outcome, and what it came to
    Stats(Stats),
    /// How many leads wait at which gate, and which gates hold for all of them
    Explain(One),
    /// Make a draft like a campaign, and take leads along if that is said
    Clone(CloneArgs),
    /// Delete a campaign
    Delete(Verb),
}

/// Flags of `campaign list`.
#[derive(Args, Debug)]
pub struct List {
    /// draft, in_progress, paused or completed
    #[arg(long)]
    status: Option<String>,
    /// campaign; or single_calls, single_calls_at_any_hour for those that hold single calls
    #[arg(long)]
    kind: Option<String>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of the verbs that read one campaign.
#[derive(Args, Debug)]
pub struct One {
    /// cmp_...
    #[arg(value_name = "CAMPAIGN", value_parser = id)]
    campaign: String,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `campaign stats`.
#[derive(Args, Debug)]
pub struct Stats {
    #[command(flatten)]
    one: One,
    /// A table for each of these as well: hour, day, round, contact, caller_id, policy_version; separated by commas
    #[arg(long, value_name = "DIMENSION", value_delimiter = ',')]
    by: Vec<String>,
}

/// Flags of the verbs that change where a campaign stands.
#[derive(Args, Debug)]
pub struct Verb {
    /// cmp_...
    #[arg(value_name = "CAMPAIGN", value_parser = id)]
    campaign: String,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `campaign create`.
#[derive(Args, Debug)]
pub struct Create {
    /// Who speaks: asst_...
    #[arg(long, value_name = "ASSISTANT")]
    assistant: Option<String>,
    /// Its name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    once: Once,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `campaign update`.
#[derive(Args, Debug)]
pub struct Update {
    /// cmp_...
    #[arg(value_name = "CAMPAIGN", value_parser = id)]
    campaign: String,
    #[command(flatten)]
    fields: Fields,
    /// Only if it is still at this revision, as `campaign get` shows it; else nothing changes and the exit code is 5
    #[arg(long, value_name = "NUMBER")]
    revision: Option<u64>,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `campaign clone`.
#[derive(Args, Debug)]
pub struct CloneArgs {
    /// cmp_...
    #[arg(value_name = "CAMPAIGN", value_parser = id)]
    campaign: String,
    /// The name of the new one
    #[arg(long)]
    name: Option<String>,
    /// Whose leads come along, as new ones: all, not_reached, or conditions as JSON, {"status": "max_retries"}
    #[arg(long)]
    leads: Option<String>,
    #[command(flatten)]
    once: Once,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(command: Campaign) -> Result<(), Failure> {
    match command {
        Campaign::List(args) => {
            let filters = [("status", args.status.as_deref()), ("kind", args.kind.as_deref())];
            NOUN.list(&filters, &args.paging, &args.reading).await
        }
        Campaign::Get(args) => NOUN.get(&args.campaign, &args.reading).await,
        Campaign::Create(args) => {
            let mut body = args.fields.read()?;
            body.extend(given([("assistant", text(&args.assistant)), ("name", text(&args.name))]));
            NOUN.create(body, args.once.idempotency_key.as_deref(), &args.writing).await
        }
        Campaign::Update(args) => update(&args).await,
        Campaign::Preflight(args) => read(&args, "preflight").await,
        Campaign::Rehearse(args) => rehearse::run(&args).await,
        Campaign::Start(args) => NOUN.verb(&args.campaign, "start", None, &args.writing).await,
        Campaign::Pause(args) => NOUN.verb(&args.campaign, "pause", None, &args.writing).await,
        Campaign::Resume(args) => NOUN.verb(&args.campaign, "resume", None, &args.writing).await,
        Campaign::Stop(args) => {
            args.writing.sure(&format!("hang up the calls of {} and pause it", args.campaign))?;
            NOUN.verb(&args.campaign, "stop", None, &args.writing).await
        }
        Campaign::Watch(args) => watch::run(&args).await,
        Campaign::Stats(args) => {
            let by = (!args.by.is_empty()).then(|| args.by.join(","));
            read(&args.one, &with_query("stats", &[("by", by.as_deref())])).await
        }
        Campaign::Explain(args) => explain::run(&args).await,
        Campaign::Clone(args) => clone(&args).await,
        Campaign::Delete(args) => NOUN.delete(&args.campaign, &args.writing).await,
    }
}

async fn read(args: &One, what: &str) -> Result<(), Failure> {
    show(&args.reading.client()?.get(&format!("{}/{what}", NOUN.at(&args.campaign))).await?, &args.reading)
}

async fn update(args: &Update) -> Result<(), Failure> {
    let body = args.fields.some()?.into();
    let insists = args.revision.map(Insists::At);
    let answer = args.writing.send(Method::PATCH, &NOUN.at(&args.campaign), Some(body), insists).await?;
    let ended = answer.as_ref().and_then(|answer| answer["ended_leads_unaffected"].as_u64()).unwrap_or(0);
    NOUN.told(answer, &args.writing)?;
    if ended > 0 && !args.writing.reading.json {
        eprintln!(
            "{ended} leads have ended and stay as they are; campanile lead update LEAD --status created calls one again"
        );
    }
    Ok(())
}

async fn clone(args: &CloneArgs) -> Result<(), Failure> {
    let leads = args.leads.as_deref().map(value_of);
    let body: Value = given([("name", text(&args.name)), ("leads", leads)]).into();
    let insists = args.once.idempotency_key.as_deref().map(Insists::Once);
    let path = format!("{}/clone", NOUN.at(&args.campaign));
    let answer = args.writing.send(Method::POST, &path, Some(body), insists).await?;
    let job = answer.as_ref().and_then(|answer| answer["job"]["id"].as_str()).map(str::to_owned);
    NOUN.told(answer, &args.writing)?;
    if let Some(job) = job.filter(|_| !args.writing.reading.json) {
        eprintln!("its leads are being copied; campanile api GET /v1/jobs/{job} shows how far that is");
    }
    Ok(())
}
