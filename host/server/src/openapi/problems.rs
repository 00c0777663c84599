//! Which problems an operation can answer with.
//!
//! Most of it follows from what the operation is: one that needs a key can lack it, one that takes a body can be sent a bad one,
//! one that names an object can name nobody's. That is [`shared`]; what an operation refuses for reasons of its own is a line of
//! [`SPECIAL`]. The tests hold every answer that any of them receives against the outcome, so that a code which is answered and
//! not listed fails, and `tests/run` looks afterwards that every line of the table was seen.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use utoipa::openapi::content::Content;
use utoipa::openapi::path::Operation;
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::security::Opened;
use super::takes_promise;
use crate::codes::{self, Code};

/// Operations that refuse for reasons of their own: method, path, codes. In the order of the router.
pub(crate) static SPECIAL: &[(&str, &str, &[&Code])] = &[
    ("get", "/readyz", &[&codes::NOT_READY]),
    ("get", "/errors/{code}", &[&codes::NOT_FOUND]),
    // accounts
    ("post", "/v1/tenants/{id}/top_up", &[&codes::CONFLICT]),
    ("get", "/v1/balance/ledger", &[&codes::NOT_FOUND]),
    ("post", "/v1/quarantine/release", &[&codes::CONFLICT]),
    // who speaks, through what
    ("post", "/v1/gateways", &[&codes::SIMULATED_ONLY, &codes::PLUGIN_NOT_GRANTED]),
    ("post", "/v1/gateways/{id}/check", &[&codes::GATEWAY_FAILED]),
    ("get", "/v1/gateways/{id}/options", &[&codes::GATEWAY_FAILED]),
    // campaigns
    ("post", "/v1/campaigns", &[&codes::ACCOUNT_FULL]),
    ("post", "/v1/campaigns/{id}/clone", &[&codes::ACCOUNT_FULL]),
    ("patch", "/v1/campaigns/{id}", &[&codes::REVISION_MISMATCH]),
    ("delete", "/v1/campaigns/{id}", &[&codes::INVALID_VERB, &codes::REVISION_MISMATCH]),
    ("get", "/v1/campaigns/{id}/preflight", &[&codes::NOT_READY]),
    ("get", "/v1/campaigns/{id}/explain", &[&codes::NOT_READY]),
    ("post", "/v1/campaigns/{id}/start", &[&codes::CANNOT_START]),
    ("post", "/v1/campaigns/{id}/pause", &[&codes::INVALID_VERB]),
    ("post", "/v1/campaigns/{id}/resume", &[&codes::CANNOT_START, &codes::INVALID_VERB]),
    ("post", "/v1/campaigns/{id}/stop", &[&codes::INVALID_VERB]),
    // leads
    ("post", "/v1/campaigns/{id}/leads", &[&codes::DUPLICATE_LEAD, &codes::ACCOUNT_FULL]),
    ("post", "/v1/campaigns/{id}/leads:batch", &[&codes::ACCOUNT_FULL]),
    ("put", "/v1/campaigns/{id}/leads/external/{external_id}", &[&codes::DUPLICATE_LEAD, &codes::ACCOUNT_FULL]),
    ("get", "/v1/leads/{id}/explain", &[&codes::NOT_READY]),
    // lead files
    ("get", "/v1/imports", &[&codes::NOT_FOUND]),
    (
        "post",
        "/v1/imports",
        &[&codes::NOT_FOUND, &codes::INVALID_CONTENT, &codes::FILE_REJECTED, &codes::NO_STORAGE_FOR_UPLOAD],
    ),
    ("post", "/v1/imports/{id}/review", &[&codes::FILE_REJECTED]),
    ("get", "/v1/imports/{id}/rejects", &[&codes::CONFLICT]),
    // where leads come from by themselves, and where results go
    ("post", "/v1/sources", &[&codes::PLUGIN_NOT_GRANTED]),
    ("get", "/v1/sources/{id}/options", &[&codes::IMPORTER_FAILED]),
    ("post", "/v1/sources/{id}/check", &[&codes::IMPORTER_FAILED]),
    ("post", "/v1/sinks", &[&codes::PLUGIN_NOT_GRANTED]),
    ("get", "/v1/sinks/{id}/options", &[&codes::SINK_FAILED]),
    ("post", "/v1/sinks/{id}/check", &[&codes::SINK_FAILED]),
    ("get", "/v1/events", &[&codes::NOT_FOUND, &codes::EVENTS_GONE, &codes::TOO_MANY_STREAMS]),
    // calls
    ("post", "/v1/calls", &[&codes::CALL_NOT_NOW, &codes::ACCOUNT_FULL]),
    ("post", "/v1/evaluations/compare", &[&codes::NOT_FOUND]),
    // what decides
    ("post", "/v1/scripts", &[&codes::SCRIPT_REJECTED, &codes::NO_ROOM_FOR_PLUGIN]),
    ("post", "/v1/scripts/{name}/replay", &[&codes::SCRIPT_REJECTED]),
    ("post", "/v1/scripts/check", &[&codes::SCRIPT_REJECTED]),
    ("post", "/v1/scripts/test", &[&codes::SCRIPT_REJECTED]),
    ("post", "/v1/scripts/run", &[&codes::NOT_FOUND, &codes::SCRIPT_REJECTED]),
    // what accounts upload
    ("post", "/v1/plugins", &[&codes::PLUGIN_REJECTED, &codes::NO_ROOM_FOR_PLUGIN, &codes::TOO_MANY_UPLOADS]),
    (
        "post",
        "/v1/plugins/{name}/versions/{version}/activate",
        &[&codes::PLUGIN_NOT_GRANTED, &codes::PLUGIN_SETTINGS_UNFIT],
    ),
    ("post", "/v1/plugins/{name}/rollback", &[&codes::PLUGIN_NOT_GRANTED, &codes::PLUGIN_SETTINGS_UNFIT]),
    ("post", "/v1/connections", &[&codes::NOT_FOUND, &codes::PLUGIN_NOT_GRANTED]),
    // the world outside
    (
        "get",
        "/hooks/connections/{id}/callback",
        &[&codes::NO_SUCH_PATH, &codes::CONSENT_INVALID, &codes::CONSENT_FAILED],
    ),
    ("post", "/hooks/gateways/{id}/{token}", &[&codes::NO_SUCH_PATH, &codes::MALFORMED_BODY, &codes::TOO_LARGE]),
    (
        "post",
        "/hooks/sources/{id}/{token}",
        &[&codes::NO_SUCH_PATH, &codes::MALFORMED_BODY, &codes::TOO_LARGE, &codes::CONFLICT],
    ),
];

/// What follows from what the operation is.
fn shared(method: &str, path: &str, operation: &Operation) -> Vec<&'static Code> {
    let writes = method != "get";
    // Every path refuses parameters and promises that it does not know, and anything may break.
    let mut found = vec![&codes::INVALID_PARAMETER, &codes::INTERNAL];
    if writes {
        found.extend([&codes::STORAGE_UNWRITABLE, &codes::NOT_READY]);
    }
    let Some(opened) = Opened::of(operation) else { return found };
    found.push(&codes::UNAUTHENTICATED);
    if opened.by_accounts() {
        found.push(&codes::TOO_MANY_REQUESTS);
    }
    if opened.by_accounts() != opened.by_operator() {
        found.push(&codes::WRONG_KEY);
    }
    if !opened.scopes().is_empty() {
        found.push(&codes::MISSING_SCOPE);
    }
    if writes && opened.by_accounts() {
        // Of a suspended account, of a state that does not allow it, of what somebody else just changed.
        found.extend([&codes::CONFLICT, &codes::CHANGED_MEANWHILE]);
    }
    if path.contains('{') {
        found.push(&codes::NOT_FOUND);
    }
    let json =
        |body: &RefOr<RequestBody>| matches!(body, RefOr::T(body) if body.content.contains_key("application/json"));
    match &operation.request_body {
        Some(body) => {
            found.extend([&codes::WRONG_CONTENT_TYPE, &codes::MALFORMED_BODY, &codes::TOO_LARGE]);
            found.extend(json(body).then_some(&codes::INVALID_CONTENT));
        }
        // Nothing is asked for, and a wish that nobody reads is refused.
        None if method == "post" => found.extend([&codes::MALFORMED_BODY, &codes::TOO_LARGE, &codes::INVALID_CONTENT]),
        None => {}
    }
    if takes_promise(method, path) {
        found.push(&codes::IDEMPOTENCY_KEY_REUSED);
    }
    found
}

/// Every code that the operation can answer with, by status and number.
pub(super) fn of(method: &str, path: &str, operation: &Operation) -> BTreeMap<String, BTreeSet<&'static str>> {
    let special = SPECIAL.iter().filter(|(verb, place, _)| *verb == method && *place == path);
    let special = special.flat_map(|(_, _, codes)| codes.iter().copied());
    let mut all = BTreeMap::<String, BTreeSet<&str>>::new();
    for code in shared(method, path, operation).into_iter().chain(special) {
        all.entry(code.status.as_str().to_owned()).or_default().insert(code.code);
    }
    all
}

/// The answer that carries one of these codes, in the words of the handler, if it has some, and of the codes.
pub(super) fn response(codes: &BTreeSet<&'static str>, described: Option<String>) -> Response {
    let all = codes::all().filter(|code| codes.contains(code.code));
    let titles = all.map(|code| format!("{} ({})", code.title, code.code)).collect::<Vec<_>>().join(", or: ");
    let description = described.map_or(titles.clone(), |words| format!("{words}. {titles}"));
    let mut response = ResponseBuilder::new().description(description).build();
    response.content.insert("application/problem+json".into(), content(codes).into());
    if codes::all().any(|code| codes.contains(code.code) && code.status == StatusCode::TOO_MANY_REQUESTS) {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer);
        let header =
            HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds after which it may be tried again"));
        response.headers.insert("Retry-After".into(), RefOr::T(header.build()));
    }
    response
}

fn content(codes: &BTreeSet<&'static str>) -> Content {
    let shown =
        codes.iter().map(|code| ((*code).to_owned(), RefOr::Ref(Ref::new(format!("#/components/examples/{code}")))));
    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).examples_from_iter(shown).build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_is_about_an_operation_and_says_what_does_not_follow_anyway() {
        let document = crate::openapi();
        let mut lines = BTreeSet::new();
        for (method, path, codes) in SPECIAL {
            assert!(lines.insert((method, path)), "{method} {path} is there twice");
            let item = document.paths.paths.get(*path).unwrap_or_else(|| panic!("there is no path {path}"));
            let mut operations = super::super::operations::operations_of(item);
            let operation = operations.find(|(verb, _)| verb == method).unwrap_or_else(|| panic!("{method} {path}")).1;
            let shared = shared(method, path, operation);
            for code in *codes {
                assert!(!shared.iter().any(|known| known.code == code.code), "{method} {path}: {} follows", code.code);
            }
        }
    }
}
