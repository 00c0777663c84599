//! `campanile script run FILE`: what a script says of calls that a server has. It is sent, asked and kept nowhere.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use super::draft::{Draft, name};
use crate::calls::Calls;
use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;
use crate::plugin::replay::object;
use crate::say::say;
use crate::workbench::sandbox;

/// Flags of `script run`.
#[derive(Args, Debug)]
pub struct Run {
    /// The script
    file: PathBuf,
    #[command(flatten)]
    calls: Calls,
    /// The script's settings, a JSON file
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the answers as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: &Run) -> Result<(), Failure> {
    let client = Client::new(&args.server)?;
    let draft = Draft::open(&args.file, &sandbox()?)?;
    let mut body = json!({"name": name(&args.file), "source": &*draft.source});
    body["settings"] = match &args.settings {
        Some(path) => object(path)?.into(),
        None => Value::Object(Map::new()),
    };
    args.calls.name(&mut body)?;
    let answered = client.post("/v1/scripts/run", Body::Json(body)).await?;
    if args.json {
        return say(&answered);
    }
    let rows = answered["data"].as_array().cloned().unwrap_or_default();
    for row in &rows {
        let call = row["call"].as_str().unwrap_or_default();
        for (what, answer) in [("decides", &row["decision"]), ("evaluates", &row["evaluation"])] {
            if answer.is_null() {
                continue;
            }
            match answer["error"].as_object() {
                Some(error) => {
                    say(format_args!("{call}  {what}: FAILED {}", error["message"].as_str().unwrap_or_default()))
                }
                None => say(format_args!("{call}  {what}: {}", answer["answer"])),
            }?;
        }
    }
    say(format_args!("{} calls", rows.len()))
}
