//! `campanile plugin ...`: the author's side of plugins, from nothing to a version that is in force.
//!
//! One file per verb; this one is their table of contents. The local verbs work outside any clone and without a server:
//! what a new plugin is made of is carried in the binary ([`carried`]), and admission and sandbox are the server's own. An
//! error ends with the one command to run next.

mod activate;
mod bench;
mod build;
mod carried;
mod check;
mod dev;
pub mod estimate;
mod fixture;
mod fixtures;
mod grant;
mod logs;
mod new;
mod project;
mod push;
pub mod replay;
mod report;
mod rollback;
pub mod shadow;
mod test;
mod toolchain;
mod versions;

use clap::Subcommand;

use crate::exit::Failure;

/// The verbs, in the order in which an author needs them.
#[derive(Subcommand, Debug)]
pub enum Plugin {
    /// Begin a plugin from a template
    New(new::New),
    /// Compile it and make the component that is uploaded
    Build(build::Build),
    /// Say what the server would say of a component, before it is uploaded
    Check(check::Check),
    /// Run the cases in fixtures/ in the real sandbox
    Test(test::Test),
    /// Build and test again at every change
    Dev(dev::Dev),
    /// Build it and upload it
    Push(push::Push),
    /// The versions that the server has
    Versions(versions::Versions),
    /// Put a version in force
    Activate(activate::Activate),
    /// Put the version in force that was before
    Rollback(rollback::Rollback),
    /// What went wrong in calls of a plugin, and what they used
    Logs(logs::Logs),
    /// Put recorded decisions to a version again: a proof that it is deterministic, or what another one would have done
    Replay(replay::Replay),
    /// A second policy that is asked everything a campaign decides, and decides nothing
    #[command(subcommand)]
    Shadow(shadow::Shadow),
    /// Grant what a plugin asks for: hosts, secrets, auth blocks
    Grant(grant::Grant),
    /// Cases for tests
    #[command(subcommand)]
    Fixture(fixture::Fixture),
}

/// Runs the command.
pub async fn run(command: Plugin) -> Result<(), Failure> {
    match command {
        Plugin::New(args) => new::run(&args),
        Plugin::Build(args) => build::run(&args),
        Plugin::Check(args) => check::run(&args),
        Plugin::Test(args) => test::run(&args).await,
        Plugin::Dev(args) => dev::run(&args).await,
        Plugin::Push(args) => push::run(&args).await,
        Plugin::Versions(args) => versions::run(&args).await,
        Plugin::Activate(args) => activate::run(&args).await,
        Plugin::Rollback(args) => rollback::run(&args).await,
        Plugin::Logs(args) => logs::run(&args).await,
        Plugin::Replay(args) => replay::run(&args).await,
        Plugin::Shadow(command) => shadow::run(&command).await,
        Plugin::Grant(args) => grant::run(&args).await,
        Plugin::Fixture(command) => fixture::run(command).await,
    }
}
