//! A listener to the stream of events, as a customer's program is one: it keeps the last number and comes back with it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::http::Api;

/// How long a stream may say nothing: twice its heartbeat.
const SILENCE: Duration = Duration::from_secs(30);

/// An event that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number in the account's log.
    pub number: i64,
    /// `lead.created` and its like.
    pub kind: String,
    /// `evt_...`
    pub id: String,
}

impl Told {
    /// Of an event's body.
    ///
    /// # Panics
    /// It is none.
    pub fn of(event: &Value) -> Self {
        let text = |field: &str| event[field].as_str().unwrap_or_else(|| panic!("no {field}: {event}")).to_owned();
        let number = event["sequence"].as_i64().unwrap_or_else(|| panic!("no number: {event}"));
        Self { number, kind: text("type"), id: text("id") }
    }
}

/// An open stream.
pub struct Listening {
    runtime: Arc<tokio::runtime::Runtime>,
    answer: reqwest::Response,
    unread: Vec<u8>,
}

impl Listening {
    /// Opens the stream of the key's account behind a number.
    ///
    /// # Errors
    /// The server is not there or says no.
    pub fn open(api: &Api, behind: i64) -> Result<Self, String> {
        let request = api.request(reqwest::Method::GET, "/v1/events");
        let request = request.header("accept", "text/event-stream").header("last-event-id", behind.to_string());
        let runtime = api.runtime();
        // A stream has no end that a limit could wait for.
        let answer = runtime.block_on(async { request.timeout(Duration::from_secs(3_600)).send().await });
        let answer = answer.map_err(|error| format!("GET /v1/events: {error}"))?;
        if answer.status().as_u16() != 200 {
            return Err(format!("GET /v1/events answered {}", answer.status()));
        }
        Ok(Self { runtime, answer, unread: Vec::new() })
    }
}

impl Iterator for Listening {
    type Item = Told;

    /// The next event; nothing when the stream ended, in order or not.
    ///
    /// # Panics
    /// What is told is no event, or its parts disagree.
    fn next(&mut self) -> Option<Told> {
        loop {
            while let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                let block = String::from_utf8(block).expect("a stream is text");
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                let Some(data) = field("data") else { continue };
                let told = Told::of(&serde_json::from_str(data).expect("an event is JSON"));
                let named = (field("id").and_then(|id| id.parse().ok()), field("event"));
                assert_eq!(named, (Some(told.number), Some(told.kind.as_str())), "{block}");
                return Some(told);
            }
            let piece = self.runtime.block_on(async { tokio::time::timeout(SILENCE, self.answer.chunk()).await });
            match piece.expect("a stream says that it is alive") {
                Ok(Some(piece)) => self.unread.extend_from_slice(&piece),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}
