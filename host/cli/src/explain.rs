//! `campanile explain LEAD`: why a lead is not being called now, and when it will be.
//!
//! Asks a running server, because only the engine knows about slots and rates; the words are the server's.

use clap::Args;
use comfy_table::{Table, presets};
use serde_json::Value;

use crate::exit::Failure;

/// Flags of `explain`.
#[derive(Args, Debug)]
pub struct Explain {
    /// The lead, for example lead_01k...
    lead: String,
    /// The server
    #[arg(long, value_name = "URL", env = "CAMPANILE_URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// An API key with the scope leads:read
    #[arg(long, value_name = "KEY", env = "CAMPANILE_KEY", hide_env_values = true)]
    key: String,
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: Explain) -> Result<(), Failure> {
    let url = format!("{}/v1/leads/{}/explain", args.server.trim_end_matches('/'), args.lead);
    let client = reqwest::Client::builder().no_proxy().build().map_err(|error| Failure::other(error.to_string()))?;
    let answer = client.get(&url).bearer_auth(&args.key).send().await.map_err(|_| {
        Failure::unavailable(format!("no server answers at {}", args.server)).next("campanile serve, or set --server")
    })?;
    let status = answer.status().as_u16();
    let body: Value =
        answer.json().await.map_err(|error| Failure::other(format!("not an answer of Campanile: {error}")))?;
    let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
    match status {
        200 => {}
        401 | 403 => return Err(Failure::auth(text("detail"))),
        404 => return Err(Failure::not_found(text("detail"))),
        _ => return Err(Failure::other(text("detail"))),
    }
    if args.json {
        println!("{body}");
        return Ok(());
    }
    let phone = body["phone"].as_str().unwrap_or("the lead");
    let verdict = match (body["callable_now"].as_bool(), body["earliest"].as_str()) {
        (Some(true), _) => "can be called now".to_owned(),
        (_, Some(at)) if body["conditional"].as_bool() == Some(true) => {
            format!("not before {at}, see the gates that wait")
        }
        (_, Some(at)) => format!("next at {at}"),
        (_, None) => "will not be called by itself".to_owned(),
    };
    println!("{phone}: {verdict}\n");
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
    println!("{table}");
    Ok(())
}
