//! Brings leads or contacts in from Salesforce.
//!
//! Everything is one question, whose pages Salesforce keeps for a while; what changed is another one, to which it also
//! answers who was deleted. Whoever changed and does not fulfil the tenant's condition any more is told as gone, which
//! is found out by asking who of the page still does. Requests are counted by the day and refused with 403.

mod settings;
mod soql;

use std::collections::BTreeSet;

use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{IncomingLead, LeadImporter, Page, Rejected};
use campanile_plugin_sdk::records::{Chosen, Fields, field, is_yes, text};
use campanile_plugin_sdk::sync::Run;
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, narrowed};
use serde::Deserialize;
use serde_json::Value as Json;

pub use settings::Settings;

/// The version that is spoken.
const API: &str = "/services/data/v62.0";
/// Records that Salesforce is asked for at once; it takes 200 to 2,000 and answers fewer when it likes.
const BATCH: std::ops::RangeInclusive<u32> = 200..=2_000;
/// Ids in one question, so that its address stays below the 8,192 bytes that the host sends.
const IDS: usize = 100;
/// How long to wait when the day's requests are used up: they are counted over the last 24 hours, so some come back
/// soon.
const DAY_SPENT_MS: u64 = 900_000;

/// The importer.
pub struct SalesforceImporter;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    records: Vec<Json>,
    #[serde(default)]
    next_records_url: Option<String>,
}

impl LeadImporter for SalesforceImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let known = match described(settings) {
            Ok(known) => known,
            Err(error) => {
                return match error.code.as_str() {
                    "http_unauthorised" => Ok(Checked::misconfigured(error.message, ["client_id", "client_secret"])),
                    "http_denied" | "http_not_found" => Ok(Checked::misconfigured(error.message, ["api_base"])),
                    "http_not_permitted" => {
                        let object = settings.object.name();
                        let why = format!("Salesforce does not let the app's user read {object}: {}", error.message);
                        Ok(Checked::misconfigured(why, ["client_id", "client_secret", "object"]))
                    }
                    _ if error.is_passing() => Ok(Checked::unreachable(error.message)),
                    _ => Err(error),
                };
            }
        };
        // Of a related record, only the question itself tells.
        let is_missing =
            |name: &str| !name.contains('.') && !known.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let missing: Vec<_> = settings.named().filter(|(_, name)| is_missing(name)).collect();
        if !missing.is_empty() {
            let names: Vec<_> = missing.iter().map(|(_, name)| *name).collect();
            let object = settings.object.name();
            let why = format!("{object} has no field {}, or the app's user may not see it.", names.join(", "));
            return Ok(Checked::misconfigured(why, missing.into_iter().map(|(setting, _)| setting)));
        }
        let question = format!("{} LIMIT 1", soql::people(settings, &settings.selected()?, None));
        match ask(settings, "query", &question, 200) {
            Err(error) if error.code == "misconfigured" => {
                let named = if settings.condition.is_empty() { "variables" } else { "condition" };
                Ok(Checked::misconfigured(error.message, [named]))
            }
            other => other
                .map(|_| Checked::ready(format!("{} answers and has every field that is asked for.", settings.at("")))),
        }
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        if !["phones", "do_not_call"].contains(&setting) && !Chosen::SETTINGS.contains(&setting) {
            return Ok(Vec::new());
        }
        Ok(narrowed(described(settings)?.into_iter().map(|(name, label)| Choice::new(name, label)), query))
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let mut run = Run::<String>::at(cursor, settings.pace());
        let further = match run.next() {
            Some(address) => {
                let answer = further(settings, address, limit)?;
                if says(&answer, "INVALID_QUERY_LOCATOR") { None } else { Some(answered(answer)?.json()?) }
            }
            None => None,
        };
        let found: Found = match further {
            Some(found) => found,
            None => {
                // The first page, or the place is not kept any more.
                if run.next().is_some() {
                    run = run.again();
                }
                let question = soql::people(settings, &settings.selected()?, run.since());
                ask(settings, if run.since().is_some() { "queryAll" } else { "query" }, &question, limit)?
            }
        };
        let gone = if run.since().is_some() { not_fulfilling(settings, &found.records)? } else { BTreeSet::new() };
        let fields = settings.fields();
        let leads: Vec<_> = found.records.iter().map(|record| lead(settings, &fields, record, &gone)).collect();
        Ok(run.page(leads, found.next_records_url))
    }
}

campanile_plugin_sdk::export!(lead_importer: SalesforceImporter);

fn lead(
    settings: &Settings,
    fields: &Fields,
    record: &Json,
    gone: &BTreeSet<String>,
) -> Result<IncomingLead, Rejected> {
    let id = field(record, "Id").and_then(text).unwrap_or_default();
    let is_converted = settings.skips_converted() && field(record, "IsConverted").is_some_and(is_yes);
    let is_deleted = field(record, "IsDeleted").is_some_and(is_yes);
    if !id.is_empty() && (is_deleted || is_converted || gone.contains(&id)) {
        return Ok(IncomingLead { deleted: true, ..IncomingLead::without_phone(id) });
    }
    fields.lead(record)
}

/// Who of a page does not fulfil the condition, as far as they are there at all.
fn not_fulfilling(settings: &Settings, records: &[Json]) -> Result<BTreeSet<String>, PluginError> {
    if settings.condition.trim().is_empty() {
        return Ok(BTreeSet::new());
    }
    let there = records.iter().filter(|record| !field(record, "IsDeleted").is_some_and(is_yes));
    let mut gone: BTreeSet<String> = there.filter_map(|record| field(record, "Id").and_then(text)).collect();
    let ids: Vec<String> = gone.iter().cloned().collect();
    for some in ids.chunks(IDS) {
        let some: Vec<_> = some.iter().map(String::as_str).collect();
        let found: Found = ask(settings, "query", &soql::fulfilling(settings, &some), *BATCH.end())?;
        for id in found.records.iter().filter_map(|record| field(record, "Id").and_then(text)) {
            gone.remove(&id);
        }
    }
    Ok(gone)
}

/// The first answer to a question.
fn ask(settings: &Settings, resource: &str, question: &str, limit: u32) -> Result<Found, PluginError> {
    let request = Request::get(settings.at(&format!("{API}/{resource}/"))).query("q", question);
    answered(sized(request, limit).send()?)?.json()
}

/// Another one, at the address that the one before told. It is a path; the records that are deleted come too, if the
/// question was for them.
fn further(settings: &Settings, address: &str, limit: u32) -> Result<Response, PluginError> {
    if !address.starts_with("/services/data/") {
        let why = format!("Salesforce says that its next page is at {address:?}, which is no path of its API");
        return Err(PluginError::new("paging_strange", why));
    }
    Ok(sized(Request::get(settings.at(address)), limit).send()?)
}

fn sized(request: Request, limit: u32) -> Request {
    let batch = limit.clamp(*BATCH.start(), *BATCH.end());
    request.header("sforce-query-options", format!("batchSize={batch}")).auth("app")
}

/// Whether an answer is a fault with this code.
fn says(answer: &Response, code: &str) -> bool {
    let faults: Vec<Json> = if answer.is_ok() { Vec::new() } else { answer.json().unwrap_or_default() };
    faults.iter().any(|fault| fault.get("errorCode").and_then(Json::as_str) == Some(code))
}

/// The answer, if it is one.
fn answered(answer: Response) -> Result<Response, PluginError> {
    if says(&answer, "REQUEST_LIMIT_EXCEEDED") {
        // The same code is for too many long requests at once, which is over sooner; the message tells.
        let concurrent = answer.text().contains("Concurrent");
        return Err(answer.busy(Some(if concurrent { 60_000 } else { DAY_SPENT_MS })));
    }
    let wrong = ["INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY", "INVALID_QUERY_FILTER_OPERATOR"];
    if wrong.iter().any(|code| says(&answer, code)) {
        return Err(PluginError { code: "misconfigured".to_owned(), ..answer.error() });
    }
    answer.ok()
}

/// The object's fields, by name and label.
fn described(settings: &Settings) -> Result<Vec<(String, String)>, PluginError> {
    #[derive(Deserialize)]
    struct Described {
        fields: Vec<Column>,
    }
    #[derive(Deserialize)]
    struct Column {
        name: String,
        #[serde(default)]
        label: String,
    }
    let path = format!("{API}/sobjects/{}/describe", settings.object.name());
    let described: Described = answered(Request::get(settings.at(&path)).auth("app").send()?)?.json()?;
    Ok(described.fields.into_iter().map(|field| (field.name, field.label)).collect())
}

#[cfg(test)]
mod tests;
