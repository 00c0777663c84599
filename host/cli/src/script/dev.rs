//! `campanile script dev FILE`: checks and tests again at every change, until it is stopped.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use campanile_domain::ports::clock::EngineClock;
use campanile_engine::shell::clock::SystemClock;
use campanile_sandbox::Sandbox;
use clap::Args;

use super::draft::file_of;
use super::testing::{cases_of, tell};
use crate::exit::Failure;
use crate::workbench::sandbox;

/// Flags of `script dev`.
#[derive(Args, Debug)]
pub struct Dev {
    /// The script
    file: PathBuf,
    /// Test once more at a change and end; for scripts
    #[arg(long, hide = true)]
    once: bool,
}

const LOOKED_EVERY_MS: i64 = 300;

/// Runs the command.
pub async fn run(args: &Dev) -> Result<(), Failure> {
    let sandbox = sandbox()?;
    let mut seen = times(&args.file);
    round(&args.file, &sandbox)?;
    eprintln!("watching {}; stop with Ctrl-C", args.file.display());
    loop {
        let at = EngineClock::now(&SystemClock) + LOOKED_EVERY_MS;
        tokio::select! {
            () = SystemClock.sleep_until(at) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
        let now = times(&args.file);
        if now != seen {
            seen = now;
            eprintln!();
            round(&args.file, &sandbox)?;
            if args.once {
                return Ok(());
            }
        }
    }
}

/// What fails is told and waits for the next change.
fn round(script: &Path, sandbox: &Sandbox) -> Result<(), Failure> {
    match cases_of(script, sandbox, "") {
        Ok(results) => tell(&results),
        Err(failure) => {
            let _ = failure.report();
            Ok(())
        }
    }
}

/// Of the script and its cases.
fn times(script: &Path) -> [Option<SystemTime>; 2] {
    let time = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    [time(script), time(&file_of(script))]
}
