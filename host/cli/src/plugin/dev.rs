//! `campanile plugin dev`: builds and tests again at every change, until it is stopped.
//!
//! It looks at the files' times twice a second instead of asking the system to be told: a project has a few dozen files,
//! and this works the same on every file system, in containers and over the network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use campanile_domain::ports::clock::EngineClock;
use campanile_engine::shell::clock::SystemClock;
use clap::Args;

use super::project::Project;
use super::{build, test};
use crate::exit::Failure;

/// Flags of `plugin dev`.
#[derive(Args, Debug)]
pub struct Dev {
    /// The plugin's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Build and test once more at a change and end; for scripts
    #[arg(long, hide = true)]
    once: bool,
}

const LOOKED_EVERY_MS: i64 = 500;
/// What builds write, and what is not the author's.
const NOT_WATCHED: [&str; 7] = ["target", "dist", "node_modules", ".venv", "__pycache__", ".git", "bindings"];

/// Runs the command.
pub async fn run(args: &Dev) -> Result<(), Failure> {
    Project::open(&args.dir)?;
    let mut seen = times(&args.dir);
    round(&args.dir).await?;
    eprintln!("watching {}; stop with Ctrl-C", args.dir.display());
    loop {
        let at = EngineClock::now(&SystemClock) + LOOKED_EVERY_MS;
        tokio::select! {
            () = SystemClock.sleep_until(at) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
        let now = times(&args.dir);
        if now == seen {
            continue;
        }
        let changed = changed(&seen, &now);
        seen = now;
        eprintln!("\n{changed} has changed");
        round(&args.dir).await?;
        if args.once {
            return Ok(());
        }
    }
}

/// One build with its cases. What fails is told and waits for the next change, as long as somebody reads.
async fn round(folder: &Path) -> Result<(), Failure> {
    let done = async {
        let project = Project::open(folder)?;
        let component = build::component(&project)?;
        test::cases(&project, &component, "", false).await
    };
    match done.await {
        Err(failure) if !failure.is_silent() => {
            let _ = failure.report();
            Ok(())
        }
        ended => ended,
    }
}

type Times = BTreeMap<PathBuf, Option<SystemTime>>;

fn times(folder: &Path) -> Times {
    let mut found = Times::new();
    visit(folder, &mut found);
    found
}

fn visit(folder: &Path, found: &mut Times) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_name().to_str().is_some_and(|name| NOT_WATCHED.contains(&name)) {
            continue;
        }
        match entry.metadata() {
            Ok(data) if data.is_dir() => visit(&path, found),
            Ok(data) => {
                found.insert(path, data.modified().ok());
            }
            Err(_) => {}
        }
    }
}

/// The first file that is not as it was.
fn changed(before: &Times, after: &Times) -> String {
    let other = after.iter().find(|(path, time)| before.get(*path) != Some(time)).map(|(path, _)| path);
    let gone = before.keys().find(|path| !after.contains_key(*path));
    other.or(gone).map_or_else(String::new, |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_seen_where_the_author_writes_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        write("src/plugin.js");
        write("node_modules/other/index.js");
        let before = times(folder.path());
        assert_eq!(before.len(), 1, "{before:?}");
        write("dist/plugin.wasm");
        assert_eq!(times(folder.path()), before);
        write("fixtures/one.json");
        let after = times(folder.path());
        assert!(changed(&before, &after).ends_with("one.json"));
        assert!(changed(&after, &before).ends_with("one.json"));
    }
}
