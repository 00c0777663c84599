//! `campanile key ...`: what opens an account.
//!
//! A new key's secret is the only thing on stdout, so that it can be piped to where it belongs without being seen.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::flags::{Paging, Reading, Writing, id};
use super::noun::{Noun, given, gone, text};
use crate::exit::Failure;
use crate::say::say;

const NOUN: Noun = Noun {
    plural: "keys",
    path: "/v1/keys",
    columns: &["id", "name", "scopes", "last_four", "expires_at", "revoked_at", "last_used_at", "created_at"],
};

/// API keys.
#[derive(Subcommand, Debug)]
pub enum Key {
    /// All keys of the account, revoked ones too
    List(List),
    /// Make a key; its secret goes to stdout, this once
    Create(Create),
    /// Make a key worthless, at once and for ever
    Revoke(Revoke),
    /// Make a key in the place of another, which goes on to work for a while
    Rotate(Rotate),
}

/// Flags of `key list`.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    reading: Reading,
}

/// Flags of `key create`.
#[derive(Args, Debug)]
pub struct Create {
    /// What it is for
    #[arg(long)]
    name: String,
    /// What it may do, for example leads:write; repeat it, or separate them by commas
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
    scopes: Vec<String>,
    /// Not valid from then on (RFC 3339)
    #[arg(long, value_name = "INSTANT")]
    expires_at: Option<String>,
    /// A key of the test twin, with which nobody is called
    #[arg(long)]
    test: bool,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `key revoke`.
#[derive(Args, Debug)]
pub struct Revoke {
    /// key_...
    #[arg(value_name = "KEY_ID", value_parser = id)]
    id: String,
    #[command(flatten)]
    writing: Writing,
}

/// Flags of `key rotate`.
#[derive(Args, Debug)]
pub struct Rotate {
    /// key_...
    #[arg(value_name = "KEY_ID", value_parser = id)]
    id: String,
    /// How long the old key stays valid beside the new one, in hours; 0 is not at all
    #[arg(long, value_name = "HOURS")]
    overlap_hours: Option<u32>,
    #[command(flatten)]
    writing: Writing,
}

/// Runs the command.
pub async fn run(command: Key) -> Result<(), Failure> {
    match command {
        Key::List(args) => NOUN.list(&[], &args.paging, &args.reading).await,
        Key::Create(args) => {
            let test = args.test.then(|| json!(true));
            let body = given([
                ("name", Some(args.name.into())),
                ("scopes", Some(args.scopes.into())),
                ("expires_at", text(&args.expires_at)),
                ("test", test),
            ]);
            let made = args.writing.send(Method::POST, NOUN.path, Some(body.into()), None).await?;
            made.map_or(Ok(()), |made| secret(&made, &made, args.writing.reading.json))
        }
        Key::Revoke(args) => {
            args.writing.sure(&format!("make {} worthless for ever", args.id))?;
            let done = args.writing.send(Method::DELETE, &NOUN.at(&args.id), None, None).await?;
            gone(done, &format!("{} opens nothing any more", args.id), &args.writing)
        }
        Key::Rotate(args) => {
            if args.overlap_hours == Some(0) {
                args.writing.sure(&format!("make {} worthless at once", args.id))?;
            }
            let body = given([("overlap_hours", args.overlap_hours.map(Value::from))]);
            let path = format!("{}/rotate", NOUN.at(&args.id));
            let made = args.writing.send(Method::POST, &path, Some(body.into()), None).await?;
            made.map_or(Ok(()), |made| {
                let until = made["replaced"]["expires_at"].as_str();
                if let Some(until) = until.filter(|_| !args.writing.reading.json) {
                    eprintln!("{} is valid until {until}", args.id);
                }
                secret(&made, &made["key"], args.writing.reading.json)
            })
        }
    }
}

fn secret(answer: &Value, key: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return say(answer);
    }
    let word = |field: &str| key[field].as_str().unwrap_or_default();
    eprintln!("{}: its secret is shown this once", word("id"));
    say(word("secret"))
}
