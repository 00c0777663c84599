//! Another system with people in it, in pages.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use campanile_tests::patience;
use serde_json::{Value, json};

use crate::gateway::wire::{Request, answer, field};

/// The token that it takes.
pub const TOKEN: &str = "crm-token-7";
/// People in one of its pages, whatever it is asked for.
const PAGE: usize = 40;
/// How long it thinks about a page.
const THINKS: Duration = Duration::from_millis(15);

/// Somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// E.164.
    pub phone: String,
    /// Kept as a variable.
    pub name: String,
    /// Not there any more.
    pub gone: bool,
}

#[derive(Default)]
struct State {
    people: BTreeMap<String, Person>,
    refuses: Option<u16>,
    asked: usize,
}

/// A running one.
#[derive(Clone)]
pub struct Crm {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Crm {
    /// Starts it, empty.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let crm = Self { address: listener.local_addr().unwrap(), state: Arc::default() };
        let serving = crm.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let crm = serving.clone();
                std::thread::spawn(move || {
                    if let Some(request) = Request::read(&stream) {
                        let (status, body) = crm.reply(&request);
                        answer(&stream, status, &[], &body);
                    }
                });
            }
        });
        crm
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts somebody in, or changes them.
    pub fn put(&self, id: &str, phone: String, name: &str) {
        self.with(|state| state.people.insert(id.to_owned(), Person { phone, name: name.to_owned(), gone: false }));
    }

    /// Takes somebody out.
    pub fn remove(&self, id: &str) {
        self.with(|state| state.people.get_mut(id).unwrap().gone = true);
    }

    /// From now on every question is answered with this status; `None`: as it should be.
    pub fn refuse(&self, status: Option<u16>) {
        self.with(|state| state.refuses = status);
    }

    /// Everybody who is there.
    pub fn people(&self) -> BTreeMap<String, Person> {
        self.with(|state| {
            state.people.iter().filter(|(_, one)| !one.gone).map(|(id, one)| (id.clone(), one.clone())).collect()
        })
    }

    /// Pages that it was asked for.
    pub fn asked(&self) -> usize {
        self.with(|state| state.asked)
    }

    fn reply(&self, request: &Request) -> (u16, Value) {
        if let Some(status) = self.with(|state| state.refuses) {
            return (status, json!({"error": "no"}));
        }
        if request.headers.get("authorization").map(String::as_str) != Some(&format!("Bearer {TOKEN}")) {
            return (401, json!({"error": "who are you?"}));
        }
        match request.path.as_str() {
            "/me" => (200, json!({"name": "Harbour Dental"})),
            "/lists" => {
                let typed = field(&request.query, "q").unwrap_or_default();
                (200, json!([{"id": "l1", "name": format!("{typed}ring")}]))
            }
            "/people" => {
                patience::pass(THINKS);
                let after = field(&request.query, "after").unwrap_or_default();
                self.with(|state| {
                    state.asked += 1;
                    let mut rest = state.people.range(after.to_owned()..).filter(|(id, _)| id.as_str() != after);
                    let page: Vec<_> = rest.by_ref().take(PAGE).collect();
                    let more = rest.next().is_some();
                    let people: Vec<Value> = page
                        .iter()
                        .map(|(id, one)| json!({"id": id, "phone": one.phone, "name": one.name, "gone": one.gone}))
                        .collect();
                    let next = page.last().filter(|_| more).map(|(id, _)| (*id).clone());
                    (200, json!({"people": people, "next": next}))
                })
            }
            _ => (404, json!({})),
        }
    }
}
