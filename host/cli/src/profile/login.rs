//! `campanile login`: asks for a key, sees what it opens, and keeps it as a profile.
//!
//! A key is never an argument here: arguments are in the list of processes and in the shell's history. Nothing is kept
//! before the server has said whose key it is.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use campanile_domain::plugin::secrets::SecretString;
use clap::Args;
use serde_json::json;

use super::account::{Account, address, kind};
use super::file::{Profile, Profiles, last_four};
use super::unseen;
use crate::client::Client;
use crate::exit::Failure;
use crate::say::say;

/// Flags of `login`.
#[derive(Args, Debug)]
pub struct Login {
    /// The name of the profile
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = name)]
    profile: String,
    /// The server [env: CAMPANILE_URL] [default: the profile's, when there is one]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Read the key from a file; without it, it is asked for, or read from a pipe
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Never ask
    #[arg(long)]
    no_input: bool,
    /// Print the profile as JSON
    #[arg(long)]
    json: bool,
}

/// More than any key.
const MOST_BYTES: u64 = 4096;

fn name(text: &str) -> Result<String, String> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if (1..=64).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err("a profile's name is 1 to 64 letters, digits, dots, hyphens and underscores".to_owned())
}

/// Runs the command.
pub async fn run(args: &Login) -> Result<(), Failure> {
    let mut profiles = Profiles::read()?;
    let known = profiles.all.get(&args.profile).map(|profile| profile.server.clone());
    let named =
        args.server.clone().or_else(|| std::env::var("CAMPANILE_URL").ok().filter(|url| !url.is_empty())).or(known);
    let server = address(&named.ok_or_else(|| {
        Failure::usage("which server is not said").next("campanile login --server https://campanile.example.com")
    })?)?;
    let found = args.key_file.as_deref().map_or_else(|| "stdin".to_owned(), |path| path.display().to_string());
    let account = Account { key: key(args, &server)?, server, found }.checked()?;
    let me = Client::of(account.clone())?.get("/v1/me").await?;
    let Account { server, key, .. } = account;
    let whose = match me["tenant"]["name"].as_str() {
        Some(name) => name.to_owned(),
        None => "the operator".to_owned(),
    };
    let (kind, four) = (kind(&key).map_or("unknown", |kind| kind.word()), last_four(&key));
    if is_readable_on_the_way(&server) {
        eprintln!("note:  {server} is not encrypted; whoever sits in between reads the key");
    }
    let name = args.profile.clone();
    profiles.all.insert(name.clone(), Profile { server: server.clone(), key, account: whose.clone() });
    profiles.current = Some(name.clone());
    profiles.write()?;
    if args.json {
        let told =
            json!({"name": name, "current": true, "server": server, "kind": kind, "last_four": four, "account": whose});
        say(&told)?;
    } else {
        say(format_args!("profile {name}: {whose}, {kind} key ...{four}, at {server}"))?;
        eprintln!("it is used from now on; others: campanile profile list");
    }
    Ok(())
}

fn is_readable_on_the_way(server: &str) -> bool {
    let host = server.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
    host.is_some_and(|host| !["127.", "localhost", "[::1]"].iter().any(|near| host.starts_with(near)))
}

fn key(args: &Login, server: &str) -> Result<SecretString, Failure> {
    let text = match args.key_file.as_deref() {
        Some(path) if path != Path::new("-") => {
            let unreadable = |error| Failure::not_found(format!("{} cannot be read: {error}", path.display()));
            let file = std::fs::File::open(path).map_err(|error| unreadable(error).next("check the path"))?;
            bounded(file).map_err(unreadable)?
        }
        None if std::io::stdin().is_terminal() => {
            if args.no_input {
                return Err(Failure::usage("no key is given, and --no-input forbids to ask for it")
                    .next("campanile login --key-file FILE, or pipe the key in"));
            }
            unseen::line(&format!("API key for {server} (not shown): "))
                .map_err(|error| Failure::other(format!("the key cannot be read: {error}")))?
        }
        _ => bounded(std::io::stdin())
            .map_err(|error| Failure::other(format!("the key cannot be read from stdin: {error}")))?,
    };
    let key = text.trim();
    if key.is_empty() {
        return Err(Failure::usage("no key was given").next("pipe the key in, or: campanile login --key-file FILE"));
    }
    Ok(key.into())
}

fn bounded(from: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_a_shell_needs_no_quotes_for() {
        assert!(name("prod-eu.1_a").is_ok());
        for wrong in ["", "a b", "a/b", "é", &"x".repeat(65)] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_that_travels_in_the_open_is_noted() {
        assert!(is_readable_on_the_way("http://campanile.example.com"));
        for fine in ["https://campanile.example.com", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"] {
            assert!(!is_readable_on_the_way(fine), "{fine}");
        }
    }
}
