//! Flags that many verbs have, and what they mean.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Body, Client, Insists, ServerFlags};
use crate::exit::Failure;
use crate::say::say;

/// Of every verb.
#[derive(Args, Debug)]
pub struct Reading {
    #[command(flatten)]
    server: ServerFlags,
    /// Print the server's answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Of every verb that changes something.
#[derive(Args, Debug)]
pub struct Writing {
    #[command(flatten)]
    pub reading: Reading,
    /// Show what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask whether it is meant
    #[arg(long)]
    yes: bool,
    /// Never ask; what would have to be asked is not done
    #[arg(long)]
    no_input: bool,
}

/// Of every verb that makes something which must not be made twice.
#[derive(Args, Debug)]
pub struct Once {
    /// Done once, however often it is sent with this key of your choosing within a day
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// Of every list.
#[derive(Args, Debug)]
pub struct Paging {
    /// Rows at most, 1 to 200
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub limit: Option<u32>,
    /// Go on where the page before ended: its next_cursor
    #[arg(long, value_name = "CURSOR", conflicts_with = "all")]
    pub cursor: Option<String>,
    /// Every page
    #[arg(long)]
    pub all: bool,
}

/// The text of an id; whether there is such a thing, the server knows.
pub fn id(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(text.to_owned());
    }
    Err("an id is letters, digits and an underscore, for example cmp_01k9zr2v9pfb1sxkh5gqd0m8ea".to_owned())
}

impl Reading {
    /// The server.
    pub fn client(&self) -> Result<Client, Failure> {
        Client::new(&self.server)
    }
}

impl Writing {
    /// Asks whether it is meant, unless that was said.
    pub fn sure(&self, what: &str) -> Result<(), Failure> {
        if self.yes || self.dry_run {
            return Ok(());
        }
        if self.no_input || !std::io::stdin().is_terminal() {
            return Err(Failure::usage(format!("{what}: nobody can be asked whether that is meant"))
                .next("the same command with --yes"));
        }
        eprint!("{what}? [y/N] ");
        let mut answer = String::new();
        let read = std::io::stderr().flush().and_then(|()| std::io::stdin().lock().read_line(&mut answer));
        read.map_err(|error| Failure::other(format!("the answer cannot be read: {error}")))?;
        if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::other("nothing was done").next("the same command, and y; or --yes"))
    }

    /// Sends it; with `--dry-run` shows it instead, and there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        insists: Option<Insists<'_>>,
    ) -> Result<Option<Value>, Failure> {
        if self.dry_run {
            self.show(&method, path, body)?;
            return Ok(None);
        }
        let body = body.map_or(Body::None, Body::Json);
        self.reading.client()?.send_if(method, path, body, insists).await?.accepted().map(Some)
    }

    fn show(&self, method: &Method, path: &str, mut body: Option<Value>) -> Result<(), Failure> {
        let secrets = body.as_mut().and_then(|body| body.get_mut("secrets")).and_then(Value::as_object_mut);
        secrets.into_iter().flatten().for_each(|(_, secret)| *secret = "(not shown)".into());
        if self.reading.json {
            say(json!({"method": method.as_str(), "path": path, "body": body}))?;
        } else {
            say(format_args!("{method} {path}"))?;
            if let Some(body) = body {
                say(format_args!("{body:#}"))?;
            }
        }
        eprintln!("nothing was sent");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_lead_to_another_path() {
        assert!(id("cmp_01k9zr2v9pfb1sxkh5gqd0m8ea").is_ok());
        for wrong in ["", "..", "../keys", "cmp_1/start", "cmp_1?x=1", "cmp 1", "cmp_%2e"] {
            assert!(id(wrong).is_err(), "{wrong}");
        }
    }
}
