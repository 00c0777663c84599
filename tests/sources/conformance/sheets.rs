//! Google Sheets: a tab that is edited, rows that are cut short, and a token that a signed assertion buys.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::face::{Busy, Expiry, Face, Odd, Reply};
use super::world::{Person, World};
use crate::gateway::wire::{Request, field};

/// A key that opens nothing, made for these tests.
const KEY: &str = include_str!("service_account.pem");

/// The face.
#[derive(Default)]
pub struct Sheets {
    /// What was written to the column of the status, by key.
    statuses: BTreeMap<String, String>,
}

const HEADER: [&str; 8] = ["Customer", "Phone", "Second phone", "First", "Last", "City", "Never", "Call status"];

/// Rows at the end of the tab that hold nothing.
const EMPTY: usize = 40;

/// A row as the sheet shows it: what is empty at its end is not there.
fn row(person: &Person) -> Vec<String> {
    let mut row: Vec<String> = vec![
        person.id.clone(),
        person.phones[0].clone(),
        person.phones.get(1).cloned().unwrap_or_default(),
        person.first.clone(),
        person.last.clone(),
        person.city.clone(),
        if person.do_not_call { "TRUE".into() } else { String::new() },
    ];
    while row.last().is_some_and(String::is_empty) {
        row.pop();
    }
    row
}

impl Sheets {
    /// All rows behind the header, and some empty ones, as every tab has.
    fn rows(&self, world: &World, odd: bool) -> Vec<Vec<String>> {
        let mut rows: Vec<_> = world.all().filter(|person| !person.deleted).map(row).collect();
        if odd {
            let text = |cell: &Value| cell.as_str().unwrap_or_default().to_owned();
            let cells = |odd: Odd| odd.record.as_array().unwrap().iter().map(text).collect();
            rows.push(Vec::new());
            rows.extend(self.odd().into_iter().map(cells));
        }
        rows
    }
}

impl Face for Sheets {
    fn plugin(&self) -> &'static str {
        "sheets-importer"
    }

    fn id(&self, index: usize) -> String {
        format!("K-{index:06}")
    }

    /// What the host asks for: a range of rows is answered whole.
    fn page(&self) -> usize {
        500
    }

    fn install(&self, base: &str, _: bool) -> Value {
        json!({
            "settings": {"spreadsheet": "1aB-c", "sheet": "Leads", "client_email": "reader@project.example", "key": "Customer",
                "phones": ["Phone", "Second phone"], "name": ["First", "Last"], "do_not_call": "Never",
                "variables": {"city": "City"}, "api_base": base},
            "secrets": {"private_key": KEY},
        })
    }

    fn results(&self, base: &str) -> Option<(&'static str, Value)> {
        let settings = json!({"spreadsheet": "1aB-c", "sheet": "Leads", "client_email": "writer@project.example", "key": "Customer",
            "status": "Call status", "outcome": "", "api_base": base});
        Some(("sheets-results", json!({"settings": settings, "secrets": {"private_key": KEY}})))
    }

    fn written(&self) -> BTreeMap<String, String> {
        self.statuses.clone()
    }

    fn retarget(&self, _: &str) -> Option<(&'static str, String)> {
        Some(("https://oauth2.googleapis.com/token", "https://{api_base}/token".to_owned()))
    }

    fn tells_deletions(&self) -> bool {
        true
    }

    fn tells_changes(&self) -> bool {
        false
    }

    fn expiry(&self) -> Expiry {
        Expiry::Renewed
    }

    fn token(&mut self, request: &Request, token: &str) -> Option<Reply> {
        if request.path != "/token" {
            return None;
        }
        let assertion = field(&request.form, "assertion").unwrap_or_default();
        Some(if assertion.split('.').count() == 3 {
            Reply::json(200, &json!({"access_token": token, "expires_in": 3600, "token_type": "Bearer"}))
        } else {
            Reply::json(400, &json!({"error": "invalid_grant"}))
        })
    }

    fn refused(&self) -> Reply {
        Reply::json(
            401,
            &json!({"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "Request had invalid authentication credentials."}}),
        )
    }

    fn busy(&self) -> Vec<Busy> {
        let quota = Reply::json(
            429,
            &json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
            "message": "Quota exceeded for quota metric 'Read requests'"}}),
        );
        vec![
            Busy { name: "the minute's, without a wait", reply: quota.clone(), wait_s: None },
            Busy { name: "the minute's, with one", reply: quota.header("Retry-After", "90"), wait_s: Some(90) },
        ]
    }

    fn odd(&self) -> Vec<Odd> {
        vec![
            Odd { id: "K-900001", record: json!(["K-900001"]), becomes: Err("phone_missing") },
            Odd { id: "K-900002", record: json!(["K-900002", "(415) 555-2671"]), becomes: Ok("+14155552671") },
            Odd { id: "K-900003", record: json!(["K-900003", "", "+14155552672"]), becomes: Ok("+14155552672") },
            Odd { id: "K-900004", record: json!(["K-900004", "call me"]), becomes: Err("contacts/0/phone") },
            Odd { id: "", record: json!(["", "+14155552673"]), becomes: Err("id_missing") },
        ]
    }

    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        let rows = self.rows(world, odd);
        match request.path.as_str() {
            "/v4/spreadsheets/1aB-c" => {
                let tab = |name: &str, rows: usize| json!({"properties": {"title": name, "gridProperties": {"rowCount": rows}}});
                Reply::json(200, &json!({"sheets": [tab("Notes", 10), tab("Leads", rows.len() + EMPTY)]}))
            }
            "/v4/spreadsheets/1aB-c/values:batchGet" => {
                let ranges = request.query.iter().filter(|(name, _)| name == "ranges");
                let begins = |range: &str| range.strip_prefix("'Leads'!")?.split(':').next()?.parse::<usize>().ok();
                if ranges.clone().any(|(_, range)| begins(range) > Some(rows.len() + EMPTY)) {
                    let message = format!("Range exceeds grid limits. Max rows: {}", rows.len() + EMPTY);
                    let error = json!({"code": 400, "status": "INVALID_ARGUMENT", "message": message});
                    return Reply::json(400, &json!({ "error": error }));
                }
                let range = |range: &str| {
                    let (from, to) = range.strip_prefix("'Leads'!").unwrap().split_once(':').unwrap();
                    if let (Some(from), "A") = (from.strip_prefix('A'), to) {
                        // One column, to its end.
                        let keys = rows.iter().skip(from.parse::<usize>().unwrap() - 2);
                        let keys: Vec<_> = keys.map(|row| row.first().into_iter().collect::<Vec<_>>()).collect();
                        return json!({"range": range, "majorDimension": "ROWS", "values": keys});
                    }
                    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
                    let header = HEADER.map(str::to_owned).to_vec();
                    let cells: Vec<_> = (from..=to)
                        .map_while(|number| if number == 1 { Some(&header) } else { rows.get(number - 2) })
                        .collect();
                    if cells.is_empty() {
                        json!({"range": range})
                    } else {
                        json!({"range": range, "majorDimension": "ROWS", "values": cells})
                    }
                };
                let found: Vec<_> = ranges.map(|(_, text)| range(text)).collect();
                Reply::json(200, &json!({"spreadsheetId": "1aB-c", "valueRanges": found}))
            }
            "/v4/spreadsheets/1aB-c/values:batchUpdate" => {
                let update = request.json();
                assert_eq!(update["valueInputOption"], "RAW", "what people say is no formula");
                for cell in update["data"].as_array().unwrap() {
                    let place = cell["range"].as_str().unwrap().strip_prefix("'Leads'!H").unwrap();
                    let row = &rows[place.parse::<usize>().unwrap() - 2];
                    self.statuses.insert(row[0].clone(), cell["values"][0][0].as_str().unwrap().to_owned());
                }
                Reply::json(
                    200,
                    &json!({"spreadsheetId": "1aB-c", "totalUpdatedCells": update["data"].as_array().unwrap().len()}),
                )
            }
            _ => Reply::json(
                404,
                &json!({"error": {"code": 404, "status": "NOT_FOUND", "message": "Requested entity was not found."}}),
            ),
        }
    }
}
