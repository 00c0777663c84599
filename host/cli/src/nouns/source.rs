//! `campanile source ...`: the importers that feed campaigns.

use clap::{Args, Subcommand};

use super::flags::{Paging, Reading, Writing, id};
use super::noun::{Noun, list};
use crate::exit::Failure;

const NOUN: Noun = Noun {
    plural: "sources",
    path: "/v1/sources",
    columns: &[
        "id",
        "name",
        "campaign",
        "plugin",
        "status",
        "status_reason.detail",
        "next_run_at",
        "failures_in_a_row",
    ],
};
const RUNS: (&str, &[&str]) = (
    "runs",
    &[
        "id",
        "status",
        "started_at",
        "duration_ms",
        "seen",
        "created",
        "updated",
        "removed",
        "rejected",
        "error.message",
        "error.next",
    ],
);

/// Sources.
#[derive(Subcommand, Debug)]
pub enum Source {
    /// All sources
    List(List),
    /// One source, whole
    Get(One),
    /// Ask a source now instead of at its interval
    Run(Verb),
    /// Ask a source no more until it is resumed
    Pause(Verb),
    /// Ask a paused source again
    Resume(Verb),
    /// What came of asking a source, newest first
    Runs(Runs),
}

/// Flags of `source list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `source get`.
#[derive(Args, Debug)]
pub struct One {
    /// src_...
    #[arg(value_name = "SOURCE", value_parser = id)]
    source: String,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `source run`, `pause` and `resume`.
#[derive(Args, Debug)]
pub struct Verb {
    /// src_...
    #[arg(value_name = "SOURCE", value_parser = id)]
    source: String,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `source runs`.
#[derive(Args, Debug)]
pub struct Runs {
    /// src_...
    #[arg(value_name = "SOURCE", value_parser = id)]
    source: String,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Runs the command.
pub async fn run(command: Source) -> Result<(), Failure> {
    match command {
        Source::List(args) => NOUN.list(&[], &args.paging, &args.reading).await,
        Source::Get(args) => NOUN.get(&args.source, &args.reading).await,
        Source::Run(args) => NOUN.verb(&args.source, "run", None, &args.writing).await,
        Source::Pause(args) => NOUN.verb(&args.source, "pause", None, &args.writing).await,
        Source::Resume(args) => NOUN.verb(&args.source, "resume", None, &args.writing).await,
        Source::Runs(args) => {
            list(&format!("{}/runs", NOUN.at(&args.source)), &[], RUNS, &args.paging, &args.reading).await
        }
    }
}
