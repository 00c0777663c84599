//! Salesforce's leads: questions in its own language, pages behind locators, faults as lists with a 403 for "too many".

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::face::{Busy, Expiry, Face, Odd, PAGE, Reply};
use super::world::{Person, World};
use crate::gateway::wire::{Request, field};

const API: &str = "/services/data/v62.0";
const COLUMNS: [&str; 10] = [
    "Id",
    "IsDeleted",
    "SystemModstamp",
    "FirstName",
    "LastName",
    "Name",
    "IsConverted",
    "MobilePhone",
    "Phone",
    "City",
];

/// A question whose pages are not all read.
struct Kept {
    columns: Vec<String>,
    ids: Vec<String>,
    odd: bool,
    deleted_too: bool,
}

/// The face.
#[derive(Default)]
pub struct Salesforce {
    kept: BTreeMap<String, Kept>,
}

fn fault(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!([{"message": message, "errorCode": code}]))
}

fn malformed() -> Reply {
    fault(400, "MALFORMED_QUERY", "unexpected token")
}

fn row(person: &Person, columns: &[String]) -> Value {
    let time = jiff::Timestamp::from_millisecond(person.changed_at).unwrap();
    let url = format!("{API}/sobjects/Lead/{}", person.id);
    let mut row = Map::from_iter([("attributes".to_owned(), json!({"type": "Lead", "url": url}))]);
    for column in columns {
        let value = match column.as_str() {
            "Id" => json!(person.id),
            "IsDeleted" => json!(person.deleted),
            "SystemModstamp" => json!(time.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()),
            "FirstName" => json!(person.first),
            "LastName" => json!(person.last),
            "Name" => json!(format!("{} {}", person.first, person.last)),
            "IsConverted" => json!(false),
            "MobilePhone" => json!(person.phones[0]),
            "Phone" => json!(person.phones.get(1)),
            "City" => json!(person.city),
            _ => json!(person.do_not_call),
        };
        row.insert(column.clone(), value);
    }
    Value::Object(row)
}

impl Salesforce {
    /// The first page of `SELECT ... FROM Lead [WHERE ...] ORDER BY SystemModstamp, Id [LIMIT n]`, and nothing else.
    fn query(&mut self, request: &Request, world: &World, odd: bool, deleted_too: bool) -> Reply {
        let question = field(&request.query, "q").unwrap_or_default();
        let Some((columns, rest)) = question.strip_prefix("SELECT ").and_then(|text| text.split_once(" FROM Lead"))
        else {
            return malformed();
        };
        let columns: Vec<String> = columns.split(',').map(|column| column.trim().to_owned()).collect();
        if let Some(unknown) = columns.iter().find(|one| !COLUMNS.contains(&one.as_str()) && *one != "DoNotCall") {
            return fault(400, "INVALID_FIELD", &format!("No such column '{unknown}' on entity 'Lead'."));
        }
        let (rest, limit) = match rest.split_once(" LIMIT ") {
            Some((rest, limit)) => (rest, limit.parse().unwrap()),
            None => (rest, usize::MAX),
        };
        let Some(conditions) = rest.strip_suffix(" ORDER BY SystemModstamp, Id") else { return malformed() };
        let mut since = 0;
        let conditions = conditions.strip_prefix(" WHERE ").unwrap_or_default();
        for condition in conditions.split(" AND ").filter(|text| !text.is_empty()) {
            match condition.strip_prefix("SystemModstamp >= ").map(str::parse::<jiff::Timestamp>) {
                Some(Ok(at)) => since = at.as_millisecond(),
                _ if condition == "IsConverted = false" => {}
                _ => return malformed(),
            }
        }
        let found = world.changed_since(since).filter(|person| deleted_too || !person.deleted).take(limit);
        let ids: Vec<String> = found.map(|person| person.id.clone()).collect();
        self.page(Kept { columns, ids, odd, deleted_too }, 0, request, world)
    }

    fn page(&mut self, kept: Kept, from: usize, request: &Request, world: &World) -> Reply {
        let asked = request.headers.get("sforce-query-options").and_then(|text| text.strip_prefix("batchSize="));
        let asked: usize = asked.and_then(|text| text.parse().ok()).unwrap_or(2_000);
        if !(200..=2_000).contains(&asked) {
            return fault(400, "INVALID_QUERY_OPTIONS", "batchSize");
        }
        let until = (from + asked.min(PAGE)).min(kept.ids.len());
        let people = kept.ids[from..until].iter().filter_map(|id| world.get(id));
        // Who was deleted since the question is not in its answer any more, unless it was for the deleted too.
        let people = people.filter(|person| kept.deleted_too || !person.deleted);
        let mut records: Vec<Value> = people.map(|person| row(person, &kept.columns)).collect();
        let total = kept.ids.len();
        if until < total {
            let locator = format!("01gRO{:010}AAA", self.kept.len());
            self.kept.insert(locator.clone(), kept);
            // The address says `query` whatever was asked.
            let next = format!("{API}/query/{locator}-{until}");
            return Reply::json(
                200,
                &json!({"totalSize": total, "done": false, "nextRecordsUrl": next, "records": records}),
            );
        }
        records.extend(self.odd().into_iter().filter(|_| kept.odd).map(|odd| odd.record));
        Reply::json(200, &json!({"totalSize": total, "done": true, "records": records}))
    }

    fn further(&mut self, place: &str, request: &Request, world: &World) -> Reply {
        let found =
            place.rsplit_once('-').and_then(|(locator, from)| Some((self.kept.get(locator)?, from.parse().ok()?)));
        let Some((kept, from)) = found else { return lost() };
        // The same place may be asked for again.
        let kept = Kept { columns: kept.columns.clone(), ids: kept.ids.clone(), ..*kept };
        self.page(kept, from, request, world)
    }
}

fn lost() -> Reply {
    fault(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
}

impl Face for Salesforce {
    fn plugin(&self) -> &'static str {
        "salesforce-importer"
    }

    fn id(&self, index: usize) -> String {
        format!("00Q5g00000{index:05}EAC")
    }

    fn install(&self, base: &str, full: bool) -> Value {
        json!({
            "settings": {"api_base": base, "client_id": "3MVG9.key", "variables": {"city": "City"},
                "full_every_hours": if full { 0 } else { 168 }},
            "secrets": {"client_secret": "s/ecret+1"},
        })
    }

    fn tells_deletions(&self) -> bool {
        true
    }

    fn expiry(&self) -> Expiry {
        Expiry::Renewed
    }

    fn token(&mut self, request: &Request, token: &str) -> Option<Reply> {
        if request.path != "/services/oauth2/token" {
            return None;
        }
        let form = |name: &str| field(&request.form, name).unwrap_or_default();
        let told = ["grant_type", "client_id", "client_secret"].map(form);
        Some(match told {
            ["client_credentials", "3MVG9.key", "s/ecret+1"] => Reply::json(
                200,
                // It does not say how long the token lasts.
                &json!({"access_token": token, "signature": "x", "scope": "api", "instance_url": "https://acme.my.salesforce.com",
                    "id": "https://login.salesforce.com/id/00D/005", "token_type": "Bearer", "issued_at": "1767225600000"}),
            ),
            _ => {
                Reply::json(400, &json!({"error": "invalid_client", "error_description": "invalid client credentials"}))
            }
        })
    }

    fn refused(&self) -> Reply {
        fault(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    fn busy(&self) -> Vec<Busy> {
        let day = fault(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
        let concurrent = fault(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.");
        vec![
            Busy { name: "the day's", reply: day.clone(), wait_s: Some(900) },
            Busy { name: "the day's, in seconds", reply: day.header("Retry-After", "75"), wait_s: Some(75) },
            Busy { name: "too many at once", reply: concurrent, wait_s: Some(60) },
        ]
    }

    fn place_lost(&self) -> Option<Reply> {
        Some(lost())
    }

    fn odd(&self) -> Vec<Odd> {
        let record = |id: &str, more: Value| {
            let mut record = json!({"attributes": {"type": "Lead"}, "Id": id, "IsDeleted": false});
            for (name, value) in more.as_object().unwrap() {
                record[name] = value.clone();
            }
            record
        };
        let [plain, number, empty, bare, words] = [1, 2, 3, 4, 5].map(|nth| {
            [
                "",
                "00Q5g00099900001EAC",
                "00Q5g00099900002EAC",
                "00Q5g00099900003EAC",
                "00Q5g00099900004EAC",
                "00Q5g00099900005EAC",
            ][nth]
        });
        vec![
            Odd {
                id: plain,
                record: record(plain, json!({"Phone": "+1 (989) 555-0150", "Name": null})),
                becomes: Ok("+19895550150"),
            },
            Odd {
                id: number,
                record: record(number, json!({"MobilePhone": 19_895_550_151_u64, "DoNotCall": "no"})),
                becomes: Ok("+19895550151"),
            },
            Odd {
                id: empty,
                record: record(empty, json!({"MobilePhone": "", "Phone": null})),
                becomes: Err("phone_missing"),
            },
            Odd { id: bare, record: json!({"Id": bare}), becomes: Err("phone_missing") },
            Odd { id: words, record: record(words, json!({"Phone": "call me"})), becomes: Err("contacts/0/phone") },
            Odd { id: "", record: json!({"Phone": "+19895550152"}), becomes: Err("id_missing") },
        ]
    }

    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        let path = request.path.strip_prefix(API).unwrap_or_default();
        match (request.method.as_str(), path) {
            ("GET", "/query/" | "/query") => self.query(request, world, odd, false),
            ("GET", "/queryAll/" | "/queryAll") => self.query(request, world, odd, true),
            ("GET", "/sobjects/Lead/describe") => {
                let fields = COLUMNS.into_iter().chain(["DoNotCall"]).map(|name| json!({"name": name, "label": name}));
                Reply::json(200, &json!({"name": "Lead", "fields": fields.collect::<Vec<_>>()}))
            }
            ("GET", path) if path.starts_with("/query/") => self.further(&path["/query/".len()..], request, world),
            _ => fault(404, "NOT_FOUND", "The requested resource does not exist"),
        }
    }
}
