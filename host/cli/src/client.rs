//! The API of a running server, as commands use it.
//!
//! One place for the address, the key and what a refusal means: the exit code follows the status, the words are the
//! server's, and every fault it lists is told.

use clap::Args;
use serde_json::Value;

use crate::exit::Failure;

/// Which server, and as whom.
#[derive(Args, Clone, Debug)]
pub struct ServerFlags {
    /// The server
    #[arg(long, value_name = "URL", env = "CAMPANILE_URL", default_value = "http://127.0.0.1:8080")]
    pub server: String,
    /// An API key whose scopes allow it
    #[arg(long, value_name = "KEY", env = "CAMPANILE_KEY", hide_env_values = true)]
    pub key: String,
}

/// What is sent with a request.
pub enum Body {
    /// Nothing.
    None,
    /// A JSON document.
    Json(Value),
    /// A component.
    Wasm(Vec<u8>),
    /// A file as it is read.
    Stream {
        /// What it is.
        content_type: &'static str,
        /// The bytes.
        body: reqwest::Body,
    },
}

/// An answer that is not a refusal to everybody.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The document; null where there is none.
    pub body: Value,
}

/// The server.
pub struct Client {
    http: reqwest::Client,
    flags: ServerFlags,
}

impl Client {
    /// Of the flags.
    pub fn new(flags: &ServerFlags) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().no_proxy().build().map_err(|error| Failure::other(error.to_string()))?;
        Ok(Self { http, flags: flags.clone() })
    }

    /// Reads. Any status that is not 2xx is a failure.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(reqwest::Method::GET, path, Body::None).await?.accepted()
    }

    /// Writes. Any status that is not 2xx is a failure.
    pub async fn post(&self, path: &str, body: Body) -> Result<Value, Failure> {
        self.send(reqwest::Method::POST, path, body).await?.accepted()
    }

    /// Sends and gives back whatever the server answers.
    pub async fn send(&self, method: reqwest::Method, path: &str, body: Body) -> Result<Answer, Failure> {
        let server = self.flags.server.trim_end_matches('/');
        let request = self.http.request(method, format!("{server}{path}")).bearer_auth(&self.flags.key);
        let request = match body {
            Body::None => request,
            Body::Json(value) => request.json(&value),
            Body::Stream { content_type, body } => request.header("content-type", content_type).body(body),
            Body::Wasm(bytes) => request.header("content-type", "application/wasm").body(bytes),
        };
        let answer = request.send().await.map_err(|_| {
            Failure::unavailable(format!("no server answers at {server}"))
                .next("campanile serve, or set --server or CAMPANILE_URL")
        })?;
        let status = answer.status().as_u16();
        let text =
            answer.text().await.map_err(|error| Failure::unavailable(format!("the answer broke off: {error}")))?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::Null) };
        if body.is_null() && !text.is_empty() {
            return Err(Failure::other(format!("{server} answers {status}, and not in the words of Campanile"))
                .next("check --server or CAMPANILE_URL"));
        }
        Ok(Answer { status, body })
    }
}

impl Answer {
    /// The document, or the refusal with the exit code that belongs to its status.
    pub fn accepted(self) -> Result<Value, Failure> {
        let refused = match self.status {
            200..=299 => return Ok(self.body),
            401 | 403 => Failure::auth(self.told()).next("use a key whose scopes allow it: --key or CAMPANILE_KEY"),
            404 => Failure::not_found(self.told()),
            409 => Failure::conflict(self.told()),
            400 | 413 | 415 | 422 => Failure::invalid(self.told()),
            429 | 503 => Failure::unavailable(self.told()).next("try again"),
            _ => Failure::other(self.told()),
        };
        Err(refused)
    }

    /// `detail`, and every fault that is listed.
    fn told(&self) -> String {
        let detail =
            self.body["detail"].as_str().map_or_else(|| format!("the server answers {}", self.status), str::to_owned);
        let faults = self.body["errors"].as_array().into_iter().flatten();
        let word = |fault: &Value, field: &str| fault[field].as_str().unwrap_or_default().to_owned();
        let listed = faults.map(|fault| (word(fault, "code"), word(fault, "message")));
        let new = listed.filter(|(_, message)| !message.is_empty() && !detail.contains(message));
        new.fold(detail.clone(), |told, (code, message)| format!("{told}\n  - {code}: {message}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_every_fault_once() {
        let body = serde_json::json!({ "detail": "2 things are wrong",
            "errors": [{ "code": "a", "message": "one" }, { "code": "b", "message": "two" }] });
        assert_eq!(Answer { status: 422, body }.told(), "2 things are wrong\n  - a: one\n  - b: two");
        let only = serde_json::json!({ "detail": "/name: too long", "errors": [{ "message": "too long" }] });
        assert_eq!(Answer { status: 422, body: only }.told(), "/name: too long");
        assert_eq!(Answer { status: 500, body: Value::Null }.told(), "the server answers 500");
    }
}
