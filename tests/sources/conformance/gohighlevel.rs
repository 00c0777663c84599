//! GoHighLevel's contacts: a search that goes on behind sort values and never says that a page is the last.
//!
//! Half of the people have their names in lower case only, further phones come as objects or as texts, and "do not disturb"
//! is said for every channel or for calls, as in accounts of different ages. `CAMPANILE_SPECS` names the folder with
//! `gohighlevel_contacts.json`, the provider's own description, which is not ours to ship; with it, the fake's contacts and
//! what the importer sends are held to it, without it the test says so and passes.

use serde_json::{Value, json};

use super::face::{Busy, Expiry, Face, Odd, Reply};
use super::world::{Person, World};
use crate::gateway::wire::Request;

/// Fewer than anybody asks for.
const PAGE: usize = 90;
const LOCATION: &str = "ve9EPM428h8vShlRW1KT";
const BEGAN_MS: i64 = 1_735_689_600_000;
const PREFIX: &str = "ocQHyuzHvysMo";
/// Where the odd ones stand in every order.
const LAST: i64 = 9_999_999_999_999;

/// The face.
pub struct Gohighlevel;

fn number(id: &str) -> i64 {
    id.trim_start_matches(PREFIX).parse().unwrap_or_default()
}

/// When a contact was added: in the order of the ids, thirty in one second.
fn added_at(person: &Person) -> i64 {
    BEGAN_MS + number(&person.id) / 30 * 1_000
}

fn time(at: i64) -> String {
    format!("{:.3}", jiff::Timestamp::from_millisecond(at).unwrap())
}

fn contact(person: &Person, sorted_by: i64) -> Value {
    let odd = number(&person.id) % 2 == 1;
    let further = person
        .phones
        .get(1)
        .map(|phone| if odd { json!(phone) } else { json!({"phone": phone, "phoneLabel": "Work"}) });
    let calls = json!({"Call": {"status": if person.do_not_call { "permanent" } else { "inactive" }, "message": "", "code": ""}});
    let mut contact = json!({
        "id": person.id, "locationId": LOCATION, "phone": person.phones[0], "phoneLabel": null,
        "additionalPhones": further.into_iter().collect::<Vec<_>>(), "additionalEmails": [], "email": null,
        "firstNameLowerCase": person.first.to_lowercase(), "lastNameLowerCase": person.last.to_lowercase(),
        "city": person.city, "country": "US", "state": null, "tags": ["callable"], "type": "lead", "customFields": [],
        "dnd": person.do_not_call && odd, "dndSettings": if odd { json!({}) } else { calls },
        "dateAdded": time(added_at(person)), "dateUpdated": time(person.changed_at), "searchAfter": [sorted_by, person.id],
    });
    if person.first != "Ann" || odd {
        (contact["firstName"], contact["lastName"]) = (json!(person.first), json!(person.last));
    }
    contact
}

fn refused(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"statusCode": status, "message": message, "error": "Refused"}))
}

impl Gohighlevel {
    fn search(&self, question: &Value, world: &World, odd: bool) -> Reply {
        let limit = question["pageLimit"].as_u64().unwrap_or(0) as usize;
        if limit == 0 || limit > 500 {
            return refused(422, "pageLimit must be between 1 and 500");
        }
        let mut since = None;
        for filter in question["filters"].as_array().into_iter().flatten() {
            match (filter["field"].as_str(), filter["operator"].as_str()) {
                (Some("dateUpdated"), Some("range")) => {
                    let from = filter["value"]["gte"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
                    since = Some(from.expect("gte is a time").as_millisecond());
                }
                (Some("tags"), Some("eq")) if filter["value"] == "callable" => {}
                _ => return refused(422, "nobody knows this filter"),
            }
        }
        let after = question["searchAfter"]
            .as_array()
            .map(|after| (after[0].as_i64().expect("a sort value"), after[1].as_str().expect("an id").to_owned()));
        let (at, id) = after.clone().unwrap_or_default();
        if at == LAST {
            return Reply::json(200, &json!({"contacts": [], "total": 0}));
        }
        let alive = |person: &&Person| !person.deleted;
        let asked = limit.min(PAGE);
        let sort = question["sort"][0]["field"].as_str();
        let mut contacts: Vec<Value> = match sort {
            Some("dateAdded") => {
                world.after(&id).filter(alive).take(asked).map(|person| contact(person, added_at(person))).collect()
            }
            Some("dateUpdated") => {
                let people = if after.is_some() { world.changed_after(at, &id) } else { world.changed_after(-1, "") };
                let fits = |person: &&Person| !person.deleted && since.is_none_or(|since| person.changed_at >= since);
                people.filter(fits).take(asked).map(|person| contact(person, person.changed_at)).collect()
            }
            _ => return refused(422, "nobody knows this sort field"),
        };
        if odd && contacts.len() < asked {
            contacts.extend(self.odd().into_iter().map(|odd| odd.record));
        }
        Reply::json(200, &json!({"contacts": contacts, "total": world.all().filter(alive).count(), "traceId": "t"}))
    }
}

impl Face for Gohighlevel {
    fn plugin(&self) -> &'static str {
        "gohighlevel-importer"
    }

    fn id(&self, index: usize) -> String {
        format!("{PREFIX}{index:07}")
    }

    fn install(&self, base: &str, full: bool) -> Value {
        json!({
            "settings": {"api_base": base, "location_id": LOCATION, "tag": "callable", "variables": {"city": "city"},
                "full_every_hours": if full { 0 } else { 24 }},
            "secrets": {"token": "token-0"},
        })
    }

    fn expiry(&self) -> Expiry {
        Expiry::ByHand("token")
    }

    fn refused(&self) -> Reply {
        Reply::json(401, &json!({"statusCode": 401, "message": "Invalid JWT"}))
    }

    fn busy(&self) -> Vec<Busy> {
        let limit = |left: &str| {
            Reply::json(429, &json!({"statusCode": 429, "message": "Too Many Requests"}))
                .header("X-RateLimit-Limit-Daily", "200000")
                .header("X-RateLimit-Daily-Remaining", left)
                .header("X-RateLimit-Max", "100")
                .header("X-RateLimit-Remaining", "0")
        };
        vec![
            Busy {
                name: "the interval's",
                reply: limit("1500").header("X-RateLimit-Interval-Milliseconds", "45000"),
                wait_s: Some(45),
            },
            Busy {
                name: "the day's",
                reply: limit("0").header("X-RateLimit-Interval-Milliseconds", "10000"),
                wait_s: Some(3_600),
            },
            Busy { name: "without a word", reply: Reply::status(429), wait_s: None },
        ]
    }

    fn odd(&self) -> Vec<Odd> {
        let record = |id: &str, more: Value| {
            let mut record = json!({"id": id, "searchAfter": [LAST, id]});
            record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            record
        };
        vec![
            Odd {
                id: "zdd00000000000000001",
                record: record(
                    "zdd00000000000000001",
                    json!({"phone": "(415) 555-2671", "country": "US", "dnd": null}),
                ),
                becomes: Ok("+14155552671"),
            },
            Odd {
                id: "zdd00000000000000002",
                record: record(
                    "zdd00000000000000002",
                    json!({"phone": null, "additionalPhones": [null, {}, {"phone": 14_155_552_672_u64}], "firstName": {},
                        "dndSettings": [], "customFields": {"x": 1}, "country": "United States", "timezone": 5}),
                ),
                becomes: Ok("+14155552672"),
            },
            Odd {
                id: "zdd00000000000000003",
                record: record("zdd00000000000000003", json!({"phone": "", "additionalPhones": ""})),
                becomes: Err("phone_missing"),
            },
            Odd {
                id: "zdd00000000000000004",
                record: record("zdd00000000000000004", json!({"phone": "call me"})),
                becomes: Err("contacts/0/phone"),
            },
            Odd {
                id: "",
                record: json!({"phone": "+14155552673", "searchAfter": [LAST, "z"]}),
                becomes: Err("id_missing"),
            },
        ]
    }

    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        if request.headers.get("version").map(String::as_str) != Some("2021-07-28") {
            return refused(401, "version header was not found");
        }
        let question = request.json();
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/contacts/search") if question["locationId"] == LOCATION => self.search(&question, world, odd),
            ("POST", "/contacts/search") => refused(403, "The token does not have access to this location."),
            _ => refused(404, "Cannot be found"),
        }
    }
}

/// Whether a value is of the type that a property of the description has.
fn fits(property: &Value, value: &Value) -> bool {
    match property["type"].as_str() {
        Some("string") => value.is_string() || value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    }
}

#[test]
fn the_fake_answers_as_the_provider_describes_its_contacts() {
    let Some(folder) = std::env::var_os("CAMPANILE_SPECS") else {
        eprintln!("skipped: CAMPANILE_SPECS names no folder with gohighlevel_contacts.json");
        return;
    };
    let path = std::path::Path::new(&folder).join("gohighlevel_contacts.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let spec: Value = serde_json::from_str(&text).unwrap();
    let search = &spec["paths"]["/contacts/search"]["post"];
    let version =
        &search["parameters"].as_array().unwrap().iter().find(|one| one["name"] == "Version").unwrap()["schema"];
    assert_eq!(version["enum"], json!(["2021-07-28"]), "the version that the fake insists on");
    let schemas = &spec["components"]["schemas"];
    // What the search answers is described thinly; a contact by its id is described whole.
    let described = |name: &str| {
        let of = |schema: &str| schemas[schema]["properties"].get(name).cloned();
        of("ContactsSearchSchema").or_else(|| of("GetContectByIdSchema"))
    };
    let world = World::of(4, |index| Gohighlevel.id(index));
    let mut compared = 0;
    for person in world.all() {
        let contact = contact(person, 0);
        for (name, value) in contact.as_object().unwrap() {
            if let Some(property) = described(name) {
                compared += 1;
                assert!(fits(&property, value), "{name} is {value}, not {property}");
            }
        }
        let status = &contact["dndSettings"]["Call"]["status"];
        let known = schemas["DndSettingSchema"]["properties"]["status"]["enum"].as_array().unwrap();
        assert!(status.is_null() || known.contains(status), "{status}");
    }
    assert!(compared > 40, "{compared} values were compared");
    assert!(!fits(&json!({"type": "array"}), &json!("x")), "the check would let anything pass");
}
