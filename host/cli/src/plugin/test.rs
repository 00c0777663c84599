//! `campanile plugin test`: the cases in `fixtures/`, put to the component that was built, in the server's own sandbox.
//!
//! What a call used is shown as a part of its limit, because an author who learns of a limit in production learns it from
//! a customer.

use std::path::PathBuf;

use campanile_domain::plugin::limits::Limits;
use campanile_domain::plugin::report::CaseResult;
use clap::Args;

use super::bench::{Asked, Bench, percent};
use super::fixtures::{self, Case};
use super::project::Project;
use super::report;
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin test`.
#[derive(Args, Debug)]
pub struct Test {
    /// The plugin's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Only cases whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: &Test) -> Result<(), Failure> {
    let project = Project::open(&args.dir)?;
    let component = project.built()?;
    cases(&project, &component, &args.only, args.json).await
}

/// Puts every case to a component and tells how each went.
pub async fn cases(project: &Project, component: &[u8], only: &str, as_json: bool) -> Result<(), Failure> {
    let fixtures = fixtures::read_all(&project.folder)?;
    let chosen: Vec<_> = fixtures.into_iter().filter(|(_, fixture)| fixture.name.contains(only)).collect();
    if chosen.is_empty() {
        return Err(Failure::not_found("there is no case to run").next("campanile plugin fixture pull lead_..."));
    }
    let bench = Bench::new(&project.manifest, component).await?;
    let limits = Limits::of_component(project.manifest.kind, component.len());
    let mut results = Vec::new();
    for (path, fixture) in &chosen {
        let asked = bench.ask(fixture).await.map_err(|failure| failure.next(format!("correct {}", path.display())))?;
        let result = judge(fixture, &asked, limits);
        if as_json {
            let mut told = serde_json::json!(result);
            told["file"] = serde_json::json!(path);
            told["log"] = serde_json::json!(asked.log);
            say(&told)?;
        } else if !result.passed {
            asked.log.iter().for_each(|line| eprintln!("{}: log: {line}", fixture.name));
        }
        results.push(result);
    }
    if !as_json {
        say(report::cases(&results, Some(limits)))?;
    }
    let failed = results.iter().filter(|result| !result.passed).count();
    if failed == 0 {
        eprintln!("all {} cases passed", results.len());
        return Ok(());
    }
    Err(Failure::invalid(format!("{failed} of {} cases failed", results.len()))
        .next("campanile plugin dev runs them at every change"))
}

fn judge(fixture: &Case, asked: &Asked, limits: Limits) -> CaseResult {
    let difference = fixture.difference(&asked.answer);
    let answered = match &asked.answer {
        Ok(answer) | Err(answer) => answer.to_string(),
    };
    CaseResult {
        name: fixture.name.clone(),
        passed: difference.is_none(),
        detail: difference.unwrap_or(answered),
        used: asked.used,
        percent: percent(limits, asked.used),
        memory_bytes: asked.memory_bytes,
    }
}
