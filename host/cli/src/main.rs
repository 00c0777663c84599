//! The binary `campanile`: the server, and the tools around it.
//!
//! One file per command; this one is their table of contents. Data goes to stdout, the rest to stderr.

#![deny(clippy::print_stdout, reason = "it panics where nobody reads stdout any more; `say` ends the command quietly")]

mod answer;
mod backup;
mod base_folders;
mod calls;
mod campaign_file;
mod carrier;
mod client;
mod clock;
mod compile_plugin;
mod completions;
mod consent;
mod demo;
mod doctor;
#[cfg(test)]
mod documented;
mod entropy;
mod evaluate;
mod evaluators;
mod exit;
mod explain;
mod gateway_kinds;
mod import;
mod installation;
mod job;
mod lead_file;
mod man;
mod nouns;
mod plugin;
mod plugin_counts;
mod plugin_desk;
mod plugin_meter;
mod process_metrics;
mod profile;
mod rehearse;
mod restore;
mod say;
mod script;
mod script_checker;
mod secret_key;
mod serve;
mod shelving;
mod sink_kinds;
mod source_kinds;
mod version;
mod wait;
mod wiring;
mod workbench;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs outbound calling campaigns for AI voice assistants
#[derive(Parser, Debug)]
#[command(name = "campanile", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run a sample campaign on simulated people, with the server and its API
    Demo(demo::Demo),
    /// Run the server on a data folder
    Serve(serve::Serve),
    /// Run a campaign over a lead file on a virtual clock and say what came of it
    Rehearse(rehearse::Rehearse),
    /// Lead files
    #[command(subcommand)]
    Import(import::Import),
    /// Plugins: begin, build, test, upload and run them
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Scripts: begin, check, test, try and install them
    #[command(subcommand)]
    Script(script::Script),
    /// Evaluators: compare what they make of calls
    #[command(subcommand)]
    Evaluate(evaluate::Evaluate),
    /// Campaigns: whom an assistant calls, when, and how often
    #[command(subcommand)]
    Campaign(nouns::campaign::Campaign),
    /// Leads: people to reach
    #[command(subcommand)]
    Lead(nouns::lead::Lead),
    /// Calls: what was dialled and said, and calling one person now
    #[command(subcommand)]
    Call(nouns::call::Call),
    /// Assistants: who speaks
    #[command(subcommand)]
    Assistant(nouns::assistant::Assistant),
    /// Gateways: through what calls are placed
    #[command(subcommand)]
    Gateway(nouns::gateway::Gateway),
    /// Sources: importers that feed campaigns
    #[command(subcommand)]
    Source(nouns::source::Source),
    /// Webhooks: where events are sent
    #[command(subcommand)]
    Webhook(nouns::webhook::Webhook),
    /// The do-not-call list
    #[command(subcommand)]
    Suppression(nouns::suppression::Suppression),
    /// How long the account keeps transcripts, records, ended leads and events
    #[command(subcommand)]
    Retention(nouns::retention::Retention),
    /// API keys of the account
    #[command(subcommand)]
    Key(nouns::key::Key),
    /// Accounts of the host, with the operator's key
    #[command(subcommand)]
    Tenant(nouns::tenant::Tenant),
    /// Send any request to the API
    Api(nouns::api::Api),
    /// Keep a server and a key as a profile, so that no command has to name them
    Login(profile::login::Login),
    /// Profiles: servers with keys, under names
    #[command(subcommand)]
    Profile(profile::Command),
    /// Say why a lead is not being called now, and when it will be
    Explain(explain::Explain),
    /// Run the simulated carrier as a process of its own
    Carrier(carrier::Args),
    /// Compile an upload for the server that started this
    #[command(hide = true)]
    CompilePlugin(compile_plugin::CompilePlugin),
    /// Rehearse a campaign for the server that started this
    #[command(hide = true)]
    PlayRehearsal(rehearse::Play),
    /// Copy a data folder, while its server runs
    Backup(backup::Backup),
    /// Make a data folder out of a backup; nobody is dialled from it until its operator says how to go on
    Restore(restore::Restore),
    /// Look for what would keep this machine from running Campanile
    Doctor(doctor::Doctor),
    /// Completions of commands and flags for a shell
    Completions(completions::Completions),
    /// Man pages of all commands
    Man(man::Man),
    /// Versions of everything that matters
    Version {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A rehearsal tells what went wrong in its result, once; a server tells it as it happens.
    let quiet = if matches!(cli.command, Command::Rehearse(_) | Command::PlayRehearsal(_)) { "error" } else { "warn" };
    let wanted = std::env::var("CAMPANILE_LOG").ok().filter(|wanted| !wanted.is_empty());
    // The library that speaks MCP logs messages whole, and they hold phones.
    let logs = format!("{},rmcp=error", wanted.as_deref().unwrap_or(quiet));
    let logs =
        tracing_subscriber::EnvFilter::try_new(logs).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(quiet));
    tracing_subscriber::fmt().with_env_filter(logs).with_writer(std::io::stderr).init();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Demo(args) => on_tokio(demo::run(args)),
        Command::Serve(args) => on_tokio(serve::run(args)),
        Command::Rehearse(args) => rehearse::run(args),
        Command::Import(command) => on_tokio(import::run(command)),
        Command::Plugin(command) => on_tokio(plugin::run(command)),
        Command::Script(command) => on_tokio(script::run(command)),
        Command::Evaluate(command) => on_tokio(evaluate::run(command)),
        Command::Campaign(command) => on_tokio(nouns::campaign::run(command)),
        Command::Lead(command) => on_tokio(nouns::lead::run(command)),
        Command::Call(command) => on_tokio(nouns::call::run(command)),
        Command::Assistant(command) => on_tokio(nouns::assistant::run(command)),
        Command::Gateway(command) => on_tokio(nouns::gateway::run(command)),
        Command::Source(command) => on_tokio(nouns::source::run(command)),
        Command::Webhook(command) => on_tokio(nouns::webhook::run(command)),
        Command::Suppression(command) => on_tokio(nouns::suppression::run(command)),
        Command::Retention(command) => on_tokio(nouns::retention::run(command)),
        Command::Key(command) => on_tokio(nouns::key::run(command)),
        Command::Tenant(command) => on_tokio(nouns::tenant::run(command)),
        Command::Api(args) => on_tokio(nouns::api::run(args)),
        Command::Login(args) => on_tokio(async move { profile::login::run(&args).await }),
        Command::Profile(command) => profile::run(&command),
        Command::Explain(args) => on_tokio(explain::run(args)),
        Command::Carrier(args) => on_tokio(async { Ok(carrier::run(args).await?) }),
        Command::CompilePlugin(args) => compile_plugin::run(&args),
        Command::PlayRehearsal(args) => rehearse::play(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Completions(args) => completions::run(&args, &Cli::command()),
        Command::Man(args) => man::run(&args, Cli::command()),
        Command::Version { json } => version::run(json),
    }
}

fn on_tokio(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::other(format!("threads cannot be started: {error}")))?;
    runtime.block_on(work)
}
