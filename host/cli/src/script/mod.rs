//! `campanile script ...`: the author's side of scripts, from nothing to a version that is in force.
//!
//! One file per verb. The local verbs work outside any clone and without a server, in the server's own sandbox: a script is
//! checked, tested on the cases beside it and tried before anybody depends on it.

mod check;
mod dev;
pub mod draft;
mod new;
mod push;
mod run;
mod testing;

use clap::Subcommand;

use crate::exit::Failure;
use crate::plugin::replay;
use crate::plugin::shadow;

/// The verbs, in the order in which an author needs them.
#[derive(Subcommand, Debug)]
pub enum Script {
    /// Begin a script with cases beside it
    New(new::New),
    /// Say everything wrong with a script, and what it is
    Check(check::Check),
    /// Put the cases beside scripts to them
    Test(testing::Test),
    /// Check and test again at every change
    Dev(dev::Dev),
    /// Try a script on calls that a server has, without keeping it
    Run(run::Run),
    /// Install a script on a server, in force at once
    Push(push::Push),
    /// Put recorded decisions to a version of a script, or to one that nobody has kept yet
    Replay(replay::Replay),
    /// A second policy that is asked everything a campaign decides, and decides nothing
    #[command(subcommand)]
    Shadow(shadow::Shadow),
}

/// Runs the command.
pub async fn run(command: Script) -> Result<(), Failure> {
    match command {
        Script::New(args) => new::run(&args),
        Script::Check(args) => check::run(&args),
        Script::Test(args) => testing::run(&args),
        Script::Dev(args) => dev::run(&args).await,
        Script::Run(args) => run::run(&args).await,
        Script::Push(args) => push::run(&args).await,
        Script::Replay(args) => replay::run(&args).await,
        Script::Shadow(command) => shadow::run(&command).await,
    }
}
