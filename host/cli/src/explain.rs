//! `campanile explain LEAD`: why a lead is not being called now, and when it will be.
//!
//! Asks a running server, because only the engine knows about slots and rates; the words are the server's.

use clap::Args;
use comfy_table::{Table, presets};
use serde_json::Value;

use crate::client::{Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// The lead, for example lead_01k...
    lead: String,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: Explain) -> Result<(), Failure> {
    let body = Client::new(&args.server)?.get(&format!("/v1/leads/{}/explain", args.lead)).await?;
    if args.json {
        return say(&body);
    }
    print(&body)
}

/// For people.
pub fn print(body: &Value) -> Result<(), Failure> {
    let phone = body["phone"].as_str().unwrap_or("the lead");
    let verdict = match (body["callable_now"].as_bool(), body["earliest"].as_str()) {
        (Some(true), _) => "can be called now".to_owned(),
        (_, Some(at)) if body["conditional"].as_bool() == Some(true) => {
            format!("not before {at}, see the gates that wait")
        }
        (_, Some(at)) => format!("next at {at}"),
        (_, None) => "will not be called by itself".to_owned(),
    };
    say(format_args!("{phone}: {verdict}\n"))?;
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for gate in body["gates"].as_array().into_iter().flatten() {
        let word = |field: &str| gate[field].as_str().unwrap_or_default().to_owned();
        let mark = match gate["verdict"].as_str() {
            Some("pass") => "ok",
            Some("block") => "BLOCK",
            _ => "wait",
        };
        table.add_row([mark.to_owned(), word("gate"), word("detail")]);
    }
    say(table)
}
