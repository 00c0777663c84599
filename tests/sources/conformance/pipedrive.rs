//! Pipedrive's persons, version 2: numbers for ids, phones in a list, own fields apart, and strict about what it is
//! asked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::face::{Busy, Expiry, Face, Odd, PAGE, Reply};
use super::world::{Person, World};
use crate::gateway::wire::{Request, field};

const CITY: &str = "9dc80c50d78a15643bfc4ca79d76156a73a1ca0e";
const NEVER: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
/// The options of the field that says never to call.
const YES: u32 = 27;
const NO: u32 = 28;
const KNOWN: [&str; 11] = [
    "limit",
    "cursor",
    "updated_since",
    "updated_until",
    "sort_by",
    "sort_direction",
    "custom_fields",
    "filter_id",
    "ids",
    "owner_id",
    "include_fields",
];

/// The face.
pub struct Pipedrive;

fn fault(status: u16, error: &str) -> Reply {
    Reply::json(
        status,
        &json!({"success": false, "error": error, "error_info": "Please check developers.pipedrive.com", "data": null}),
    )
}

fn person(one: &Person, own: &[&str]) -> Value {
    let time = jiff::Timestamp::from_millisecond(one.changed_at).unwrap().to_string();
    // The primary phone does not come first, and an empty one is among them.
    let mut phones: Vec<_> = one
        .phones
        .iter()
        .enumerate()
        .map(|(nth, phone)| json!({"value": phone, "primary": nth == 0, "label": "work"}))
        .collect();
    phones.reverse();
    phones.push(json!({"value": "", "primary": false, "label": "home"}));
    let never = if one.do_not_call { json!(YES) } else { [json!(NO), json!(null)][one.phones.len() % 2].clone() };
    let custom =
        [(CITY, json!(one.city)), (NEVER, never)].into_iter().filter(|(name, _)| own.is_empty() || own.contains(name));
    let custom: serde_json::Map<_, _> = custom.map(|(name, value)| (name.to_owned(), value)).collect();
    json!({"id": one.id.parse::<u64>().unwrap(), "name": format!("{} {}", one.first, one.last), "first_name": one.first, "last_name": one.last,
        "owner_id": 1, "org_id": null, "add_time": "2025-01-01T00:00:00Z", "update_time": time, "emails": [], "phones": phones,
        "is_deleted": false, "visible_to": 3, "label_ids": [], "picture_id": null, "custom_fields": custom})
}

impl Pipedrive {
    fn persons(&self, request: &Request, world: &World, odd: bool) -> Reply {
        let asked = |name: &str| field(&request.query, name);
        if let Some((unknown, _)) = request.query.iter().find(|(name, _)| !KNOWN.contains(&name.as_str())) {
            return fault(400, &format!("Parameter validation failed: {unknown} is not allowed"));
        }
        let limit: usize = asked("limit").map_or(100, |text| text.parse().unwrap_or(0));
        let own: Vec<_> = asked("custom_fields").into_iter().flat_map(|text| text.split(',')).collect();
        if !(1..=500).contains(&limit) || own.len() > 15 || asked("sort_by").is_some_and(|by| by != "id") {
            return fault(400, "Parameter validation failed");
        }
        let since = match asked("updated_since").map(str::parse::<jiff::Timestamp>) {
            None => 0,
            Some(Ok(at)) => at.as_millisecond(),
            Some(Err(_)) => return fault(400, "Parameter validation failed: updated_since"),
        };
        let after = match asked("cursor") {
            None => String::new(),
            Some(cursor) => {
                let read = STANDARD.decode(cursor).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
                match read.as_ref().and_then(|read| read["id"].as_str()) {
                    Some(id) => id.to_owned(),
                    None => return lost(),
                }
            }
        };
        let mut people = world.after(&after).filter(|one| !one.deleted && one.changed_at >= since).peekable();
        let page: Vec<&Person> = people.by_ref().take(limit.min(PAGE)).collect();
        let last = page.last().filter(|_| people.peek().is_some()).map(|one| one.id.clone());
        let cursor = last.map(|id| STANDARD.encode(json!({"id": id, "v": 2}).to_string()));
        let mut data: Vec<_> = page.into_iter().map(|one| person(one, &own)).collect();
        if cursor.is_none() && odd {
            data.extend(self.odd().into_iter().map(|odd| odd.record));
        }
        Reply::json(200, &json!({"success": true, "data": data, "additional_data": {"next_cursor": cursor}}))
    }
}

fn lost() -> Reply {
    fault(400, "Invalid cursor")
}

impl Face for Pipedrive {
    fn plugin(&self) -> &'static str {
        "pipedrive-importer"
    }

    fn id(&self, index: usize) -> String {
        (100_000 + index).to_string()
    }

    fn install(&self, base: &str, full: bool) -> Value {
        json!({
            "settings": {"api_base": base, "do_not_call": NEVER, "do_not_call_values": [YES.to_string()], "variables": {"city": CITY},
                "full_every_hours": if full { 0 } else { 24 }},
            "secrets": {"token": "token-0"},
        })
    }

    fn expiry(&self) -> Expiry {
        Expiry::ByHand("token")
    }

    fn lets_in(&self, request: &Request, token: &str) -> bool {
        request.headers.get("x-api-token").map(String::as_str) == Some(token)
    }

    fn refused(&self) -> Reply {
        fault(401, "unauthorized access")
    }

    fn busy(&self) -> Vec<Busy> {
        let many = fault(429, "request over limit");
        let mut shut_out = Reply::status(403).header("content-type", "text/html");
        shut_out.body = b"<html><title>Access denied</title></html>".to_vec();
        vec![
            Busy { name: "the burst, without a wait", reply: many.clone(), wait_s: None },
            Busy {
                name: "the burst, as it says when it is over",
                reply: many.clone().header("x-ratelimit-reset", "45"),
                wait_s: Some(45),
            },
            Busy { name: "the burst, in seconds", reply: many.header("Retry-After", "75"), wait_s: Some(75) },
            Busy { name: "shut out", reply: shut_out, wait_s: Some(600) },
        ]
    }

    fn place_lost(&self) -> Option<Reply> {
        Some(lost())
    }

    fn odd(&self) -> Vec<Odd> {
        vec![
            Odd {
                id: "990001",
                record: json!({"id": 990_001, "name": null, "phones": [null, {"value": "+1 (989) 555-0150", "label": null}]}),
                becomes: Ok("+19895550150"),
            },
            Odd {
                id: "990002",
                record: json!({"id": "990002", "phones": [{"value": 19_895_550_151_u64, "primary": "yes"}], "custom_fields": []}),
                becomes: Ok("+19895550151"),
            },
            Odd { id: "990003", record: json!({"id": 990_003, "phones": []}), becomes: Err("phone_missing") },
            Odd {
                id: "990004",
                record: json!({"id": 990_004, "phones": "+19895550153"}),
                becomes: Err("phone_missing"),
            },
            Odd {
                id: "990005",
                record: json!({"id": 990_005, "phones": [{"value": "call me", "primary": true}]}),
                becomes: Err("contacts/0/phone"),
            },
            Odd { id: "", record: json!({"phones": [{"value": "+19895550152"}]}), becomes: Err("id_missing") },
        ]
    }

    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/api/v2/persons") => self.persons(request, world, odd),
            ("GET", "/api/v2/personFields") => {
                let fields =
                    [CITY, NEVER].map(|code| json!({"field_code": code, "field_name": code, "field_type": "varchar"}));
                Reply::json(200, &json!({"success": true, "data": fields, "additional_data": {"next_cursor": null}}))
            }
            ("GET", "/api/v1/users/me") => {
                Reply::json(200, &json!({"success": true, "data": {"name": "Ann", "company_name": "Harbour Dental"}}))
            }
            _ => fault(404, "Unknown method"),
        }
    }
}
