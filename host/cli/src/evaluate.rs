//! `campanile evaluate compare`: several evaluators on the same calls, and where they do not agree.

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use crate::calls::Calls;
use crate::client::{Body, Client, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Evaluators.
#[derive(Subcommand, Debug)]
pub enum Evaluate {
    /// Ask several evaluators about the same calls; nothing is kept
    Compare(Compare),
}

/// Flags of `evaluate compare`.
#[derive(Args, Debug)]
pub struct Compare {
    /// Two to five evaluators: NAME, NAME@VERSION, or {"plugin": ..., "settings": {...}}
    #[arg(required = true, num_args = 2..=5)]
    evaluators: Vec<String>,
    #[command(flatten)]
    calls: Calls,
    #[command(flatten)]
    server: ServerFlags,
    /// Print the comparison as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(command: Evaluate) -> Result<(), Failure> {
    let Evaluate::Compare(args) = command;
    let client = Client::new(&args.server)?;
    let written = |text: &String| match text.starts_with('{') {
        true => serde_json::from_str::<Value>(text)
            .map_err(|error| Failure::usage(format!("{text:?} is no evaluator: {error}"))),
        false => Ok(Value::from(text.as_str())),
    };
    let mut body = json!({"evaluators": args.evaluators.iter().map(written).collect::<Result<Vec<_>, _>>()?});
    args.calls.name(&mut body)?;
    let compared = client.post("/v1/evaluations/compare", Body::Json(body)).await?;
    if args.json { say(compared) } else { print(&compared) }
}

fn print(compared: &Value) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["variable", "calls", "agree", "contradict", "determined by each"]);
    for (name, agreement) in compared["agreement"].as_object().into_iter().flatten() {
        let count = |field: &str| agreement[field].to_string();
        let each: Vec<_> = agreement["determined"].as_array().into_iter().flatten().map(Value::to_string).collect();
        table.add_row([name.clone(), count("calls"), count("agree"), count("contradict"), each.join(" / ")]);
    }
    say(table)?;
    let names: Vec<_> = compared["evaluators"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    say(format_args!("\nin the order of {}", names.join(", ")))?;
    for row in compared["data"].as_array().into_iter().flatten() {
        let call = row["call"].as_str().unwrap_or_default();
        for (name, values) in row["answers"].as_object().into_iter().flatten() {
            let values = values.as_array().cloned().unwrap_or_default();
            if values.windows(2).any(|pair| pair[0] != pair[1]) {
                let shown: Vec<_> = values.iter().map(Value::to_string).collect();
                say(format_args!("  {call}  {name}: {}", shown.join(" / ")))?;
            }
        }
        for (place, why) in row["failures"].as_object().into_iter().flatten() {
            let who = place.parse::<usize>().ok().and_then(|place| names.get(place)).unwrap_or(&"?");
            say(format_args!("  {call}  {who} failed: {}", why.as_str().unwrap_or_default()))?;
        }
    }
    Ok(())
}
