//! Brings leads or contacts in from Zoho CRM.
//!
//! A run reads the records and, when it asks for changes, after them the list of the deleted; see `place` for where it
//! is. Nothing new is an answer without a body (204, 304). Whoever is converted stays a record and is no lead any more.

mod place;
mod settings;

use campanile_plugin_sdk::dates;
use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::importer::{IncomingLead, LeadImporter, Page, Rejected};
use campanile_plugin_sdk::records::{Chosen, Fields, field, is_yes, text};
use campanile_plugin_sdk::sync::Run;
use campanile_plugin_sdk::types::{Checked, Choice, PluginError, narrowed};
use serde::Deserialize;
use serde_json::Value as Json;

use place::{Place, Records};
pub use settings::Settings;

/// The most that a list answers at once.
const MOST: u32 = 200;
/// The most fields that can be asked for.
const MOST_FIELDS: usize = 50;
/// How long to wait when credits are used up: they are counted over the last 24 hours, so some come back soon.
const CREDITS_SPENT_MS: u64 = 900_000;

/// The importer.
pub struct ZohoImporter;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Found {
    data: Vec<Json>,
    info: Info,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    more_records: bool,
    next_page_token: Option<String>,
}

impl LeadImporter for ZohoImporter {
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<Checked, PluginError> {
        let known = match field_names(settings) {
            Ok(known) => known,
            Err(error) => {
                return match error.code.as_str() {
                    "http_unauthorised" => {
                        Ok(Checked::misconfigured(error.message, ["accounts", "client_id", "client_secret"]))
                    }
                    "http_denied" => Ok(Checked::misconfigured(error.message, ["accounts", "api_base"])),
                    "http_not_permitted" => {
                        let why =
                            format!("Zoho does not let the connection read; authorise it again: {}", error.message);
                        Ok(Checked::misconfigured(why, ["client_id"]))
                    }
                    _ if error.is_passing() => Ok(Checked::unreachable(error.message)),
                    _ => Err(error),
                };
            }
        };
        let missing: Vec<_> =
            settings.named().filter(|(_, name)| !known.iter().any(|(known, _)| known == name)).collect();
        if !missing.is_empty() {
            let names: Vec<_> = missing.iter().map(|(_, name)| *name).collect();
            let why = format!("{} has no field {}.", settings.module.name(), names.join(", "));
            return Ok(Checked::misconfigured(why, missing.iter().map(|(setting, _)| *setting)));
        }
        if settings.selected().len() > MOST_FIELDS {
            let why =
                format!("{} fields are asked for; Zoho answers at most {MOST_FIELDS}.", settings.selected().len());
            return Ok(Checked::misconfigured(why, ["variables"]));
        }
        match records(settings, None, &Records::default(), 1).and_then(answered) {
            Err(error) if error.code == "http_refused" && !settings.view.is_empty() => {
                Ok(Checked::misconfigured(format!("Zoho does not know the view: {}", error.message), ["view"]))
            }
            Err(error) => Err(error),
            Ok(_) => {
                let org = answered(ask(settings, "/org").send()?).and_then(|answer| answer.json::<Json>()).ok();
                let name = org.and_then(|org| org.pointer("/org/0/company_name").and_then(text));
                let of = name.map(|name| format!(" of {name}")).unwrap_or_default();
                Ok(Checked::ready(format!("The CRM{of} answers and has every field that is asked for.")))
            }
        }
    }

    fn options(setting: &str, query: &str, settings: &Settings) -> Result<Vec<Choice>, PluginError> {
        let all = match setting {
            "view" => listed(settings, "/settings/custom_views", "custom_views", ["id", "display_value"])?,
            "phones" | "do_not_call" => field_names(settings)?,
            setting if Chosen::SETTINGS.contains(&setting) => field_names(settings)?,
            _ => Vec::new(),
        };
        Ok(narrowed(all.into_iter().map(|(name, label)| Choice::new(name, label)), query))
    }

    fn pull(cursor: Option<&str>, limit: u32, settings: &Settings) -> Result<Page, PluginError> {
        let mut run = Run::<Place>::at(cursor, settings.pace());
        let limit = limit.clamp(1, MOST);
        let place = match run.next() {
            Some(Place::Deleted { page }) => return deleted(settings, *page, limit, run),
            Some(Place::Records(place)) => place.clone(),
            None => Records { from: run.since(), token: None },
        };
        let (place, answer) = match records(settings, run.since(), &place, limit)? {
            // The token is not known any more. If something else is wrong, the question without it says so.
            answer if answer.status == 400 && place.token.is_some() => {
                run = run.again();
                let place = Records { token: None, ..place };
                let answer = records(settings, run.since(), &place, limit)?;
                (place, answer)
            }
            answer => (place, answer),
        };
        let found = found(answered(answer)?)?;
        let fields = settings.fields();
        let leads: Vec<_> = found.data.iter().map(|record| lead(settings, &fields, record)).collect();
        let token = found.info.next_page_token.filter(|token| found.info.more_records && !token.is_empty());
        if token.is_some() && token == place.token {
            return Err(PluginError::new("paging_stuck", "Zoho answers the same page token again and again"));
        }
        let next = match token {
            Some(token) => Some(Place::Records(place.after(&found.data, token))),
            None if run.since().is_some() => Some(Place::Deleted { page: 1 }),
            None => None,
        };
        Ok(run.page(leads, next))
    }
}

campanile_plugin_sdk::export!(lead_importer: ZohoImporter);

fn lead(settings: &Settings, fields: &Fields, record: &Json) -> Result<IncomingLead, Rejected> {
    let is_converted = || ["Converted__s", "$converted"].iter().any(|name| field(record, name).is_some_and(is_yes));
    match field(record, "id").and_then(text) {
        Some(id) if settings.skips_converted() && is_converted() => {
            Ok(IncomingLead { deleted: true, ..IncomingLead::without_phone(id) })
        }
        _ => fields.lead(record),
    }
}

/// A page of whoever was deleted.
fn deleted(settings: &Settings, page: u32, limit: u32, run: Run<Place>) -> Result<Page, PluginError> {
    let mut request = ask(settings, &format!("/{}/deleted", settings.module.name()));
    request = request.query("type", "all").query("page", page).query("per_page", limit);
    if let Some(since) = run.since() {
        request = request.header("if-modified-since", dates::to_rfc3339(since));
    }
    let found = found(answered(request.send()?)?)?;
    let gone = found.data.iter().filter_map(|record| field(record, "id").and_then(text));
    let gone = gone.map(|id| Ok(IncomingLead { deleted: true, ..IncomingLead::without_phone(id) }));
    let next = found.info.more_records.then_some(Place::Deleted { page: page + 1 });
    Ok(run.page(gone.collect::<Vec<_>>(), next))
}

fn ask(settings: &Settings, path: &str) -> Request {
    Request::get(settings.at(path)).auth("zoho")
}

/// A page of the records, by when they changed.
fn records(settings: &Settings, since: Option<i64>, place: &Records, limit: u32) -> Result<Response, PluginError> {
    let mut request = ask(settings, &format!("/{}", settings.module.name()));
    request = request.query("fields", settings.selected().join(",")).query("per_page", limit);
    request = request.query("sort_by", "Modified_Time").query("sort_order", "asc");
    if settings.module == settings::Module::Leads {
        // Whoever was converted since is to be told as gone; a whole list simply does not have them.
        let is_told = since.is_some() || !settings.skip_converted;
        request = request.query("converted", if is_told { "both" } else { "false" });
    }
    if !settings.view.is_empty() {
        request = request.query("cvid", &settings.view);
    }
    if let Some(token) = &place.token {
        request = request.query("page_token", token);
    }
    if let Some(from) = place.from {
        request = request.header("if-modified-since", dates::to_rfc3339(from));
    }
    Ok(request.send()?)
}

/// The answer, if it is one; 304 is "nothing new" and comes without a body.
fn answered(answer: Response) -> Result<Response, PluginError> {
    let code = answer.json::<Json>().ok().and_then(|body| body.get("code").and_then(text)).unwrap_or_default();
    match code.as_str() {
        "TOO_MANY_REQUESTS" => Err(answer.busy(None)),
        "LIMIT_EXCEEDED" | "API_LIMIT_EXCEEDED" | "CREDITS_EXCEEDED" => Err(answer.busy(Some(CREDITS_SPENT_MS))),
        _ if answer.status == 304 => Ok(answer),
        _ => answer.ok(),
    }
}

fn found(answer: Response) -> Result<Found, PluginError> {
    if matches!(answer.status, 204 | 304) { Ok(Found::default()) } else { answer.json() }
}

/// Two fields of each entry in one of Zoho's lists of settings.
fn listed(settings: &Settings, path: &str, list: &str, pair: [&str; 2]) -> Result<Vec<(String, String)>, PluginError> {
    let answer = answered(ask(settings, path).query("module", settings.module.name()).send()?)?;
    let body: Json = if answer.status == 200 { answer.json()? } else { Json::Null };
    let read = |one: &Json| {
        let value = field(one, pair[0]).and_then(text)?;
        let label = field(one, pair[1]).and_then(text).unwrap_or_else(|| value.clone());
        Some((value, label))
    };
    Ok(body.get(list).and_then(Json::as_array).into_iter().flatten().filter_map(read).collect())
}

/// The module's fields, by name and label.
fn field_names(settings: &Settings) -> Result<Vec<(String, String)>, PluginError> {
    listed(settings, "/settings/fields", "fields", ["api_name", "display_label"])
}

#[cfg(test)]
mod tests;
