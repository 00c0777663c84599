//! An importer that uses everything its world lends: the host's tests run it in the real sandbox against a small server.
//!
//! That server answers `GET /me` with `{"name"}`, `GET /lists?q=` with `[{"id", "name"}]` and `GET /people?after=&limit=`
//! with `{"people": [{"id", "phone", "name", "gone"}], "next"}`. A pull carries an assertion in `x-assertion` and counts
//! itself in the state. A push is a page of people with the HMAC-SHA256 of its body in `x-signature` (hexadecimal), or an
//! Ed25519 signature in `x-ed25519`, or the bare token in `x-token`.

use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::importer::{IncomingLead, LeadImporter, Page, Rejected};
use campanile_plugin_sdk::secret::{self, Digest};
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, Variable, Webhook};
use campanile_plugin_sdk::{clock, log, state};
use serde::Deserialize;

struct Importer;

#[derive(Deserialize)]
struct Settings {
    base_url: String,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    phone: Option<String>,
    name: Option<String>,
    #[serde(default)]
    gone: bool,
}

#[derive(Deserialize)]
struct People {
    people: Vec<Person>,
    next: Option<String>,
}

impl People {
    fn into_page(self) -> Page {
        let mut page = Page::delta([]);
        for person in self.people {
            let lead = match person.phone {
                _ if person.gone => IncomingLead { deleted: true, ..IncomingLead::without_phone(person.id) },
                Some(phone) => IncomingLead {
                    updated_at: Some(clock::now()),
                    variables: person.name.map(|name| Variable::new("name", name)).into_iter().collect(),
                    ..IncomingLead::new(person.id, phone)
                },
                None => {
                    page.rejected.push(Rejected::new(person.id, "phone", "missing", "the person has no phone"));
                    continue;
                }
            };
            page.leads.push(lead);
        }
        match self.next {
            Some(next) => page.and_then(next, true),
            None => page,
        }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = (text.is_ascii() && text.len() % 2 == 0).then_some(text)?;
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()).collect()
}

fn is_genuine(webhook: &Webhook) -> Result<bool, PluginError> {
    if let Some(signature) = webhook.header("x-signature") {
        let ours = secret::hmac("signing_secret", Digest::Sha256, &webhook.body)?;
        return Ok(from_hex(signature).is_some_and(|theirs| secret::same(&ours, &theirs)));
    }
    if let Some(signature) = webhook.header("x-ed25519") {
        let signature = from_hex(signature).unwrap_or_default();
        return secret::verify_ed25519("public_key", &webhook.body, &signature);
    }
    secret::equals("token", webhook.header("x-token").unwrap_or_default())
}

impl LeadImporter for Importer {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let answer = Request::get(format!("{}/me", settings.base_url)).auth("service").timeout_ms(5_000).send()?;
        if answer.status == 401 {
            return Ok(Checked::misconfigured("the token is not accepted", ["token"]));
        }
        let me: serde_json::Value = answer.ok()?.json()?;
        Ok(Checked::ready(format!("connected as {}", me["name"].as_str().unwrap_or("somebody"))))
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        if setting != "list" {
            return Ok(Vec::new());
        }
        let answer = Request::get(format!("{}/lists", settings.base_url)).query("q", query).auth("service").send()?;
        let lists: Vec<serde_json::Value> = answer.ok()?.json()?;
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        Ok(lists.iter().map(|list| Choice::new(text(&list["id"]), text(&list["name"]))).collect())
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let pulls = state::get_json::<u64>("pulls")?.unwrap_or(0) + 1;
        state::set_json("pulls", &pulls)?;
        if cursor.is_none() {
            state::remove("last_cursor");
        }
        let claims = serde_json::json!({"iss": "importer", "iat": clock::now() / 1_000});
        let request = Request::get(format!("{}/people", settings.base_url))
            .query("after", cursor.unwrap_or_default())
            .query("limit", limit)
            .header("x-assertion", secret::sign_jwt("signing_secret", &claims)?)
            .auth("service");
        let page = request.send()?.ok()?.json::<People>()?.into_page();
        if let Some(cursor) = &page.cursor {
            state::set("last_cursor", cursor);
        }
        log::info(&format!("pull {pulls}: {} leads, {} rejected", page.leads.len(), page.rejected.len()));
        Ok(page)
    }

    fn receive(webhook: &Webhook, _: &Settings) -> Result<Page, PluginError> {
        if !is_genuine(webhook)? {
            return Err(PluginError::forged("the signature is not that of the body"));
        }
        Ok(webhook.json::<People>()?.into_page())
    }
}

campanile_plugin_sdk::export!(lead_importer: Importer);

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{self, Answer, Host};
    use serde_json::json;

    use super::*;

    fn settings() -> Settings {
        Settings { base_url: "https://crm.example".into() }
    }

    fn host() -> Host {
        Host::default().secret("signing_secret", "12345").secret("token", "t")
    }

    #[test]
    fn a_page_is_pulled_with_an_assertion_and_counted() {
        let people = json!({"people": [{"id": "1", "phone": "079 1", "name": "Zoë"}, {"id": "2"}, {"id": "3", "gone": true}], "next": "c1"});
        fake::install(host().on("GET", "https://crm.example/people", Answer::json(&people)).state("pulls", "4"));
        let page = Importer::pull(None, 50, &settings()).unwrap();
        assert_eq!(
            (page.leads.len(), page.rejected.len(), page.cursor.as_deref(), page.more),
            (2, 1, Some("c1"), true)
        );
        assert!(page.leads[1].deleted && page.leads[1].contacts.is_empty());
        assert_eq!((state::get("pulls").as_deref(), state::get("last_cursor").as_deref()), (Some("5"), Some("c1")));
        let sent = &fake::take_sent()[0];
        assert_eq!(sent.url, "https://crm.example/people?after=&limit=50");
        assert!(sent.header("x-assertion").is_some_and(|token| token.split('.').count() == 3));
    }

    #[test]
    fn a_push_is_taken_only_when_it_is_signed() {
        fake::install(host());
        let body = br#"{"people": [{"id": "1", "phone": "1"}]}"#.to_vec();
        let mac = secret::hmac("signing_secret", Digest::Sha256, &body).unwrap();
        let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        let push = |header: (&str, &str)| {
            let webhook = Webhook {
                method: "POST".into(),
                url: "https://h.example/s".into(),
                headers: vec![(header.0.into(), header.1.into())],
                body: body.clone(),
                received_at: 0,
            };
            Importer::receive(&webhook, &settings())
        };
        assert_eq!(push(("x-signature", &hex)).unwrap().leads.len(), 1);
        assert_eq!(push(("x-token", "t")).unwrap().leads.len(), 1);
        for forged in [("x-signature", "00"), ("x-signature", "é"), ("x-token", "u"), ("x-other", "")] {
            assert_eq!(push(forged).unwrap_err().code, "webhook_forged");
        }
    }
}
