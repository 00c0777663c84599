//! `campanile man --out DIR`: man pages, one for each command, from their own definition.

use std::path::PathBuf;

use clap::{Args, Command};

use crate::exit::Failure;

/// Flags of `man`.
#[derive(Args, Debug)]
pub struct Man {
    /// Where the pages are written; it is made when it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command on the definition of all commands.
pub fn run(args: &Man, all: Command) -> Result<(), Failure> {
    let out = &args.out;
    let written = std::fs::create_dir_all(out).and_then(|()| clap_mangen::generate_to(all, out));
    written.map_err(|error| {
        Failure::other(format!("the pages cannot be written to {}: {error}", out.display()))
            .next("campanile man --out another-folder")
    })?;
    eprintln!("man -l {} shows the first", out.join("campanile.1").display());
    Ok(())
}
