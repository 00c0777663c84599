//! Airtable's records: an iteration over the table as it was when it began, and nothing where a field is empty.
//!
//! An iteration is known by an `offset` of its own and the record to go on from. Who was added meanwhile is not in it, who was
//! deleted is left out, and whoever changed is shown as they are now. A field that nobody has named is an error, as is a
//! formula that the fake does not know.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::face::{Busy, Expiry, Face, Odd, Reply};
use super::world::{Person, World};
use crate::gateway::wire::{Request, field};

/// Fewer than anybody asks for.
const PAGE: usize = 75;
const TABLE: &str = "/v0/appHb4rD1tbl3x0/People%20%26%20pets";
const FIELDS: [&str; 7] = ["First name", "Last name", "Phone", "Work/Home", "City", "Never call", "Country"];

/// The face.
#[derive(Default)]
pub struct Airtable {
    /// What is left of each iteration, in its order.
    iterations: BTreeMap<String, Vec<String>>,
}

fn record(person: &Person, asked: &[&str]) -> Value {
    let all = json!({
        "First name": person.first, "Last name": person.last, "Phone": person.phones[0], "Work/Home": person.phones.get(1),
        "City": person.city, "Never call": person.do_not_call.then_some(true), "Country": null,
    });
    let wanted =
        all.as_object().unwrap().iter().filter(|(name, value)| asked.contains(&name.as_str()) && !value.is_null());
    let fields: Map<String, Value> = wanted.map(|(name, value)| (name.clone(), value.clone())).collect();
    json!({"id": person.id, "createdTime": "2025-01-01T00:00:00.000Z", "fields": fields})
}

fn refused(kind: &str, message: &str) -> Reply {
    Reply::json(422, &json!({"error": {"type": kind, "message": message}}))
}

/// From when on a formula asks: whoever changed, or was created, not before.
fn from(formula: &str) -> Option<i64> {
    let at = formula.strip_prefix("OR(NOT(IS_BEFORE(LAST_MODIFIED_TIME(), '")?.split_once('\'')?.0;
    let known = format!("OR(NOT(IS_BEFORE(LAST_MODIFIED_TIME(), '{at}')), NOT(IS_BEFORE(CREATED_TIME(), '{at}')))");
    (known == formula).then(|| at.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond))?
}

impl Airtable {
    fn list(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        let asked: Vec<&str> =
            request.query.iter().filter(|(name, _)| name == "fields[]").map(|(_, value)| value.as_str()).collect();
        if let Some(unknown) = asked.iter().find(|name| !FIELDS.contains(name)) {
            return refused("UNKNOWN_FIELD_NAME", &format!("Unknown field name: \"{unknown}\""));
        }
        let size: usize = field(&request.query, "pageSize").and_then(|text| text.parse().ok()).unwrap_or(100);
        if size == 0 || size > 100 {
            return refused("INVALID_REQUEST_UNKNOWN", "pageSize must be between 1 and 100");
        }
        if field(&request.query, "view") != Some("Callable") {
            return refused("VIEW_NAME_NOT_FOUND", "View not found");
        }
        let (iteration, left) = match field(&request.query, "offset").map(|offset| offset.split_once('/')) {
            None => {
                let alive = world.all().filter(|person| !person.deleted);
                let ids: Vec<String> = match field(&request.query, "filterByFormula") {
                    None => alive.map(|person| person.id.clone()).collect(),
                    Some(formula) => match from(formula) {
                        None => return refused("INVALID_FILTER_BY_FORMULA", "The formula is invalid"),
                        Some(from) => alive.filter(|one| one.changed_at >= from).map(|one| one.id.clone()).collect(),
                    },
                };
                (format!("itr{:014}", self.iterations.len()), ids)
            }
            Some(Some((iteration, from))) if self.iterations.contains_key(iteration) => {
                let ids = &self.iterations[iteration];
                (iteration.to_owned(), ids.iter().skip_while(|id| *id != from).cloned().collect())
            }
            Some(_) => return Self::default().place_lost().unwrap(),
        };
        let of_page = size.min(PAGE).min(left.len());
        let people = left[..of_page].iter().filter_map(|id| world.get(id)).filter(|person| !person.deleted);
        let mut records: Vec<Value> = people.map(|person| record(person, &asked)).collect();
        let mut body = json!({});
        match left.get(of_page) {
            Some(next) => body["offset"] = format!("{iteration}/{next}").into(),
            None => records.extend(self.odd().into_iter().filter(|_| odd).map(|odd| odd.record)),
        }
        self.iterations.insert(iteration, left);
        body["records"] = records.into();
        Reply::json(200, &body)
    }
}

impl Face for Airtable {
    fn plugin(&self) -> &'static str {
        "airtable-importer"
    }

    fn id(&self, index: usize) -> String {
        format!("recq8mYzKxB{index:06}")
    }

    fn install(&self, base: &str, full: bool) -> Value {
        json!({
            "settings": {"api_base": base, "base": "appHb4rD1tbl3x0", "table": "People & pets", "view": "Callable",
                "phones": ["Phone", "Work/Home"], "name": ["First name", "Last name"], "country": "Country",
                "do_not_call": "Never call", "variables": {"city": "City"}, "full_every_hours": if full { 0 } else { 24 }},
            "secrets": {"token": "token-0"},
        })
    }

    fn expiry(&self) -> Expiry {
        Expiry::ByHand("token")
    }

    fn refused(&self) -> Reply {
        Reply::json(401, &json!({"error": {"type": "AUTHENTICATION_REQUIRED", "message": "Authentication required"}}))
    }

    fn busy(&self) -> Vec<Busy> {
        let limit = Reply::json(
            429,
            &json!({"errors": [{"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}]}),
        );
        vec![
            Busy { name: "without a wait", reply: limit.clone(), wait_s: Some(30) },
            Busy { name: "in seconds", reply: limit.header("Retry-After", "40"), wait_s: Some(40) },
        ]
    }

    fn place_lost(&self) -> Option<Reply> {
        Some(refused("LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "The requested iterator is not available"))
    }

    fn odd(&self) -> Vec<Odd> {
        let record =
            |id: &str, fields: Value| json!({"id": id, "createdTime": "2025-01-01T00:00:00.000Z", "fields": fields});
        vec![
            Odd {
                id: "recz00000000000001",
                record: record("recz00000000000001", json!({"Phone": "(415) 555-2671", "Country": "US"})),
                becomes: Ok("+14155552671"),
            },
            Odd {
                id: "recz00000000000002",
                record: record(
                    "recz00000000000002",
                    json!({"Phone": {"error": "#ERROR!"}, "Work/Home": ["+14155552672"], "First name": ["Ann"], "City": {"specialValue": "NaN"}}),
                ),
                becomes: Ok("+14155552672"),
            },
            Odd {
                id: "recz00000000000003",
                record: record("recz00000000000003", json!({})),
                becomes: Err("phone_missing"),
            },
            Odd {
                id: "recz00000000000004",
                record: json!({"id": "recz00000000000004", "fields": null}),
                becomes: Err("phone_missing"),
            },
            Odd {
                id: "recz00000000000005",
                record: record("recz00000000000005", json!({"Phone": "call me"})),
                becomes: Err("contacts/0/phone"),
            },
            Odd { id: "", record: json!({"fields": {"Phone": "+14155552673"}}), becomes: Err("id_missing") },
        ]
    }

    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", TABLE) => self.list(request, world, odd),
            _ => Reply::json(404, &json!({"error": "NOT_FOUND"})),
        }
    }
}
