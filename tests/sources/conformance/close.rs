//! Close's contacts: a search whose cursor is forgotten after half a minute and which shows 10,000 of them and no more.
//!
//! The end of those 10,000 looks like the end of the list: the cursor is null. Fields are answered under the names that they
//! were asked for by, and those that hold nothing are left out.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use campanile_tests::patience;
use serde_json::{Map, Value, json};

use super::face::{Busy, Expiry, Face, Odd, Reply};
use super::world::{Person, World};
use crate::gateway::wire::Request;

/// Fewer than anybody asks for.
const PAGE: usize = 85;
const SHOWN: usize = 10_000;
const FORGOTTEN_MS: i64 = 30_000;
const BEGAN_MS: i64 = 1_735_689_600_000;
const PREFIX: &str = "cont_PtENYt1P6sRWkcnqoGnIj6hcZammGPdVbTX";

/// Where an iteration is.
#[derive(Clone)]
struct Iteration {
    query: Value,
    at: i64,
    id: String,
    given: usize,
    made_at: i64,
}

/// The face.
#[derive(Default)]
pub struct Close {
    cursors: BTreeMap<String, Iteration>,
}

fn number(id: &str) -> i64 {
    id.trim_start_matches(PREFIX).parse().unwrap_or_default()
}

/// When a contact was created: in the order of the ids, forty in one second.
fn created_at(person: &Person) -> i64 {
    BEGAN_MS + number(&person.id) / 40 * 1_000
}

fn time(at: i64) -> String {
    let text = format!("{:.6}", jiff::Timestamp::from_millisecond(at).unwrap());
    text.replace('Z', "+00:00")
}

fn contact(person: &Person, asked: &[&str]) -> Value {
    let kinds = ["office", "mobile"].iter().zip(&person.phones);
    let mut phones: Vec<_> =
        kinds.map(|(kind, phone)| json!({"phone": phone, "type": kind, "country": "US"})).collect();
    if number(&person.id) % 7 == 0 {
        phones.insert(0, json!({"phone": "+14155552679", "type": "fax", "country": "US"}));
    }
    let all = json!({
        "id": person.id, "lead_id": "lead_1", "name": format!("{} {}", person.first, person.last), "phones": phones,
        "custom.cf_city": person.city, "custom.cf_silent": person.do_not_call.then_some("Yes"),
        "date_created": time(created_at(person)), "date_updated": time(person.changed_at), "title": "",
    });
    let mut found = Map::from_iter([("__object_type".to_owned(), json!("contact"))]);
    for (name, value) in all.as_object().unwrap() {
        if asked.contains(&name.as_str()) && !value.is_null() {
            found.insert(name.clone(), value.clone());
        }
    }
    found.into()
}

fn refused(message: &str) -> Reply {
    Reply::json(400, &json!({"error": message, "field-errors": {}}))
}

/// From when on a question asks, by which time.
fn from(question: &Value) -> Result<(i64, &str), Reply> {
    let sorted_by = question["sort"][0]["field"]["field_name"].as_str().unwrap_or_default();
    let mut from = i64::MIN;
    for query in question["query"]["queries"].as_array().into_iter().flatten() {
        match query["type"].as_str() {
            Some("object_type") if query["object_type"] == "contact" => {}
            Some("field_condition") if query["field"]["field_name"] == sorted_by => {
                let start = &query["condition"]["on_or_after"];
                if query["condition"]["type"] != "moment_range" || start["type"] != "fixed_utc" {
                    return Err(refused("invalid condition"));
                }
                let start = start["value"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
                from = start.ok_or_else(|| refused("invalid moment"))?.as_millisecond();
            }
            _ => return Err(refused("invalid query")),
        }
    }
    Ok((from, sorted_by))
}

impl Close {
    fn search(&mut self, question: &Value, world: &World, odd: bool) -> Reply {
        let now = patience::wall().as_millisecond();
        let limit = question["_limit"].as_u64().unwrap_or(50) as usize;
        if limit == 0 || limit > 200 {
            return refused("_limit must be between 1 and 200");
        }
        let (from, sorted_by) = match from(question) {
            Ok(from) => from,
            Err(refused) => return refused,
        };
        let begins =
            || Iteration { query: question["query"].clone(), at: i64::MIN, id: String::new(), given: 0, made_at: now };
        let place = match question["cursor"].as_str() {
            None => begins(),
            Some(cursor) => match self.cursors.get(cursor) {
                Some(known) if now - known.made_at <= FORGOTTEN_MS && known.query == question["query"] => known.clone(),
                _ => return refused("The cursor is invalid or has expired."),
            },
        };
        let asked: Vec<&str> =
            question["_fields"]["contact"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let key = |person: &Person| if sorted_by == "date_created" { created_at(person) } else { person.changed_at };
        let people: Box<dyn Iterator<Item = &Person>> = match sorted_by {
            "date_created" => Box::new(world.after(&place.id)),
            "date_updated" => Box::new(world.changed_after(place.at.max(-1), &place.id)),
            _ => return refused("this field cannot be sorted by"),
        };
        let mut people = people.filter(|person| !person.deleted && key(person) >= from);
        let room = limit.min(PAGE).min(SHOWN - place.given);
        let page: Vec<&Person> = people.by_ref().take(room).collect();
        let given = place.given + page.len();
        let more = people.next().is_some() && given < SHOWN;
        let mut data: Vec<Value> = page.iter().map(|person| contact(person, &asked)).collect();
        if odd && !more {
            data.extend(self.odd().into_iter().map(|odd| odd.record));
        }
        let cursor = page.last().filter(|_| more).map(|last| {
            let cursor = format!("eyJzZWFyY2giOiB{:06}", self.cursors.len());
            let place = Iteration { at: key(last), id: last.id.clone(), given, made_at: now, ..place };
            self.cursors.insert(cursor.clone(), place);
            cursor
        });
        Reply::json(200, &json!({"data": data, "cursor": cursor}))
    }
}

impl Face for Close {
    fn plugin(&self) -> &'static str {
        "close-importer"
    }

    fn id(&self, index: usize) -> String {
        format!("{PREFIX}{index:07}")
    }

    fn install(&self, base: &str, full: bool) -> Value {
        json!({
            "settings": {"api_base": base, "do_not_call": "cf_silent", "variables": {"city": "cf_city"},
                "full_every_hours": if full { 0 } else { 24 }},
            "secrets": {"api_key": "token-0"},
        })
    }

    fn expiry(&self) -> Expiry {
        Expiry::ByHand("api_key")
    }

    fn lets_in(&self, request: &Request, token: &str) -> bool {
        let basic = format!("Basic {}", STANDARD.encode(format!("{token}:")));
        request.headers.get("authorization") == Some(&basic)
    }

    fn refused(&self) -> Reply {
        Reply::json(
            401,
            &json!({"error": "The server could not verify that you are authorized to access the URL requested."}),
        )
    }

    fn busy(&self) -> Vec<Busy> {
        let limit = Reply::json(
            429,
            &json!({"error": {"rate_limit": 60, "rate_limit_type": "key", "message": "API call count exceeded for this 15 second window", "rate_window": 15}}),
        );
        vec![
            Busy {
                name: "by the draft of 2020",
                reply: limit.clone().header("RateLimit", "limit=100, remaining=0, reset=45.5"),
                wait_s: Some(45),
            },
            Busy {
                name: "by the draft of 2024",
                reply: limit.clone().header("RateLimit", "\"key\";r=0;t=50, \"organization\";r=20;t=700"),
                wait_s: Some(50),
            },
            Busy {
                name: "by a field of its own",
                reply: limit.clone().header("RateLimit-Remaining", "0").header("RateLimit-Reset", "55"),
                wait_s: Some(55),
            },
            Busy { name: "in seconds", reply: limit.clone().header("Retry-After", "60"), wait_s: Some(60) },
            Busy { name: "without a word", reply: limit, wait_s: None },
        ]
    }

    fn place_lost(&self) -> Option<Reply> {
        Some(refused("The cursor is invalid or has expired."))
    }

    fn odd(&self) -> Vec<Odd> {
        let record = |id: &str, more: Value| {
            let mut record = json!({"__object_type": "contact", "id": id});
            record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            record
        };
        vec![
            Odd {
                id: "cont_zzz1",
                record: record(
                    "cont_zzz1",
                    json!({"phones": [{"phone": "(415) 555-2671", "type": "home", "country": "US"}]}),
                ),
                becomes: Ok("+14155552671"),
            },
            Odd {
                id: "cont_zzz2",
                record: record(
                    "cont_zzz2",
                    json!({"name": 7, "phones": [null, "x", {"type": "office"}, {"phone": "+14155552672", "type": null, "country": 1}],
                        "date_created": "yesterday", "custom.cf_silent": {}}),
                ),
                becomes: Ok("+14155552672"),
            },
            Odd { id: "cont_zzz3", record: record("cont_zzz3", json!({"phones": []})), becomes: Err("phone_missing") },
            Odd {
                id: "cont_zzz4",
                record: record("cont_zzz4", json!({"phones": "none"})),
                becomes: Err("phone_missing"),
            },
            Odd {
                id: "cont_zzz5",
                record: record("cont_zzz5", json!({"phones": [{"phone": "call me", "type": "office"}]})),
                becomes: Err("contacts/0/phone"),
            },
            Odd {
                id: "",
                record: json!({"phones": [{"phone": "+14155552673", "type": "office"}]}),
                becomes: Err("id_missing"),
            },
        ]
    }

    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/api/v1/data/search/") => self.search(&request.json(), world, odd),
            ("GET", "/api/v1/me/") => Reply::json(
                200,
                &json!({"id": "user_1", "organizations": [{"id": "orga_1", "name": "Harbour Dental"}]}),
            ),
            ("GET", "/api/v1/custom_field/contact/") => Reply::json(
                200,
                &json!({"data": [{"id": "cf_city", "name": "City"}, {"id": "cf_silent", "name": "Silent"}], "has_more": false}),
            ),
            _ => Reply::json(404, &json!({"error": "not found"})),
        }
    }
}
