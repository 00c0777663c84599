//! Tidewater, the made-up CRM of the guide's worked example, in whatever language its importer was written.
//!
//! The components are built by `tests/templates` from the code in docs/plugin-guide.md and nothing else; without them these
//! tests say so and pass.

use serde_json::{Value, json};

use super::face::{Busy, Expiry, Face, Odd, PAGE, Reply};
use super::world::{Person, World};
use crate::gateway::wire::{Request, field};

/// The face.
pub struct Tidewater(Vec<u8>);

impl Tidewater {
    /// With the importer in a language, where it was built.
    pub fn of(language: &str) -> Option<Self> {
        let Some(folder) = std::env::var_os("CAMPANILE_WORKED_EXAMPLE") else {
            eprintln!("skipped: tests/templates builds the worked example and sets CAMPANILE_WORKED_EXAMPLE");
            return None;
        };
        let path = std::path::Path::new(&folder).join(format!("{language}.wasm"));
        if !path.is_file() {
            eprintln!("skipped: the worked example in {language} was not built");
            return None;
        }
        Some(Self(std::fs::read(path).unwrap()))
    }
}

fn time(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap().to_string()
}

fn client(person: &Person) -> Value {
    let numbers: Vec<_> = person.phones.iter().map(|phone| json!({"kind": "mobile", "value": phone})).collect();
    json!({
        "client_no": person.id.parse::<u64>().unwrap(), "given": person.first, "family": person.last, "city": person.city,
        "country": null, "opted_out": person.do_not_call, "removed": person.deleted, "numbers": numbers,
        "changed": time(person.changed_at),
    })
}

impl Face for Tidewater {
    fn plugin(&self) -> &'static str {
        "tidewater-importer"
    }

    fn component(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn id(&self, index: usize) -> String {
        (10_000 + index).to_string()
    }

    fn install(&self, base: &str, _: bool) -> Value {
        json!({"settings": {"base_url": base}, "secrets": {"token": "token-0"}})
    }

    fn tells_deletions(&self) -> bool {
        true
    }

    fn expiry(&self) -> Expiry {
        Expiry::ByHand("token")
    }

    fn refused(&self) -> Reply {
        Reply::json(401, &json!({"error": "unknown_key"}))
    }

    fn lets_in(&self, request: &Request, token: &str) -> bool {
        request.headers.get("x-tidewater-key").map(String::as_str) == Some(token)
    }

    fn busy(&self) -> Vec<Busy> {
        let reply = |seconds: i64| Reply::json(200, &json!({"error": "slow_down", "seconds": seconds}));
        vec![
            Busy { name: "a moment", reply: reply(20), wait_s: Some(20) },
            Busy { name: "two minutes", reply: reply(120), wait_s: Some(120) },
        ]
    }

    fn odd(&self) -> Vec<Odd> {
        vec![
            Odd { id: "900001", record: json!({"client_no": 900_001, "numbers": []}), becomes: Err("phone_missing") },
            Odd {
                id: "900002",
                record: json!({"client_no": 900_002, "numbers": [{"kind": null, "value": ""}]}),
                becomes: Err("phone_missing"),
            },
            Odd {
                id: "900003",
                record: json!({"client_no": 900_003, "given": "", "country": "US", "numbers": [{"value": "(415) 555-2671"}]}),
                becomes: Ok("+14155552671"),
            },
        ]
    }

    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        if request.path == "/v1/account" {
            return Reply::json(200, &json!({"name": "Harbour Dental"}));
        }
        let size: usize = field(&request.query, "page_size").unwrap().parse().unwrap();
        assert!(size <= 100, "Tidewater takes no more than 100");
        let since =
            field(&request.query, "changed_after").map(|at| at.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let after = field(&request.query, "page_token").unwrap_or_default();
        let mut people = world.after(after).filter(|person| match since {
            Some(since) => person.changed_at >= since,
            None => !person.deleted,
        });
        let page: Vec<&Person> = people.by_ref().take(size.min(PAGE)).collect();
        let next = page.last().filter(|_| people.next().is_some()).map(|person| person.id.clone());
        let mut clients: Vec<Value> = page.into_iter().map(client).collect();
        if next.is_none() && odd {
            clients.extend(self.odd().into_iter().map(|odd| odd.record));
        }
        Reply::json(200, &json!({"clients": clients, "next_page": next}))
    }
}
