//! The OpenAPI document, made from the handlers.
//!
//! What every operation shares (problems, who may) is added here once instead of being copied into a hundred and fifty places, and
//! so is what its answers look like. The outcome is committed as `docs/openapi.json`, so that whoever reads a change reads what it
//! means for those who use the API; a test holds the two together and says how the file is written anew.

mod examples;
pub(crate) mod operations;
mod problems;
mod security;

use std::collections::BTreeMap;

use http::StatusCode;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

#[cfg(test)]
pub(crate) use self::examples::{Examples, SHOWN};
use self::operations::operations_of_mut;
#[cfg(test)]
pub(crate) use self::problems::SPECIAL;
use self::security::Opened;
use crate::codes;
use crate::idempotency::TAKES_KEY;
use crate::problem::{Document, FieldProblem};
use crate::schema::replay::ReplayReport;

/// The frame that the routes are put into.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Campanile", description = "Runs outbound calling campaigns.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(Document<'_>, FieldProblem, ReplayReport)),
    modifiers(&Keys),
    tags(
        (name = "campaigns", description = "Whom an assistant calls, when, and how often"),
        (name = "leads", description = "People to reach"),
        (name = "suppressions", description = "The do-not-call list"),
        (name = "erasures", description = "People of whom nothing is kept"),
        (name = "retention", description = "How long an account keeps what"),
        (name = "imports", description = "Lead files"),
        (name = "calls", description = "What was dialled and what came of it"),
        (name = "assistants", description = "Who speaks"),
        (name = "gateways", description = "Through what calls are placed"),
        (name = "sources", description = "Importers that feed campaigns"),
        (name = "sinks", description = "Plugins that write results back to where leads came from"),
        (name = "webhooks", description = "Endpoints of other systems that are told what happens"),
        (name = "events", description = "What happens in an account, as it happens or by the page"),
        (name = "plugins", description = "Components that an account uploads: versions, grants, what they used"),
        (name = "jobs", description = "Long work that was asked for: how far it is and what came of it"),
        (name = "connections", description = "Shared credentials at other systems, given by a person's consent"),
        (name = "scripts", description = "What decides after a call, when it is not the built-in rule"),
        (name = "balance", description = "What an account has, and every movement of its money"),
        (name = "keys", description = "What opens an account"),
        (name = "audit", description = "Who did what in an account"),
        (name = "tenants", description = "Accounts, for the operator of the host"),
        (name = "hooks", description = "Where providers send what happens to calls, and people come back from consenting"),
        (name = "system", description = "Health, version, and the pages about errors"),
    )
)]
struct Frame;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = |about: &str| {
            let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build();
            SecurityScheme::Http(http)
        };
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "key",
            scheme("A key of an account: cpn_live_... or cpn_test_...; the scope admin implies every other"),
        );
        components.add_security_scheme("operator", scheme("The operator's key: cpn_operator_..."));
    }
}

/// The frame without routes.
pub(crate) fn frame() -> OpenApi {
    Frame::openapi()
}

/// Whether a promise of the client is kept there.
fn takes_promise(method: &str, path: &str) -> bool {
    method == "post" && TAKES_KEY.contains(&path)
}

/// Adds to every operation what the handlers' annotations do not say: the shared header, who may, every problem, the examples of
/// answers.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    let mut shared = BTreeMap::new();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_of_mut(item) {
            if takes_promise(method, path) {
                operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
            }
            say_who_may(operation);
            describe_answers(operation);
            add_problems(method, path, operation, &mut shared);
        }
    }
    let components = document.components.get_or_insert_default();
    components.responses.extend(shared);
    if let Some(RefOr::T(Schema::Object(problem))) = components.schemas.get_mut("Problem")
        && let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code")
    {
        code.enum_values = Some(codes::all().map(|code| code.code.into()).collect());
    }
    examples::KEPT.put_into(&mut document);
    document
}

/// Every answer has to be described; most handlers leave it at what is in it.
fn describe_answers(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let known = status.parse().ok().and_then(|status: StatusCode| status.canonical_reason());
        if let (RefOr::T(response), Some(reason)) = (response, known)
            && response.description.is_empty()
        {
            reason.clone_into(&mut response.description);
        }
    }
}

fn say_who_may(operation: &mut Operation) {
    let sentence = match Opened::of(operation) {
        Some(opened) => opened.sentence(),
        None => {
            operation.security = Some(Vec::new());
            "Needs no key.".to_owned()
        }
    };
    let said = operation.description.take().map(|said| format!("{said}\n\n{sentence}"));
    operation.description = Some(said.unwrap_or(sentence));
}

fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "1 to 255 characters of your choosing: the same request sent again within a day is answered and not repeated",
        ))
        .schema(Some(
            ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$")),
        ))
        .build()
}

/// Lists what the operation can refuse. An answer that the handler says nothing of its own about is shared with all others that
/// carry the same codes.
fn add_problems(method: &str, path: &str, operation: &mut Operation, shared: &mut BTreeMap<String, RefOr<Response>>) {
    for (status, codes) in problems::of(method, path, operation) {
        let described = match operation.responses.responses.remove(&status) {
            Some(RefOr::T(response)) => Some(response.description),
            _ => None,
        };
        let response = if described.is_some() {
            RefOr::T(problems::response(&codes, described))
        } else {
            let name = codes.iter().copied().collect::<Vec<_>>().join("_");
            let there = Ref::new(format!("#/components/responses/{name}"));
            shared.entry(name).or_insert_with(|| RefOr::T(problems::response(&codes, None)));
            RefOr::Ref(there)
        };
        operation.responses.responses.insert(status, response);
    }
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new()
        .description("The request was not done: a problem document with a code, every fault and the request's id")
        .content("application/problem+json", content)
        .build();
    operation.responses.responses.insert("default".into(), RefOr::T(response));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use crate::testing::Host;

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(name)) = object.get("$ref") {
                    found.insert(name.clone());
                }
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[tokio::test]
    async fn the_document_is_served_and_whole() {
        let host = Host::new().await;
        let served = host.get(None, "/openapi.json").await;
        assert_eq!((served.status, served.body["openapi"].as_str()), (200, Some("3.1.0")));
        let mut found = BTreeSet::new();
        references(&served.body, &mut found);
        assert!(found.len() > 10);
        for name in found {
            let pointer = name.strip_prefix('#').unwrap();
            assert!(served.body.pointer(pointer).is_some(), "{name} is referred to and not there");
        }
    }

    #[tokio::test]
    async fn the_document_can_be_read_by_people_without_the_internet() {
        let host = Host::new().await;
        let page = host.get(None, "/docs/").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("swagger-ui") && !page.text.contains("https://"), "{}", page.text);
    }

    #[test]
    fn operations_have_names_of_their_own_and_say_what_they_do() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        let mut names = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned()), "{name} is there twice");
                assert!(
                    operation["summary"].as_str().is_some_and(|text| text.len() > 10),
                    "{method} {path} says what it does"
                );
                assert!(operation["responses"]["default"].is_object());
            }
        }
    }

    #[test]
    fn every_answer_is_shown_and_every_refusal_named() {
        let document: Value = serde_json::to_value(crate::openapi()).unwrap();
        let resolved = |response: &Value| match response["$ref"].as_str() {
            Some(name) => document.pointer(name.trim_start_matches('#')).unwrap().clone(),
            None => response.clone(),
        };
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let place = format!("{method} {path}");
                assert!(operation["security"].is_array(), "{place} says who may");
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let response = resolved(response);
                    assert!(!response["description"].as_str().unwrap_or_default().is_empty(), "{place} {status}");
                    let problem = &response["content"]["application/problem+json"];
                    if let Some(json) = response["content"].get("application/json") {
                        assert!(json["example"].is_object(), "{place} shows what it answers with {status}");
                    } else if matches!(status.as_bytes()[0], b'4' | b'5') {
                        assert!(problem["examples"].as_object().is_some_and(|all| !all.is_empty()), "{place} {status}");
                    }
                }
                let refused = |status: &str| operation["responses"].get(status).is_some();
                assert_eq!(refused("401"), operation["security"] != Value::Array(Vec::new()), "{place}");
            }
        }
        let codes: Vec<Value> = crate::all_codes().map(|code| code.code.into()).collect();
        assert_eq!(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"], Value::Array(codes));
        for code in crate::all_codes() {
            let shown = &document["components"]["examples"][code.code]["value"];
            assert_eq!((&shown["code"], &shown["status"]), (&code.code.into(), &code.status.as_u16().into()));
        }
    }

    #[test]
    fn the_document_names_the_header_where_it_is_taken_and_nowhere_else() {
        let document: Value = serde_json::to_value(crate::openapi()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let mut parameters = operation["parameters"].as_array().into_iter().flatten();
                let named = parameters.any(|one| one["in"] == "header" && one["name"] == "Idempotency-Key");
                assert_eq!(named, method == "post" && super::TAKES_KEY.contains(&path.as_str()), "{method} {path}");
            }
        }
    }
}
