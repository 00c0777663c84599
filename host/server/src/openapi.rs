//! The OpenAPI document, made from the handlers.
//!
//! What every operation shares (problems, who may) is added here once instead of being copied into sixty places.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

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
        (name = "imports", description = "Lead files"),
        (name = "calls", description = "What was dialled and what came of it"),
        (name = "assistants", description = "Who speaks"),
        (name = "gateways", description = "Through what calls are placed"),
        (name = "sources", description = "Importers that feed campaigns"),
        (name = "sinks", description = "Plugins that write results back to where leads came from"),
        (name = "webhooks", description = "Endpoints of other systems that are told what happens"),
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
        components.add_security_scheme("key", scheme("A key of an account: cpn_live_... or cpn_test_..."));
        components.add_security_scheme("operator", scheme("The operator's key: cpn_operator_..."));
    }
}

/// The frame without routes.
pub(crate) fn frame() -> OpenApi {
    Frame::openapi()
}

/// Adds to every operation what all of them answer when they do not.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        if let Some(operation) = item.post.as_mut().filter(|_| TAKES_KEY.contains(&path.as_str())) {
            operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
        }
        let operations =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten();
        operations.for_each(add_problem);
    }
    document
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

fn add_problem(operation: &mut Operation) {
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
