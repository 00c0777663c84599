//! `campanile script check FILE`: everything wrong with a script, without running it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::draft::{Draft, name};
use crate::exit::Failure;
use crate::say::say;
use crate::workbench::sandbox;

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
        return say(json!({"name": name(&args.file), "roles": described.roles, "settings": described.settings}));
    }
    let roles: Vec<_> = described.roles.iter().map(|role| role.function()).collect();
    say(format_args!("{} defines {}", args.file.display(), roles.join(" and ")))?;
    for (name, schema) in described.settings["properties"].as_object().into_iter().flatten() {
        say(format_args!(
            "  setting {name}: {} (default {})",
            schema["title"].as_str().unwrap_or_default(),
            schema["default"]
        ))?;
    }
    eprintln!("next:  campanile script test {}", args.file.display());
    Ok(())
}
