//! `campanile script new NAME`: a script that works, with cases that show how it is tried.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::draft::file_of;
use crate::exit::Failure;
use crate::say::say;

/// What a script is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// decide(lead): when to call again
    Policy,
    /// evaluate(talk): what a call meant
    Evaluator,
    /// map_row(row): what the rows of a file mean
    Mapping,
}

/// Flags of `script new`.
#[derive(Args, Debug)]
pub struct New {
    /// The script's name; 3 to 49 lower-case letters, digits and dashes, a letter first
    name: String,
    /// What it is to be
    #[arg(long, value_enum, default_value = "policy")]
    kind: Kind,
    /// Where it is put
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

const POLICY: &str = include_str!("templates/policy.rhai");
const POLICY_CASES: &str = include_str!("templates/policy.cases.json");
const EVALUATOR: &str = include_str!("templates/evaluator.rhai");
const EVALUATOR_CASES: &str = include_str!("templates/evaluator.cases.json");
const MAPPING: &str = include_str!("templates/mapping.rhai");
const MAPPING_CASES: &str = include_str!("templates/mapping.cases.json");

/// Runs the command.
pub fn run(args: &New) -> Result<(), Failure> {
    if args.name.parse::<campanile_domain::plugin::PluginRef>().is_err() || args.name.contains('@') {
        let rule = "write 3 to 49 lower-case letters, digits and dashes, a letter first";
        return Err(Failure::usage(format!("{:?} cannot name a script; {rule}", args.name)));
    }
    let script = args.dir.join(format!("{}.rhai", args.name.replace('-', "_")));
    let (source, cases) = match args.kind {
        Kind::Policy => (POLICY, POLICY_CASES),
        Kind::Evaluator => (EVALUATOR, EVALUATOR_CASES),
        Kind::Mapping => (MAPPING, MAPPING_CASES),
    };
    for (path, text) in [(&script, source), (&file_of(&script), cases)] {
        write(path, &text.replace("{{name}}", &args.name))?;
    }
    say(format_args!("{} and its cases beside it", script.display()))?;
    eprintln!("next:  campanile script test {}", script.display());
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::conflict(format!("{} is there already", path.display())).next("choose another name"));
    }
    std::fs::write(path, text).map_err(|error| Failure::other(format!("{} cannot be written: {error}", path.display())))
}
