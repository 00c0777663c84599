//! `campanile script test`: the cases beside scripts, put to them in the real sandbox.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use campanile_sandbox::Sandbox;
use campanile_server::trying::{Bench, Case, CaseResult};
use clap::Args;
use serde_json::{Value, json};

use super::draft::{AUTHOR, Draft, cases};
use crate::exit::Failure;
use crate::say::say;
use crate::script_checker::Checker;
use crate::wait::wait;
use crate::workbench::sandbox;

/// Flags of `script test`.
#[derive(Args, Debug)]
pub struct Test {
    /// Scripts, or folders with scripts
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Test) -> Result<(), Failure> {
    let sandbox = sandbox()?;
    let mut results = Vec::new();
    for script in scripts(&args.paths)? {
        results.extend(cases_of(&script, &sandbox, &args.only)?);
    }
    let wrong = results.iter().filter(|result| result.difference.is_some()).count();
    if args.json {
        let shown = |one: &Outcome| json!({"script": one.script, "case": one.case, "passed": one.difference.is_none(), "difference": one.difference});
        say(Value::from(results.iter().map(shown).collect::<Vec<_>>()))?;
    } else {
        tell(&results)?;
    }
    match (results.len(), wrong) {
        (0, _) => Err(Failure::not_found(format!("no case has {:?} in its name", args.only))),
        (_, 0) => Ok(()),
        (all, wrong) => Err(Failure::invalid(format!("{wrong} of {all} cases are not as expected"))),
    }
}

/// What became of a case.
pub struct Outcome {
    script: String,
    case: String,
    /// `None`: as expected.
    pub difference: Option<String>,
}

/// Tells a person.
pub fn tell(results: &[Outcome]) -> Result<(), Failure> {
    let mut before = "";
    for result in results {
        if result.script != before {
            say(&result.script)?;
            before = &result.script;
        }
        match &result.difference {
            None => say(format_args!("  ok     {}", result.case)),
            Some(difference) => say(format_args!("  WRONG  {}: {difference}", result.case)),
        }?;
    }
    let wrong = results.iter().filter(|result| result.difference.is_some()).count();
    say(format_args!("{} cases, {wrong} wrong", results.len()))
}

/// The scripts in folders, and scripts.
pub fn scripts(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let unreadable =
            |error: std::io::Error| Failure::not_found(format!("{} cannot be read: {error}", path.display()));
        let mut inside: Vec<_> = path
            .read_dir()
            .map_err(unreadable)?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "rhai"))
            .collect();
        inside.sort();
        found.extend(inside);
    }
    if found.is_empty() {
        return Err(Failure::not_found("there is no script (a file that ends in .rhai)"));
    }
    Ok(found)
}

/// Puts the cases of one script to it.
pub fn cases_of(script: &Path, sandbox: &Sandbox, only: &str) -> Result<Vec<Outcome>, Failure> {
    let draft = Draft::open(script, sandbox)?;
    let cases = cases(script)?;
    let checker = Checker(sandbox.clone());
    let bench = Bench {
        tenant: AUTHOR,
        policies: sandbox,
        mapper: sandbox,
        scripts: &checker,
        name: draft.name(),
        source: Arc::clone(&draft.source),
        roles: &draft.described.roles,
    };
    let put = |case: &Case| {
        let CaseResult { case, difference, .. } = wait(bench.put(case));
        Outcome { script: script.display().to_string(), case, difference }
    };
    Ok(cases.iter().filter(|case| case.name.contains(only)).map(put).collect())
}
