//! Takes leads from form tools and no-code flows that can send a webhook.
//!
//! Every such tool sends JSON or a form with names of its own, and proves itself by an address that only it knows, by a
//! token in a header, or by a signature; all three are settings here. What a record is, the SDK's
//! [`Fields`](campanile_plugin_sdk::records::Fields) say. A push is never a whole list, so nobody is gone because of one.

mod verify;

use campanile_plugin_sdk::importer::{LeadImporter, Page};
use campanile_plugin_sdk::records::{Fields, field, text};
use campanile_plugin_sdk::types::{Checked, PluginError, Webhook};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

pub use verify::Verify;

/// Where an id is put that the sender does not have.
const MADE_ID: &str = "campanile_id";

/// What a source may set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// JSON pointer to the record or the list of records.
    pub records: String,
    /// Which field is what.
    pub fields: Fields,
    /// How a request proves itself.
    pub verify: Verify,
}

/// The importer.
pub struct CatchWebhook;

impl LeadImporter for CatchWebhook {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        if settings.fields.phones.is_empty() {
            return Ok(Checked::misconfigured("Say which field holds the phone.", ["fields"]));
        }
        Ok(Checked::ready("Send webhooks to this source's address; what they hold is read as the settings say."))
    }

    fn receive(webhook: &Webhook, settings: &Settings) -> Result<Page, PluginError> {
        settings.verify.verify(webhook)?;
        let body = body(webhook)?;
        let found = if settings.records.is_empty() { Some(&body) } else { body.pointer(&settings.records) };
        let records: &[Json] = match found {
            Some(Json::Array(records)) => records,
            Some(record @ Json::Object(_)) => std::slice::from_ref(record),
            _ => {
                let place = if settings.records.is_empty() { "the body" } else { &settings.records };
                let message = format!("{place} is neither a record nor a list of records");
                return Err(PluginError::new("no_record", message));
            }
        };
        let mut page = Page::delta([]);
        for record in records {
            match lead(record, &settings.fields) {
                Ok(lead) => page.leads.push(lead),
                Err(rejected) => page.rejected.push(rejected),
            }
        }
        Ok(page)
    }
}

campanile_plugin_sdk::export!(lead_importer: CatchWebhook);

fn lead(
    record: &Json,
    fields: &Fields,
) -> Result<campanile_plugin_sdk::importer::IncomingLead, campanile_plugin_sdk::importer::Rejected> {
    if !fields.external_id.is_empty() {
        return fields.lead(record);
    }
    let phone = fields.phones.iter().find_map(|name| text(field(record, name)?));
    let digits = phone.map(|phone| phone.chars().filter(char::is_ascii_digit).collect::<String>());
    let mut record = record.clone();
    if let (Some(digits), Some(object)) = (digits, record.as_object_mut()) {
        object.insert(MADE_ID.to_owned(), digits.into());
    }
    Fields { external_id: MADE_ID.to_owned(), ..fields.clone() }.lead(&record).map_err(|mut rejected| {
        if rejected.code == "id_missing" {
            rejected.code = "phone_missing".to_owned();
            rejected.field = fields.phones.first().cloned().unwrap_or_default();
            rejected.message = format!("none of {} holds a phone", fields.phones.join(", "));
        }
        rejected
    })
}

/// JSON as it is; a form as an object of its fields, the first of several with one name.
fn body(webhook: &Webhook) -> Result<Json, PluginError> {
    if webhook.is_json() {
        return webhook.json();
    }
    let type_is = |wanted: &str| webhook.header("content-type").is_some_and(|found| found.trim().starts_with(wanted));
    if type_is("application/x-www-form-urlencoded") {
        let mut object = Map::new();
        for (name, value) in webhook.form() {
            object.entry(name).or_insert(value.into());
        }
        return Ok(Json::Object(object));
    }
    webhook.json().map_err(|_| {
        PluginError::new("body_unreadable", "the body is neither JSON nor a form; let the sender send one of them")
    })
}

#[cfg(test)]
mod tests {
    use campanile_plugin_sdk::fake::{Host, install};
    use serde_json::json;

    use super::*;

    fn settings(more: Json) -> Settings {
        let mut all =
            json!({"fields": {"phones": ["phone", "/answers/phone"], "name": ["name"], "variables": {"city": "city"}}});
        for (name, value) in more.as_object().unwrap() {
            all[name] = value.clone();
        }
        serde_json::from_value(all).unwrap()
    }

    fn push(content_type: &str, body: &str) -> Webhook {
        Webhook {
            method: "POST".into(),
            url: "https://h.example/hooks/sources/src_1/token".into(),
            headers: vec![("content-type".into(), content_type.into())],
            body: body.as_bytes().to_vec(),
            received_at: 0,
        }
    }

    #[test]
    fn a_form_a_record_and_a_list_become_leads() {
        install(Host::default());
        for (kind, body, records, leads) in [
            ("application/x-www-form-urlencoded", "name=Ann&phone=%2B1+202+555+0100&city=Bern", "", 1),
            (
                "application/json; charset=utf-8",
                r#"{"name": "Ann", "phone": "+1 202 555 0100", "city": "Bern"}"#,
                "",
                1,
            ),
            (
                "application/json",
                r#"{"form": {"rows": [{"answers": {"phone": 12025550100}}, {"phone": "1"}]}}"#,
                "/form/rows",
                2,
            ),
        ] {
            let page = CatchWebhook::receive(&push(kind, body), &settings(json!({"records": records}))).unwrap();
            assert_eq!(page.leads.len(), leads, "{body}");
            assert_eq!(page.leads[0].external_id, "12025550100", "the phone is the id");
        }
    }

    #[test]
    fn what_is_no_lead_is_told() {
        install(Host::default());
        let page =
            CatchWebhook::receive(&push("application/json", r#"{"name": "Ann"}"#), &settings(json!({}))).unwrap();
        assert_eq!((page.leads.len(), page.rejected[0].code.as_str()), (0, "phone_missing"));
        for (kind, body, code) in [
            ("application/json", "[1", "webhook_unreadable"),
            ("text/plain", "hello", "body_unreadable"),
            ("application/json", "7", "no_record"),
        ] {
            let error = CatchWebhook::receive(&push(kind, body), &settings(json!({}))).unwrap_err();
            assert_eq!(error.code, code, "{body}");
        }
    }

    #[test]
    fn an_id_that_the_sender_has_is_taken() {
        install(Host::default());
        let fields = json!({"fields": {"external_id": "submission", "phones": ["phone"]}});
        let page =
            CatchWebhook::receive(&push("application/json", r#"{"submission": 9, "phone": "1"}"#), &settings(fields));
        assert_eq!(page.unwrap().leads[0].external_id, "9");
    }

    #[test]
    fn the_manifest_names_the_settings() {
        let manifest: toml::Table = include_str!("../campanile.toml").parse().unwrap();
        let mut names: Vec<_> = manifest["settings"]["properties"].as_table().unwrap().keys().cloned().collect();
        names.sort_unstable();
        assert_eq!(names, ["fields", "records", "verify"]);
    }
}
