//! `campanile profile ...`: the accounts that this person works with, each a server and a key under a name.
//!
//! The file is [`file`]'s, made by [`login`]; which profile a command uses is decided in [`account`], for all commands alike.
//! A key leaves here only towards its server: what is shown of it are its last four characters.

pub mod account;
mod file;
pub mod login;
mod unseen;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::account::kind;
use self::file::{Profile, Profiles, last_four};
use crate::exit::Failure;
use crate::say::say;

/// Profiles.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// All profiles, and which one is used when none is named
    List(List),
    /// Use a profile when none is named
    Use(Named),
    /// Forget a profile and the key in it; the key stays valid until it is revoked
    Remove(Named),
    /// What a profile is, without its key
    Show(Show),
}

/// Flags of `profile list`.
#[derive(Args, Debug)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Flags of `profile use` and `profile remove`.
#[derive(Args, Debug)]
pub struct Named {
    /// The profile
    name: String,
}

/// Flags of `profile show`.
#[derive(Args, Debug)]
pub struct Show {
    /// The profile; the one in use, when none is named
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::List(args) => list(args),
        Command::Use(args) => {
            let mut profiles = Profiles::read()?;
            profiles.get(&args.name)?;
            profiles.current = Some(args.name.clone());
            profiles.write()?;
            eprintln!("{} is used from now on", args.name);
            Ok(())
        }
        Command::Remove(args) => remove(args),
        Command::Show(args) => show(args),
    }
}

fn list(args: &List) -> Result<(), Failure> {
    let profiles = Profiles::read()?;
    let shown: Vec<Value> = profiles.all.iter().map(|(name, one)| portrait(&profiles, name, one)).collect();
    if args.json {
        say(Value::from(shown))?;
    } else if shown.is_empty() {
        eprintln!("there is no profile yet\nnext:  campanile login --server URL");
    } else {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_header(["", "name", "server", "key", "account"]);
        for one in &shown {
            let word = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
            let mark = if one["current"] == true { "*" } else { "" };
            let key = format!("{} ...{}", word("kind"), word("last_four"));
            table.add_row([mark.to_owned(), word("name"), word("server"), key, word("account")]);
        }
        say(table.trim_fmt())?;
    }
    Ok(())
}

fn remove(args: &Named) -> Result<(), Failure> {
    let mut profiles = Profiles::read()?;
    let four = last_four(&profiles.get(&args.name)?.key);
    profiles.all.remove(&args.name);
    if profiles.current.as_ref() == Some(&args.name) {
        profiles.current = None;
    }
    profiles.write()?;
    eprintln!("{} is forgotten; its key ...{four} stays valid until it is revoked", args.name);
    Ok(())
}

fn show(args: &Show) -> Result<(), Failure> {
    let profiles = Profiles::read()?;
    let name = args.name.as_ref().or(profiles.current.as_ref()).ok_or_else(|| {
        Failure::not_found("no profile is in use").next("campanile profile list, then: campanile profile use NAME")
    })?;
    let one = portrait(&profiles, name, profiles.get(name)?);
    if args.json {
        say(&one)?;
    } else {
        for field in ["name", "server", "kind", "last_four", "account"] {
            say(format_args!("{field:<10}{}", one[field].as_str().unwrap_or_default()))?;
        }
    }
    Ok(())
}

/// A profile without its key.
fn portrait(profiles: &Profiles, name: &str, profile: &Profile) -> Value {
    json!({
        "name": name,
        "current": profiles.current.as_deref() == Some(name),
        "server": profile.server,
        "kind": kind(&profile.key).map_or("unknown", |kind| kind.word()),
        "last_four": last_four(&profile.key),
        "account": profile.account,
    })
}
