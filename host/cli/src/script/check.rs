//! `campanile script check FILE`: everything wrong with a script, without running it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::draft::{Draft, name, sandbox};
use crate::exit::Failure;

/// Flags of `script check`.
#[derive(Args, Debug)]
pub struct Check {
    /// The script
    file: PathBuf,
    /// Print what it is as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Check) -> Result<(), Failure> {
    let draft = Draft::open(&args.file, &sandbox()?)?;
    let described = &draft.described;
    if args.json {
        println!("{}", json!({"name": name(&args.file), "roles": described.roles, "settings": described.settings}));
        return Ok(());
    }
    let roles: Vec<_> = described.roles.iter().map(|role| role.function()).collect();
    println!("{} defines {}", args.file.display(), roles.join(" and "));
    for (name, schema) in described.settings["properties"].as_object().into_iter().flatten() {
        println!("  setting {name}: {} (default {})", schema["title"].as_str().unwrap_or_default(), schema["default"]);
    }
    eprintln!("next:  campanile script test {}", args.file.display());
    Ok(())
}
