//! Zoho CRM's leads: a list by time whose tokens count from the front of what is there now, a list of the deleted with
//! numbered pages, and nothing at all where there is nothing new.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::face::{Busy, Expiry, Face, Odd, PAGE, Reply};
use super::world::{Person, World};
use crate::gateway::wire::{Request, field};

const FIELDS: [&str; 7] = ["First_Name", "Last_Name", "Modified_Time", "Converted__s", "Mobile", "Phone", "City"];
const CLIENT: (&str, &str) = ("1000.CLIENT", "s3cret");

/// The face.
#[derive(Default)]
pub struct Zoho {
    /// Refresh tokens are exchanged each time, as Zoho does not and others do; how many were.
    exchanged: Option<usize>,
}

impl Zoho {
    /// One that takes no refresh token twice.
    pub fn exchanging() -> Self {
        Self { exchanged: Some(0) }
    }

    /// The refresh token that is good now.
    fn refresh(&self) -> String {
        format!("1000.refresh{}", self.exchanged.map_or(String::new(), |count| format!("-{count}")))
    }
}

fn fault(status: u16, code: &str) -> Reply {
    Reply::json(status, &json!({"code": code, "details": {}, "message": "no", "status": "error"}))
}

/// As Zoho writes times: in the zone of whoever asks.
fn written(at: i64) -> String {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
    let time = jiff::Timestamp::from_millisecond(at).unwrap().to_zoned(zone);
    time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn record(person: &Person, fields: &[&str]) -> Value {
    let mut record = json!({ "id": person.id });
    for name in fields {
        record[*name] = match *name {
            "First_Name" => json!(person.first),
            "Last_Name" => json!(person.last),
            "Modified_Time" => json!(written(person.changed_at)),
            "Converted__s" => json!(false),
            "Mobile" => json!(person.phones[0]),
            "Phone" => json!(person.phones.get(1)),
            "City" => json!(person.city),
            // A field that nobody has is left out.
            "Never_Call" => json!(person.do_not_call),
            _ => continue,
        };
    }
    record
}

fn since(request: &Request) -> Result<Option<i64>, Reply> {
    let Some(text) = request.headers.get("if-modified-since") else { return Ok(None) };
    text.parse::<jiff::Timestamp>().map(|at| Some(at.as_millisecond())).map_err(|_| fault(400, "INVALID_DATA"))
}

fn nothing(since: Option<i64>) -> Reply {
    Reply::status(if since.is_some() { 304 } else { 204 })
}

impl Zoho {
    fn list(&self, request: &Request, world: &World, odd: bool) -> Result<Reply, Reply> {
        let asked = |name: &str| field(&request.query, name);
        let fields: Vec<_> = asked("fields").unwrap_or_default().split(',').collect();
        let size: usize = asked("per_page").and_then(|text| text.parse().ok()).unwrap_or(200);
        let is_told = fields != [""] && fields.len() <= 50 && size <= 200;
        let is_sorted = asked("sort_by") == Some("Modified_Time") && asked("sort_order") == Some("asc");
        if !is_told || !is_sorted || !matches!(asked("converted"), Some("both" | "false")) {
            return Err(fault(400, "INVALID_DATA"));
        }
        let since = since(request)?;
        // A token is good for its own question only, and counts from the front.
        let bound = format!("{since:?} {} {size}", fields.join(","));
        let from = match asked("page_token") {
            None => 0,
            Some(token) => {
                let read = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let read = read.as_deref().and_then(|text| text.split_once('|'));
                let (from, of) = read.ok_or_else(|| fault(400, "INVALID_DATA"))?;
                if of != bound {
                    return Err(fault(400, "TOKEN_BOUND_DATA_MISMATCH"));
                }
                from.parse().unwrap()
            }
        };
        let people = world.changed_since(since.map_or(0, |since| since + 1)).filter(|person| !person.deleted);
        let mut people = people.skip(from).peekable();
        let mut data: Vec<_> = people.by_ref().take(size.min(PAGE)).map(|person| record(person, &fields)).collect();
        let until = from + data.len();
        let token = people.peek().map(|_| URL_SAFE_NO_PAD.encode(format!("{until}|{bound}")));
        if token.is_none() && odd {
            data.extend(self.odd().into_iter().map(|odd| odd.record));
        }
        if data.is_empty() {
            return Ok(nothing(since));
        }
        let info = json!({"per_page": size, "count": data.len(), "page": 1, "sort_by": "Modified_Time", "sort_order": "asc",
            "more_records": token.is_some(), "next_page_token": token, "previous_page_token": null, "page_token_expiry": written(0)});
        Ok(Reply::json(200, &json!({"data": data, "info": info})))
    }

    fn deleted(&self, request: &Request, world: &World) -> Result<Reply, Reply> {
        let since = since(request)?;
        let number = |name: &str| field(&request.query, name).and_then(|text| text.parse::<usize>().ok());
        let (page, size) = (number("page").unwrap_or(1), number("per_page").unwrap_or(200).min(PAGE));
        let mut gone: Vec<_> =
            world.changed_since(since.map_or(0, |since| since + 1)).filter(|person| person.deleted).collect();
        gone.reverse();
        let rows = gone.iter().skip((page - 1) * size).take(size).map(|person| {
            json!({"id": person.id, "deleted_time": written(person.changed_at), "display_name": person.last, "type": "recycle",
                "deleted_by": {"name": "Ann", "id": "1"}, "created_by": null})
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(Reply::status(204));
        }
        let info =
            json!({"per_page": size, "count": rows.len(), "page": page, "more_records": gone.len() > page * size});
        Ok(Reply::json(200, &json!({"data": rows, "info": info})))
    }
}

impl Face for Zoho {
    fn plugin(&self) -> &'static str {
        "zoho-importer"
    }

    fn id(&self, index: usize) -> String {
        (4_876_876_000_000_330_000 + index).to_string()
    }

    fn install(&self, base: &str, full: bool) -> Value {
        json!({
            "settings": {"accounts": base, "api_base": base, "client_id": CLIENT.0, "do_not_call": "Never_Call",
                "variables": {"city": "City"}, "full_every_hours": if full { 0 } else { 24 }},
            "secrets": {"client_secret": CLIENT.1},
        })
    }

    fn connect(&self, base: &str) -> Option<Value> {
        let settings = json!({"accounts": base, "client_id": CLIENT.0});
        Some(json!({"auth": "zoho", "settings": settings, "secrets": {"client_secret": CLIENT.1}}))
    }

    fn tells_deletions(&self) -> bool {
        true
    }

    fn expiry(&self) -> Expiry {
        if self.exchanged.is_some() { Expiry::Rotated } else { Expiry::Renewed }
    }

    fn token(&mut self, request: &Request, token: &str) -> Option<Reply> {
        if request.path != "/oauth/v2/token" {
            return None;
        }
        let form = |name: &str| field(&request.form, name).unwrap_or_default();
        if (form("client_id"), form("client_secret")) != CLIENT {
            // Zoho says no with 200.
            return Some(Reply::json(200, &json!({"error": "invalid_client"})));
        }
        let mut granted = json!({"access_token": token, "scope": "ZohoCRM.modules.leads.READ", "api_domain": "https://www.zohoapis.com",
            "token_type": "Bearer", "expires_in": 3600});
        match (form("grant_type"), form("code"), form("refresh_token")) {
            ("authorization_code", "good", _) => granted["refresh_token"] = json!(self.refresh()),
            ("refresh_token", _, known) if known == self.refresh() => {
                // Else the same refresh token for good; it is not told again.
                if let Some(count) = &mut self.exchanged {
                    *count += 1;
                    granted["refresh_token"] = json!(self.refresh());
                }
            }
            _ => return Some(Reply::json(200, &json!({"error": "invalid_code"}))),
        }
        Some(Reply::json(200, &granted))
    }

    fn lets_in(&self, request: &Request, token: &str) -> bool {
        request.headers.get("authorization").map(String::as_str) == Some(&format!("Zoho-oauthtoken {token}"))
    }

    fn refused(&self) -> Reply {
        fault(401, "INVALID_TOKEN")
    }

    fn busy(&self) -> Vec<Busy> {
        let many = fault(429, "TOO_MANY_REQUESTS");
        vec![
            Busy { name: "too many at once", reply: many.clone(), wait_s: None },
            Busy { name: "too many, in seconds", reply: many.header("Retry-After", "75"), wait_s: Some(75) },
            Busy { name: "no credits left", reply: fault(403, "LIMIT_EXCEEDED"), wait_s: Some(900) },
        ]
    }

    fn place_lost(&self) -> Option<Reply> {
        Some(fault(400, "EXPIRED_VALUE"))
    }

    fn odd(&self) -> Vec<Odd> {
        vec![
            Odd {
                id: "4876876000009990001",
                record: json!({"id": "4876876000009990001", "Phone": "+1 989 555 0150", "Mobile": "", "Last_Name": null}),
                becomes: Ok("+19895550150"),
            },
            Odd {
                id: "4876876000009990002",
                record: json!({"id": 4_876_876_000_009_990_002_u64, "Mobile": 19_895_550_151_u64, "Modified_Time": "soon", "Never_Call": {}}),
                becomes: Ok("+19895550151"),
            },
            Odd {
                id: "4876876000009990003",
                record: json!({"id": "4876876000009990003", "Mobile": null, "Phone": ["+19895550153"]}),
                becomes: Err("phone_missing"),
            },
            Odd {
                id: "4876876000009990004",
                record: json!({"id": "4876876000009990004", "Mobile": "call me"}),
                becomes: Err("contacts/0/phone"),
            },
            Odd { id: "", record: json!({"Mobile": "+19895550152"}), becomes: Err("id_missing") },
        ]
    }

    fn reply(&mut self, request: &Request, world: &World, odd: bool) -> Reply {
        let reply = match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/crm/v8/Leads") => self.list(request, world, odd),
            ("GET", "/crm/v8/Leads/deleted") => self.deleted(request, world),
            ("GET", "/crm/v8/settings/fields") => {
                let fields = FIELDS
                    .into_iter()
                    .chain(["Never_Call"])
                    .map(|name| json!({"api_name": name, "display_label": name}));
                Ok(Reply::json(200, &json!({"fields": fields.collect::<Vec<_>>()})))
            }
            ("GET", "/crm/v8/org") => Ok(Reply::json(200, &json!({"org": [{"company_name": "Harbour Dental"}]}))),
            _ => Err(fault(404, "INVALID_URL_PATTERN")),
        };
        reply.unwrap_or_else(|refusal| refusal)
    }
}
