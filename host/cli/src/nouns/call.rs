//! `campanile call ...`: what was dialled, what was said, and calling one person now.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::fields::{Assignment, assignment, object};
use super::flags::{Once, Paging, Reading, Writing, id};
use super::noun::{Noun, given, text};
use super::table::{cell, record};
use crate::exit::Failure;
use crate::say::say;

const NOUN: Noun = Noun {
    plural: "calls",
    path: "/v1/calls",
    columns: &["id", "started_at", "phone", "status", "reason", "answered_by", "talk_ms", "lead", "decision.decision"],
};

/// Calls.
#[derive(Subcommand, Debug)]
pub enum Call {
    /// Calls, newest first
    List(List),
    /// One call with what was said in it
    Get(Get),
    /// Call one person now, or not at all
    Place(Place),
}

/// Flags of `call list`.
#[derive(Args, Debug)]
pub struct List {
    /// Of this campaign
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,
    /// Of this lead
    #[arg(long, value_name = "LEAD")]
    lead: Option<String>,
    /// initiated, ringing, in_progress, completed, busy, unanswered or failed
    #[arg(long)]
    status: Option<String>,
    /// Started then or later (RFC 3339)
    #[arg(long, value_name = "INSTANT")]
    since: Option<String>,
    /// Started before (RFC 3339)
    #[arg(long, value_name = "INSTANT")]
    until: Option<String>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `call get`.
#[derive(Args, Debug)]
pub struct Get {
    /// call_...
    #[arg(value_name = "CALL", value_parser = id)]
    call: String,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `call place`.
#[derive(Args, Debug)]
pub struct Place {
    /// Who speaks: asst_...
    #[arg(long, value_name = "ASSISTANT")]
    assistant: String,
    /// Whom to call, as people write it
    #[arg(long)]
    phone: String,
    /// Whose phone it is
    #[arg(long)]
    name: Option<String>,
    /// Data for the conversation; repeat it
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = assignment)]
    variables: Vec<Assignment>,
    /// Country of a number written without one, for example US
    #[arg(long, value_name = "REGION")]
    default_region: Option<String>,
    /// Call although this gate is closed: calling_hours; needs a key with calls:override
    #[arg(long = "override", value_name = "GATE")]
    overridden: Vec<String>,
    #[command(flatten)]
    once: Once,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(command: Call) -> Result<(), Failure> {
    match command {
        Call::List(args) => {
            let filters = [
                ("campaign", args.campaign.as_deref()),
                ("lead", args.lead.as_deref()),
                ("status", args.status.as_deref()),
                ("since", args.since.as_deref()),
                ("until", args.until.as_deref()),
            ];
            NOUN.list(&filters, &args.paging, &args.reading).await
        }
        Call::Get(args) => {
            let mut call = args.reading.client()?.get(&NOUN.at(&args.call)).await?;
            if args.reading.json {
                return say(&call);
            }
            let transcript = call["transcript"].take();
            record(&call)?;
            transcript.as_array().into_iter().flatten().enumerate().try_for_each(|(index, line)| {
                let gap = if index == 0 { "\n" } else { "" };
                say(format_args!("{gap}{}", said(line)))
            })
        }
        Call::Place(args) => {
            let all = |given: bool, value: Value| given.then_some(value);
            let body = given([
                ("assistant", Some(args.assistant.into())),
                ("phone", Some(args.phone.into())),
                ("name", text(&args.name)),
                ("variables", all(!args.variables.is_empty(), object(&args.variables).into())),
                ("default_region", text(&args.default_region)),
                ("override", all(!args.overridden.is_empty(), json!(args.overridden))),
            ]);
            NOUN.create(body, args.once.idempotency_key.as_deref(), &args.writing).await
        }
    }
}

/// `0:07  person     yes, that suits me`
fn said(line: &Value) -> String {
    let seconds = line["at_ms"].as_i64().unwrap_or_default().max(0) / 1000;
    let speaker = cell(&line["speaker"]);
    format!("{:>3}:{:02}  {speaker:<10} {}", seconds / 60, seconds % 60, cell(&line["text"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_talk_is_readable_and_harmless() {
        let line = json!({"at_ms": 67_400, "speaker": "person", "text": "yes\u{1b}[2J"});
        assert_eq!(said(&line), "  1:07  person     yes\u{fffd}[2J");
    }
}
