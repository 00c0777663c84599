//! HubSpot's contacts: a list by id, a search that is limited, and nulls where nothing is set.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::face::{Busy, Expiry, Face, Odd, PAGE, Reply};
use super::world::{Person, World};
use crate::gateway::wire::{Request, field};

/// The face.
#[derive(Default)]
pub struct Hubspot {
    statuses: BTreeMap<String, String>,
}

fn contact(person: &Person) -> Value {
    let time = jiff::Timestamp::from_millisecond(person.changed_at).unwrap().to_string();
    json!({
        "id": person.id, "createdAt": "2025-01-01T00:00:00Z", "updatedAt": time, "archived": false,
        "properties": {
            "phone": person.phones[0], "mobilephone": person.phones.get(1), "firstname": person.first,
            "lastname": person.last, "city": person.city, "never_call": if person.do_not_call { json!("true") } else { json!(null) },
            "lastmodifieddate": time, "hs_object_id": person.id, "country": null,
        },
    })
}

fn alive<'a>(people: impl Iterator<Item = &'a Person>) -> impl Iterator<Item = &'a Person> {
    people.filter(|person| !person.deleted)
}

impl Hubspot {
    fn list(&self, request: &Request, world: &World, odd: bool) -> Reply {
        let limit: usize = field(&request.query, "limit").and_then(|text| text.parse().ok()).unwrap_or(10);
        if limit > 100 {
            return Reply::json(400, &json!({"status": "error", "message": "limit is too large"}));
        }
        // `after` is the id that the page begins with.
        let after = field(&request.query, "after").unwrap_or_default();
        let mut people = alive(world.all()).filter(|person| person.id.as_str() >= after);
        let mut results: Vec<Value> = people.by_ref().take(limit.min(PAGE)).map(contact).collect();
        match people.next() {
            Some(next) => {
                let link = format!("https://api.hubapi.com/crm/v3/objects/contacts?after={}", next.id);
                Reply::json(200, &json!({"results": results, "paging": {"next": {"after": next.id, "link": link}}}))
            }
            None => {
                results.extend(self.odd().into_iter().filter(|_| odd).map(|odd| odd.record));
                Reply::json(200, &json!({ "results": results }))
            }
        }
    }

    fn search(&self, request: &Request, world: &World) -> Reply {
        let question = request.json();
        let limit = question["limit"].as_u64().unwrap_or(10) as usize;
        let skip: usize = question["after"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        if limit > 200 || skip + limit > 10_000 {
            return Reply::json(400, &json!({"status": "error", "message": "too many results asked for"}));
        }
        let filters = question["filterGroups"][0]["filters"].as_array().unwrap().clone();
        let fits = |person: &Person| {
            filters.iter().all(|filter| {
                let value: i64 = filter["value"].as_str().unwrap().parse().unwrap();
                let own = match filter["propertyName"].as_str().unwrap() {
                    "lastmodifieddate" => person.changed_at,
                    "hs_object_id" => person.id.parse().unwrap(),
                    other => panic!("nobody knows {other}"),
                };
                match filter["operator"].as_str().unwrap() {
                    "GTE" => own >= value,
                    "GT" => own > value,
                    "EQ" => own == value,
                    other => panic!("nobody knows {other}"),
                }
            })
        };
        let mut found: Vec<&Person> = alive(world.changed_since(0)).filter(|person| fits(person)).collect();
        if question["sorts"][0]["propertyName"] == "hs_object_id" {
            found.sort_by(|one, other| one.id.cmp(&other.id));
        }
        let total = found.len();
        let results: Vec<Value> = found.into_iter().skip(skip).take(limit.min(PAGE)).map(contact).collect();
        let next = skip + results.len();
        let mut body = json!({"total": total, "results": results});
        if next < total {
            body["paging"] = json!({"next": {"after": next.to_string()}});
        }
        Reply::json(200, &body)
    }
}

impl Hubspot {
    /// All of a batch, or nothing where a property does not exist; who is not there is told with 207.
    fn update(&mut self, request: &Request, world: &World) -> Reply {
        let question = request.json();
        let inputs = question["inputs"].as_array().unwrap();
        assert!(inputs.len() <= 100, "HubSpot takes no more than 100");
        for name in inputs.iter().flat_map(|input| input["properties"].as_object().unwrap().keys()) {
            if !["call_status", "call_outcome", "next_call"].contains(&name.as_str()) {
                let error = json!({"code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": [name]}});
                let body = json!({"status": "error", "category": "VALIDATION_ERROR", "message": "no such property", "errors": [error]});
                return Reply::json(400, &body);
            }
        }
        let mut gone = Vec::new();
        for input in inputs {
            let id = input["id"].as_str().unwrap();
            if world.get(id).is_some_and(|person| !person.deleted) {
                let status = input["properties"]["call_status"].as_str().unwrap();
                self.statuses.insert(id.to_owned(), status.to_owned());
            } else {
                gone.push(id);
            }
        }
        if gone.is_empty() {
            return Reply::json(200, &json!({"status": "COMPLETE", "results": []}));
        }
        let error =
            json!({"status": "error", "category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": gone}});
        Reply::json(207, &json!({"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [error]}))
    }
}

impl Face for Hubspot {
    fn plugin(&self) -> &'static str {
        "hubspot-importer"
    }

    fn id(&self, index: usize) -> String {
        (101_000_000 + index).to_string()
    }

    fn install(&self, base: &str, full: bool) -> Value {
        json!({
            "settings": {"api_base": base, "do_not_call": "never_call", "variables": {"city": "city"},
                "full_every_hours": if full { 0 } else { 24 }},
            "secrets": {"token": "token-0"},
        })
    }

    fn results(&self, base: &str) -> Option<(&'static str, Value)> {
        let settings =
            json!({"api_base": base, "status": "call_status", "outcome": "call_outcome", "next_call": "next_call"});
        Some(("hubspot-results", json!({"settings": settings, "secrets": {"token": "token-0"}})))
    }

    fn written(&self) -> BTreeMap<String, String> {
        self.statuses.clone()
    }

    fn expiry(&self) -> Expiry {
        Expiry::ByHand("token")
    }

    fn refused(&self) -> Reply {
        Reply::json(
            401,
            &json!({"status": "error", "category": "EXPIRED_AUTHENTICATION", "message": "The OAuth token used to make this call expired"}),
        )
    }

    fn busy(&self) -> Vec<Busy> {
        let limit = |policy: &str| {
            Reply::json(
                429,
                &json!({"status": "error", "message": "You have reached your limit.", "errorType": "RATE_LIMIT",
                "policyName": policy, "correlationId": "c"}),
            )
        };
        let rolling = limit("TEN_SECONDLY_ROLLING");
        vec![
            Busy { name: "ten seconds, without a wait", reply: rolling.clone(), wait_s: None },
            Busy {
                name: "ten seconds, in seconds",
                reply: rolling.clone().header("Retry-After", "75"),
                wait_s: Some(75),
            },
            Busy {
                name: "ten seconds, by a date",
                reply: rolling
                    .header("Date", "Thu, 01 Jan 2026 11:00:00 GMT")
                    .header("Retry-After", "Thu, 01 Jan 2026 11:02:00 GMT"),
                wait_s: Some(120),
            },
            Busy { name: "the day's", reply: limit("DAILY"), wait_s: Some(600) },
        ]
    }

    fn odd(&self) -> Vec<Odd> {
        let record = |id: &str, properties: Value| json!({"id": id, "archived": false, "properties": properties});
        vec![
            Odd {
                id: "199000001",
                record: record("199000001", json!({"phone": "(415) 555-2671", "country": "US"})),
                becomes: Ok("+14155552671"),
            },
            Odd {
                id: "199000002",
                record: record("199000002", json!({"phone": 14_155_552_672_u64, "firstname": null, "mobilephone": {}})),
                becomes: Ok("+14155552672"),
            },
            Odd {
                id: "199000003",
                record: record("199000003", json!({"phone": "", "mobilephone": null})),
                becomes: Err("phone_missing"),
            },
            Odd { id: "199000004", record: json!({"id": "199000004"}), becomes: Err("phone_missing") },
            Odd {
                id: "199000005",
                record: record("199000005", json!({"phone": "call me"})),
                becomes: Err("contacts/0/phone"),
            },
            Odd { id: "", record: json!({"properties": {"phone": "+14155552673"}}), becomes: Err("id_missing") },
        ]
    }

    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/crm/v3/objects/contacts") => self.list(request, world, odd),
            ("POST", "/crm/v3/objects/contacts/search") => self.search(request, world),
            ("POST", "/crm/v3/objects/contacts/batch/update") => self.update(request, world),
            ("GET", "/crm/v3/properties/contacts") => {
                let names = "phone mobilephone firstname lastname city never_call lastmodifieddate hs_object_id country hs_language hs_timezone state zip call_status call_outcome next_call";
                let results: Vec<_> = names.split(' ').map(|name| json!({"name": name, "label": name})).collect();
                Reply::json(200, &json!({ "results": results }))
            }
            _ => Reply::json(404, &json!({"status": "error", "message": "not found"})),
        }
    }
}
