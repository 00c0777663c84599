//! `campanile plugin check`: what the server would say of a component, without a server.
//!
//! It reads and runs nothing: the same gate as an upload's first.

use std::path::PathBuf;

use clap::Args;

use super::project::Project;
use super::report;
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin check`.
#[derive(Args, Debug)]
pub struct Check {
    /// A component, or a plugin's folder with one that was built
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Check) -> Result<(), Failure> {
    let shown = args.path.display();
    let component = if args.path.is_dir() {
        Project::open(&args.path)?.built()?
    } else {
        std::fs::read(&args.path).map_err(|error| {
            Failure::not_found(format!("{shown} cannot be read: {error}")).next("campanile plugin build")
        })?
    };
    let report = campanile_sandbox::admit(&component);
    if args.json {
        say(serde_json::json!(report))?;
    } else {
        report::print(&report)?;
    }
    let Some(first) = report.findings.first() else {
        eprintln!("It would be admitted. Next: campanile plugin test");
        return Ok(());
    };
    let more = report.findings.len() - 1;
    let others = if more == 0 { String::new() } else { format!(" and {more} more") };
    Err(Failure::invalid(format!("{shown} would be refused: {}{others}", first.code)).next(first.next.clone()))
}
