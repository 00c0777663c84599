//! `campanile completions SHELL`: what a shell needs to complete commands and flags, from their own definition.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::exit::Failure;
use crate::say::print;

/// Flags of `completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

const NAME: &str = "campanile";

/// Runs the command on the definition of all commands.
pub fn run(args: &Completions, all: &Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut shown(all), NAME, &mut script);
    print(String::from_utf8_lossy(&script))
}

/// Those that are for people; the generators would offer the others too.
fn shown(all: &Command) -> Command {
    let people = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    Command::new(NAME).version(env!("CARGO_PKG_VERSION")).propagate_version(true).subcommands(people)
}
