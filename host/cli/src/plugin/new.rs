//! `campanile plugin new`: a plugin that builds and passes its cases, to be changed from there.
//!
//! It writes into an empty folder only and asks nobody: no clone, no network.

use std::path::{Path, PathBuf};

use campanile_domain::plugin::{Kind, is_name};
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::carried::{self, Language};
use crate::exit::Failure;
use crate::say::say;

/// Flags of `plugin new`.
#[derive(Args, Debug)]
pub struct New {
    /// What it is for
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(Kind::UPLOADABLE.map(Kind::word)))]
    kind: String,
    /// What it is written in
    #[arg(long, value_name = "LANGUAGE", value_enum)]
    lang: Language,
    /// A folder that is empty or not there yet; its name becomes the plugin's. Without it: my-KIND
    dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &New) -> Result<(), Failure> {
    let kind = Kind::UPLOADABLE.into_iter().find(|kind| kind.word() == args.kind);
    let kind = kind.ok_or_else(|| Failure::usage(format!("{:?} is no kind of plugin", args.kind)))?;
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(format!("my-{kind}")));
    let shown = folder.display();
    if !args.lang.writes(kind) {
        let why = format!(
            "a {kind} cannot be written in {}: its components are larger than this kind may be",
            args.lang.word()
        );
        return Err(Failure::usage(why).next(format!("campanile plugin new --kind {kind} --lang javascript {shown}")));
    }
    let name = name_of(&folder)?;
    if folder.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::conflict(format!("{shown} is not empty; a new plugin needs a folder of its own"))
            .next(format!("campanile plugin new --kind {kind} --lang {} {shown}-2", args.lang.word())));
    }
    let files = carried::files(kind, args.lang, &name);
    for (path, text) in &files {
        write(&folder.join(path), text)
            .map_err(|error| Failure::other(format!("{shown} cannot be written: {error}")))?;
    }
    if args.json {
        let paths: Vec<_> = files.iter().map(|(path, _)| path.display().to_string()).collect();
        let told = serde_json::json!({ "name": name, "kind": kind, "lang": args.lang.word(), "folder": folder, "files": paths });
        say(&told)?;
    } else {
        say(&shown)?;
    }
    eprintln!("{name}: a {kind} in {}, {} files. Next:", args.lang.word(), files.len());
    eprintln!("  cd {shown}");
    match args.lang {
        Language::Rust => {}
        Language::Javascript => eprintln!("  npm install"),
        Language::Python => eprintln!("  python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"),
    }
    eprintln!("  campanile plugin build && campanile plugin check && campanile plugin test");
    Ok(())
}

fn name_of(folder: &Path) -> Result<String, Failure> {
    // `.` and `..` have a name only on the disk.
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if is_name(name) {
        return Ok(name.to_owned());
    }
    let rule = "3 to 49 lower-case letters, digits and hyphens, beginning with a letter";
    let message = format!("the folder is called {name:?}, and so would be the plugin; its name has {rule}");
    Err(Failure::usage(message).next("campanile plugin new ... my-plugin"))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, text)
}
