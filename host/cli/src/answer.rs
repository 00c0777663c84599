//! What a server's answer means to a command: the document, or a failure.
//!
//! The exit code follows the status, the words are the server's, every fault that it lists is told, and the last line is
//! what to try next.

use serde_json::Value;

use crate::exit::Failure;

/// What a server answered.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The document; null where there is none.
    pub body: Value,
    /// The path that was asked.
    pub path: String,
    /// Seconds after which it may be asked again, when the server says so.
    pub retry_after: Option<String>,
    /// What a person types who has no key that opens this.
    pub login: String,
}

/// How the objects below a path are listed.
const LISTS: [(&str, &str); 12] = [
    ("assistants", "campanile assistant list"),
    ("calls", "campanile call list"),
    ("campaigns", "campanile campaign list"),
    ("gateways", "campanile gateway list"),
    ("keys", "campanile key list"),
    ("leads", "campanile lead list"),
    ("plugins", "campanile plugin versions"),
    ("scripts", "campanile plugin versions"),
    ("sources", "campanile source list"),
    ("suppressions", "campanile suppression list"),
    ("tenants", "campanile tenant list"),
    ("webhooks", "campanile webhook list"),
];

impl Answer {
    /// The document, or the refusal with the exit code that belongs to its status.
    pub fn accepted(self) -> Result<Value, Failure> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let (told, next) = (self.told(), self.next());
        let refused = match self.status {
            401 | 403 => Failure::auth(told),
            404 => Failure::not_found(told),
            409 | 412 => Failure::conflict(told),
            400 | 405 | 413 | 415 | 422 => Failure::invalid(told),
            429 | 502..=504 => Failure::unavailable(told),
            _ => Failure::other(told),
        };
        Err(refused.next(next))
    }

    /// `detail` with its code, and every fault that is listed.
    fn told(&self) -> String {
        let detail =
            self.body["detail"].as_str().map_or_else(|| format!("the server answers {}", self.status), str::to_owned);
        let faults = self.body["errors"].as_array().into_iter().flatten();
        let word = |fault: &Value, field: &str| fault[field].as_str().unwrap_or_default().to_owned();
        let place = |fault: &Value| match fault["pointer"].as_str() {
            None | Some("") => String::new(),
            Some(pointer) => format!("{pointer}: "),
        };
        let listed = faults.map(|fault| (word(fault, "code"), place(fault), word(fault, "message")));
        let new = listed.filter(|(_, _, message)| !message.is_empty() && !detail.contains(message));
        let named = self.body["code"].as_str().map_or_else(|| detail.clone(), |code| format!("{detail} ({code})"));
        new.fold(named, |told, (code, place, message)| format!("{told}\n  - {place}{code}: {message}"))
    }

    /// What to try.
    fn next(&self) -> String {
        let code = self.body["code"].as_str().unwrap_or_default();
        let noun = self.path.strip_prefix("/v1/").unwrap_or_default().split(['/', '?']).next().unwrap_or_default();
        let list = LISTS.iter().find(|(known, _)| *known == noun).map(|(_, list)| *list);
        match (self.status, code) {
            (401, _) => self.login.clone(),
            (403, "CE0002") => format!(
                "use a key that has the scope, --profile NAME; or, as its admin: campanile key create; now: {}",
                self.login
            ),
            (403, _) => format!("campanile profile list, then --profile NAME; or: {}", self.login),
            (404, "CE0005") => {
                "campanile api GET /version, against campanile version: the server may be older".to_owned()
            }
            (404, _) if list.is_some() => list.unwrap_or_default().to_owned(),
            (409, "CE0012") => match self.path.split('/').nth(3) {
                Some(id) => format!("mend what is listed; campanile campaign explain {id} shows what holds it back"),
                None => "campanile campaign list".to_owned(),
            },
            (412, _) => "read it again, then send the change again".to_owned(),
            (429 | 503, _) => match &self.retry_after {
                Some(seconds) => format!("try again in {seconds} s"),
                None => "try again; campanile api GET /readyz says when the server is ready".to_owned(),
            },
            (500.., _) => {
                let request = self.body["request_id"].as_str().unwrap_or("without an id");
                format!("look for the request {request} in the server's log")
            }
            (_, "") => "campanile api GET /version shows whether a Campanile answers there".to_owned(),
            (_, code) => format!("campanile api GET /errors/{code} explains {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, path: &str, body: Value) -> Answer {
        Answer { status, body, path: path.to_owned(), retry_after: None, login: "campanile login".to_owned() }
    }

    fn refused(status: u16, path: &str, body: Value) -> String {
        format!("{:?}", answer(status, path, body).accepted().unwrap_err())
    }

    #[test]
    fn a_refusal_tells_every_fault_once_with_its_place() {
        let body = json!({ "detail": "2 things are wrong", "code": "CE0007",
            "errors": [{ "code": "a", "message": "one", "pointer": "/x" }, { "code": "b", "message": "two", "pointer": "" }] });
        assert_eq!(answer(422, "/", body).told(), "2 things are wrong (CE0007)\n  - /x: a: one\n  - b: two");
        let only = json!({ "detail": "/name: too long", "errors": [{ "message": "too long", "pointer": "/name" }] });
        assert_eq!(answer(422, "/", only).told(), "/name: too long");
        assert_eq!(answer(500, "/", Value::Null).told(), "the server answers 500");
    }

    #[test]
    fn every_refusal_has_an_exit_code_and_ends_with_what_to_try() {
        for (status, code) in [
            (400, 6),
            (401, 4),
            (403, 4),
            (404, 3),
            (405, 6),
            (409, 5),
            (412, 5),
            (413, 6),
            (415, 6),
            (418, 1),
            (422, 6),
            (429, 7),
            (500, 1),
            (502, 7),
            (503, 7),
            (504, 7),
            (507, 1),
        ] {
            for body in [Value::Null, json!({ "code": "CE0099", "detail": "no", "request_id": "req_1" })] {
                let told = refused(status, "/v1/campaigns/cmp_x/start", body);
                assert!(told.contains(&format!("code: {code},")) && told.contains("next: Some"), "{status}: {told}");
            }
        }
    }

    #[test]
    fn what_to_try_fits_what_was_asked() {
        assert!(refused(404, "/v1/leads/lead_x?limit=1", json!({})).contains("campanile lead list"));
        assert!(refused(404, "/v1/connections/con_x", json!({"code": "CE0004"})).contains("GET /errors/CE0004"));
        let cannot_start = refused(409, "/v1/campaigns/cmp_x/start", json!({"code": "CE0012"}));
        assert!(cannot_start.contains("campanile campaign explain cmp_x"), "{cannot_start}");
        let slow = Answer { retry_after: Some("30".to_owned()), ..answer(429, "/v1/plugins", json!({})) };
        assert!(format!("{:?}", slow.accepted().unwrap_err()).contains("try again in 30 s"));
    }
}
