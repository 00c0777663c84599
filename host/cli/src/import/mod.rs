//! `campanile import`: lead files, looked at, imported, resumed and taken back.
//!
//! The same steps over a server or straight into a data folder that no server has open: [`Desk`] is what both can do, and
//! the rest of the command does not know which it is.

mod check;
mod desk;
mod folder;
mod server;
mod shown;
mod target;

use std::path::PathBuf;

use campanile_domain::plugin::PluginRef;
use campanile_server::imports::ImportOptions;
use clap::{Args, Subcommand};
use serde_json::Value;

use self::desk::Desk;
use self::shown::Bar;
use self::target::Target;
use crate::exit::Failure;
use crate::lead_file::{LeadFile, MappingFlags};
use crate::say::say;

/// Lead files.
#[derive(Subcommand, Debug)]
pub enum Import {
    /// Say what an import of a file would do: how it is understood, what is accepted, what is rejected and why
    Check(check::Check),
    /// Import a file: show what would happen, then let the leads in
    Run(Run),
    /// Go on with the import of a file that failed or was interrupted
    Resume(Again),
    /// Take the leads of a file's import out again that nobody has called
    Undo(Again),
}

/// Flags of `import run`.
#[derive(Args, Debug)]
pub struct Run {
    /// CSV (any encoding and delimiter) or XLSX
    file: PathBuf,
    #[command(flatten)]
    mapping: MappingFlags,
    /// A script whose map_row says what rows mean, in the place of columns: NAME or NAME@VERSION
    #[arg(long, value_name = "SCRIPT", conflicts_with_all = ["primary", "secondary"])]
    script: Option<PluginRef>,
    /// Into which campaign; without it a new draft is made, named after the file
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,
    /// Update leads that the campaign has already instead of skipping them
    #[arg(long)]
    update: bool,
    /// Only show what would happen
    #[arg(long)]
    dry_run: bool,
    /// Import at once, without reading the file beforehand to show what would happen
    #[arg(long, conflicts_with = "dry_run")]
    no_review: bool,
    #[command(flatten)]
    target: Target,
    /// Print the import as JSON
    #[arg(long)]
    json: bool,
}

/// Flags of `import resume` and `import undo`.
#[derive(Args, Debug)]
pub struct Again {
    /// The file, or the id of its import: imp_...
    file: String,
    #[command(flatten)]
    target: Target,
    /// Print the import as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(command: Import) -> Result<(), Failure> {
    match command {
        Import::Check(check) => check::run(&check),
        Import::Run(args) => {
            let desk = args.target.open()?;
            import(&*desk, &args).await
        }
        Import::Resume(args) => {
            let desk = args.target.open()?;
            let import = desk.find(&args.file, &["failed", "running"]).await?;
            let bar = Bar::rows(args.json);
            let ended = desk.resume(&import, &|import| bar.tell(import)).await?;
            bar.done();
            ending(&ended, args.json)
        }
        Import::Undo(args) => {
            let desk = args.target.open()?;
            let import = desk.find(&args.file, &["finished", "failed", "undoing"]).await?;
            let bar = Bar::removed(args.json);
            let ended = desk.undo(&import, &|import| bar.tell(import)).await?;
            bar.done();
            ending(&ended, args.json)
        }
    }
}

async fn import(desk: &dyn Desk, args: &Run) -> Result<(), Failure> {
    // Looked at here first: what is no lead file is not sent, and what is wrong is told with this command's flags.
    let looked = LeadFile::open(&args.file, &args.mapping, None)?;
    if args.script.is_none() {
        looked.mapping()?;
    }
    let options = ImportOptions { script: args.script.clone(), ..options(&args.mapping)? };
    let (campaign, is_new) = match &args.campaign {
        Some(campaign) => (campaign.clone(), false),
        None if args.dry_run => {
            return Err(Failure::usage("--dry-run counts against a campaign; name it with --campaign")
                .next("campanile import check FILE looks at the file alone"));
        }
        None => (desk.draft(&stem(&args.file)).await?, true),
    };
    if is_new && !args.json {
        eprintln!("a new draft: {campaign}");
    }
    let sending = Bar::bytes(args.json);
    let uploaded =
        desk.upload(&args.file, &campaign, &options, args.update, &|sent, all| sending.at(sent, all)).await?;
    sending.done();
    let id = uploaded["id"].as_str().unwrap_or_default().to_owned();
    let mut rows = None;
    if !args.no_review {
        let reviewed = match desk.review(&id).await {
            Ok(reviewed) if reviewed["review"]["error"].is_null() => reviewed,
            refused => {
                desk.discard(&id).await?;
                let why = refused?["review"]["error"]["message"].as_str().unwrap_or("the file").to_owned();
                return Err(Failure::usage(format!("the file cannot be reviewed: {why}"))
                    .next("campanile import check FILE shows how it is understood"));
            }
        };
        rows = reviewed["review"]["rows"].as_u64();
        // What nobody got to see is not let in.
        let told = if args.json { Ok(()) } else { shown::review(&reviewed) };
        if args.dry_run || told.is_err() {
            desk.discard(&id).await?;
            return if args.dry_run && args.json { say(&reviewed) } else { told };
        }
    }
    let bar = Bar::of_rows(args.json, rows);
    let ended = desk.confirm(&id, &|import| bar.tell(import)).await?;
    bar.done();
    if !args.json && ended["summary"]["rejected"].as_object().is_some_and(|rejected| !rejected.is_empty()) {
        let file = args.file.display();
        eprintln!("the rejected rows as a file to mend: campanile import check {file} --rejects rejected.csv");
    }
    ending(&ended, args.json)
}

fn stem(file: &std::path::Path) -> String {
    file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("import").chars().take(200).collect()
}

fn options(flags: &MappingFlags) -> Result<ImportOptions, Failure> {
    let region = flags.default_region.as_deref().map(str::parse).transpose();
    Ok(ImportOptions {
        default_region: region.map_err(|error| Failure::usage(format!("--default-region: {error}")))?,
        primary: flags.primary.clone(),
        secondary: (!flags.secondary.is_empty()).then(|| flags.secondary.clone()),
        header_row: flags.header_row,
        ..ImportOptions::default()
    })
}

/// Tells how it ended; an import that failed is a failure.
fn ending(import: &Value, json: bool) -> Result<(), Failure> {
    if json {
        say(import)?;
    } else {
        shown::ended(import)?;
    }
    if import["status"] == "failed" {
        let why = import["summary"]["error"]["message"].as_str().unwrap_or("the import failed").to_owned();
        let id = import["id"].as_str().unwrap_or("FILE");
        return Err(Failure::other(why).next(format!("campanile import resume {id}")));
    }
    Ok(())
}
