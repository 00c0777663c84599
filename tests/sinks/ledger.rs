//! Another system that takes results, one a request, and knows a result that it has.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::gateway::wire::{Request, answer, field};

/// The token that it takes.
pub const TOKEN: &str = "ledger-token";

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It writes.
    Well,
    /// It writes and the answer is lost.
    Mute,
    /// 503.
    Down,
    /// 401.
    Refusing,
}

struct State {
    mood: Mood,
    /// By event id, each with how often it came.
    results: BTreeMap<String, (Value, usize)>,
    /// Per lead, in the order in which they were written.
    written: BTreeMap<String, Vec<Value>>,
    asked: usize,
}

/// A running one.
#[derive(Clone)]
pub struct Ledger {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Ledger {
    /// Starts it, empty.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = State { mood: Mood::Well, results: BTreeMap::new(), written: BTreeMap::new(), asked: 0 };
        let ledger = Self { address: listener.local_addr().unwrap(), state: Arc::new(Mutex::new(state)) };
        let serving = ledger.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let ledger = serving.clone();
                std::thread::spawn(move || {
                    if let Some(request) = Request::read(&stream)
                        && let Some((status, body)) = ledger.reply(&request)
                    {
                        answer(&stream, status, &[], &body);
                    }
                });
            }
        });
        ledger
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on.
    pub fn be(&self, mood: Mood) {
        self.with(|state| state.mood = mood);
    }

    /// Requests so far.
    pub fn asked(&self) -> usize {
        self.with(|state| state.asked)
    }

    /// The last status that was written of each lead, by external id.
    pub fn statuses(&self) -> BTreeMap<String, String> {
        let status = |events: &Vec<Value>| {
            events.last().map(|event| event["data"]["lead"]["status"].as_str().unwrap_or_default().to_owned())
        };
        self.with(|state| state.written.iter().filter_map(|(lead, all)| Some((lead.clone(), status(all)?))).collect())
    }

    /// Everything that was written of each lead, in order.
    pub fn written(&self) -> BTreeMap<String, Vec<Value>> {
        self.with(|state| state.written.clone())
    }

    fn reply(&self, request: &Request) -> Option<(u16, Value)> {
        self.with(|state| {
            state.asked += 1;
            if request.headers.get("authorization").map(String::as_str) != Some(&format!("Bearer {TOKEN}")) {
                return Some((401, json!({})));
            }
            match state.mood {
                Mood::Down => return Some((503, json!({}))),
                Mood::Refusing => return Some((401, json!({}))),
                Mood::Well | Mood::Mute => {}
            }
            if request.path != "/results" {
                return Some((200, json!({})));
            }
            let (event, body) = (request.headers["idempotency-key"].clone(), request.json());
            let lead = field(&request.query, "lead").unwrap_or_default().to_owned();
            let known = state.results.entry(event).or_insert((body.clone(), 0));
            known.1 += 1;
            let again = known.1 > 1;
            if !again {
                state.written.entry(lead).or_default().push(body);
            }
            if state.mood == Mood::Mute {
                return None;
            }
            Some(if again { (409, json!({})) } else { (201, json!({})) })
        })
    }
}
