//! The API of a running server, as commands use it.
//!
//! One place for the address and the key, and for the line that says whose account is about to be changed; what an answer
//! means is [`crate::answer`]'s.

use std::error::Error;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use campanile_domain::plugin::secrets::ExposeSecret;
use owo_colors::OwoColorize;
use reqwest::Method;
use serde_json::Value;

use crate::answer::Answer;
use crate::exit::Failure;
use crate::profile::account::{Account, Kind, kind};

pub use crate::profile::account::ServerFlags;

/// How long a server may take to take a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// What is sent with a request.
pub enum Body {
    /// Nothing.
    None,
    /// A JSON document.
    Json(Value),
    /// A component.
    Wasm(Vec<u8>),
    /// Anything else.
    Bytes {
        /// What it is.
        content_type: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A file as it is read.
    Stream {
        /// What it is.
        content_type: &'static str,
        /// The bytes.
        body: reqwest::Body,
    },
}

/// What a request insists on.
#[derive(Clone, Copy, Debug)]
pub enum Insists<'a> {
    /// It is done once, however often it is sent with this idempotency key.
    Once(&'a str),
    /// Nobody changed the thing since this revision of it.
    At(u64),
}

/// An answer as it came.
pub struct Raw {
    /// What is known of it but its document.
    pub answer: Answer,
    /// Its text.
    pub text: String,
}

/// The server.
pub struct Client {
    http: reqwest::Client,
    account: Account,
    announced: AtomicBool,
}

impl Client {
    /// Of the flags, the environment and the profiles.
    pub fn new(flags: &ServerFlags) -> Result<Self, Failure> {
        Self::of(Account::choose(flags)?)
    }

    /// Of an account.
    pub fn of(account: Account) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().no_proxy().connect_timeout(CONNECT_LIMIT).build();
        let http = http.map_err(|error| Failure::other(error.to_string()))?;
        Ok(Self { http, account, announced: AtomicBool::new(false) })
    }

    /// Reads. Any status that is not 2xx is a failure.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(Method::GET, path, Body::None).await?.accepted()
    }

    /// Writes. Any status that is not 2xx is a failure.
    pub async fn post(&self, path: &str, body: Body) -> Result<Value, Failure> {
        self.send(Method::POST, path, body).await?.accepted()
    }

    /// Sends and gives back whatever the server answers.
    pub async fn send(&self, method: Method, path: &str, body: Body) -> Result<Answer, Failure> {
        self.send_if(method, path, body, None).await
    }

    /// The same, with what it insists on.
    pub async fn send_if(
        &self,
        method: Method,
        path: &str,
        body: Body,
        insists: Option<Insists<'_>>,
    ) -> Result<Answer, Failure> {
        let Raw { answer, text } = self.ask(method, path, body, insists).await?;
        match serde_json::from_str(&text) {
            Ok(body) => Ok(Answer { body, ..answer }),
            Err(_) if text.is_empty() => Ok(answer),
            // What stands in front of the server answers in words of its own.
            Err(_) if (502..=504).contains(&answer.status) => Ok(answer),
            Err(_) => {
                let told =
                    format!("{} answers {}, and not in the words of Campanile", self.account.server, answer.status);
                Err(Failure::other(told).next("check --server, CAMPANILE_URL or: campanile profile show"))
            }
        }
    }

    /// Sends and gives back the answer as it came, whatever it is.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Body,
        insists: Option<Insists<'_>>,
    ) -> Result<Raw, Failure> {
        let Account { server, key, found } = &self.account;
        if changes(&method, path) && !self.announced.swap(true, Ordering::Relaxed) {
            self.announce();
        }
        let request = self.http.request(method, format!("{server}{path}")).bearer_auth(key.expose_secret());
        let request = match insists {
            Some(Insists::Once(key)) => request.header("idempotency-key", key),
            Some(Insists::At(revision)) => request.header("if-match", format!("\"{revision}\"")),
            None => request,
        };
        let request = match body {
            Body::None => request,
            Body::Json(value) => request.json(&value),
            Body::Stream { content_type, body } => request.header("content-type", content_type).body(body),
            Body::Bytes { content_type, bytes } => request.header("content-type", content_type).body(bytes),
            Body::Wasm(bytes) => request.header("content-type", "application/wasm").body(bytes),
        };
        let answer = request.send().await.map_err(|error| {
            Failure::unavailable(format!("no server answers at {server}: {}", root(&error)))
                .next("campanile serve, or another one: --server, CAMPANILE_URL, --profile")
        })?;
        let status = answer.status().as_u16();
        let header = answer.headers().get("retry-after");
        let retry_after = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let text = answer.text().await.map_err(|error| {
            Failure::unavailable(format!("the answer broke off: {}", root(&error)))
                .next("look whether it was done, then try again")
        })?;
        let login = format!("campanile login --server {server} (the key was that of: {found})");
        Ok(Raw { answer: Answer { status, body: Value::Null, path: path.to_owned(), retry_after, login }, text })
    }

    /// Whose account is about to be changed, in a line.
    fn announce(&self) {
        let Some(banner) = self.account.banner() else { return };
        let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        match kind(&self.account.key) {
            Some(Kind::Live) if coloured => eprintln!("{}", banner.yellow().bold()),
            _ => eprintln!("{banner}"),
        }
    }
}

/// What is posted to these is a question: nothing and nobody is changed by it.
const QUESTIONS: [&str; 5] = ["/check", "/compare", "/options", "/rehearse", "/replay"];

fn changes(method: &Method, path: &str) -> bool {
    let asks = path.starts_with("/v1/scripts/") || QUESTIONS.iter().any(|verb| path.ends_with(verb));
    *method != Method::GET && !(*method == Method::POST && asks)
}

/// The innermost of an error's causes: the one that says what to mend.
fn root(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_changes_nothing_though_it_is_posted() {
        for path in
            ["/v1/scripts/run", "/v1/scripts/x/replay", "/v1/campaigns/cmp_1/rehearse", "/v1/evaluations/compare"]
        {
            assert!(!changes(&Method::POST, path), "{path}");
            assert!(changes(&Method::DELETE, path), "{path}");
        }
        for path in ["/v1/scripts", "/v1/sources/src_1/run", "/v1/campaigns/cmp_1/start", "/v1/calls"] {
            assert!(changes(&Method::POST, path) && !changes(&Method::GET, path), "{path}");
        }
    }
}
