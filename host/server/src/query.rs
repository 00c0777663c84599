//! Reads query strings as strictly as bodies: an unknown parameter is an error, because a filter that is silently
//! ignored shows a person rows they did not ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Query as Plain};
use http::request::Parts;
use serde::de::DeserializeOwned;
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::{OpenApi, PathItem, RefOr};

use crate::openapi::operations::operations_of;
use crate::problem::Problem;

/// How the domain says that a text names no country.
pub(crate) const NOT_A_COUNTRY: &str = "is not a country";

/// The query of a request; `T` denies unknown fields.
pub(crate) struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Plain::<T>::try_from_uri(&parts.uri) {
            Ok(Plain(read)) => Ok(Self(read)),
            Err(rejection) => Err(refused(&rejection.body_text())),
        }
    }
}

/// The parameters of every path, as the OpenAPI document lists them; all methods of a path together. The router, which
/// makes the document, puts them where [`check`] finds them.
#[derive(Debug)]
pub(crate) struct Known(BTreeMap<String, BTreeSet<String>>);

impl Known {
    /// Those of a document.
    pub(crate) fn of(document: &OpenApi) -> Self {
        let names = |item: &PathItem| -> BTreeSet<String> {
            let parameters = operations_of(item).filter_map(|(_, operation)| operation.parameters.as_ref());
            let written = parameters.flatten().filter_map(|parameter| match parameter {
                RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
                _ => None,
            });
            written.collect()
        };
        Self(document.paths.paths.iter().map(|(path, item)| (path.clone(), names(item))).collect())
    }
}

/// Refuses parameters that the path does not have at all. Handlers that take some check theirs again, method by method.
pub(crate) fn check(parts: &Parts) -> Result<(), Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let path = parts.extensions.get::<MatchedPath>().map_or("", |path| path.as_str());
    let none = BTreeSet::new();
    let known = parts.extensions.get::<Arc<Known>>().and_then(|known| known.0.get(path)).unwrap_or(&none);
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    let unknown = query.split('&').map(name).find(|name| !name.is_empty() && !known.contains(name));
    let Some(unknown) = unknown else { return Ok(()) };
    let list: Vec<&str> = known.iter().map(String::as_str).collect();
    let known = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
    let message = format!("there is no parameter {unknown:?} here; known: {known}");
    Err(Problem::parameter(&unknown, "unknown_parameter", message))
}

fn refused(text: &str) -> Problem {
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    let within = |before: &str| text.split_once(before).and_then(|(_, rest)| rest.split('`').next());
    if let Some(name) = within("unknown field `") {
        let known = text.split_once(", expected ").map_or("none", |(_, known)| known);
        let known = known.replace('`', "").replace("one of ", "");
        return Problem::parameter(
            name,
            "unknown_parameter",
            format!("there is no parameter {name:?}; known: {known}"),
        );
    }
    if let Some(name) = within("missing field `") {
        return Problem::parameter(name, "required", format!("the parameter {name:?} has to be sent"));
    }
    if let Some(name) = within("duplicate field `") {
        return Problem::parameter(name, "repeated", format!("the parameter {name:?} is sent twice; send it once"));
    }
    match text.split_once(": ") {
        Some((name, why)) if why.contains(NOT_A_COUNTRY) => {
            Problem::parameter(name, "unknown_region", format!("{name:?} cannot be used: {why}"))
        }
        Some((name, why)) => Problem::parameter(name, "invalid", format!("{name:?} cannot be used: {why}")),
        None => Problem::parameter("", "invalid", text),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only that it is read matters")]
    struct Wanted {
        limit: Option<u32>,
        since: Option<campanile_domain::time::Timestamp>,
    }

    async fn code(query: &str) -> String {
        let uri = format!("/x?{query}");
        let (mut parts, ()) = http::Request::builder().uri(uri).body(()).unwrap().into_parts();
        let problem = Query::<Wanted>::from_request_parts(&mut parts, &()).await.err().expect("refused");
        format!("{problem:?}")
    }

    #[tokio::test]
    async fn unknown_wrong_and_repeated_parameters_are_named() {
        assert!(code("limits=1").await.contains(r#"pointer: "?limits", code: "unknown_parameter""#));
        assert!(code("limit=many").await.contains(r#"pointer: "?limit", code: "invalid""#));
        assert!(code("since=monday").await.contains("RFC 3339"));
        assert!(code("limit=1&limit=2").await.contains(r#"pointer: "?limit", code: "repeated""#));
    }
}
