//! `campanile campaign explain CAMPAIGN`: which gates are closed for all, and how many leads wait at which of their own.

use serde_json::Value;

use super::{NOUN, One};
use crate::exit::Failure;
use crate::nouns::table::Rows;
use crate::say::say;

/// Runs the command.
pub async fn run(args: &One) -> Result<(), Failure> {
    let told = args.reading.client()?.get(&format!("{}/explain", NOUN.at(&args.campaign))).await?;
    if args.reading.json {
        return say(&told);
    }
    let open = told["open"] == true;
    say(if open {
        "what holds for all leads is open"
    } else {
        "nobody is called now, because of what does not pass:"
    })?;
    print(&told["gates"], &["verdict", "gate", "until", "detail"])?;
    if told["leads"].as_array().is_some_and(|leads| !leads.is_empty()) {
        say("\nwhat the leads themselves wait for:")?;
    }
    print(&told["leads"], &["leads", "gate", "until"])
}

fn print(list: &Value, columns: &'static [&'static str]) -> Result<(), Failure> {
    let mut rows = Rows::new(columns);
    list.as_array().into_iter().flatten().for_each(|row| rows.add(row));
    rows.print()
}
