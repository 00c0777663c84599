//! How the door for clients of hosted calling platforms says no: `{"message": ...}`, and `errors` by field where fields are
//! at fault.
//!
//! Those clients show `message` to a person and branch on the status, so the message is the first fault and not a summary.
//! Whatever else fails in front of or behind a handler (a path that is none, a panic, a full disk) is a problem of the
//! host first; [`crate::frame`] has it written in this shape for every path that [`owns`] says is the door's.

use axum::Json;
use axum::response::{IntoResponse, Response};
use campanile_domain::ports::store::StoreError;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use crate::codes;
use crate::problem::Problem;

/// Whether a path is answered in this shape.
pub(crate) fn owns(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// Seconds after which what was too much may be tried again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");

/// A request that was not done, and why.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: Map<String, Value>,
}

impl Refusal {
    /// With what happened, why, and what to do next.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let body = Map::from_iter([("message".to_owned(), Value::String(message.into()))]);
        Self { status, body }
    }

    /// 404 in the words that also answer for another account's object.
    pub(crate) fn not_found(what: &str, number: i64) -> Self {
        let message = format!("There is no {what} {number} in this account.");
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 422 with every fault, each a field and what is wrong with it. There is at least one.
    pub(crate) fn invalid(faults: Vec<(String, String)>) -> Self {
        let first = faults.first().map_or_else(String::new, |(_, message)| message.clone());
        let mut errors = Map::new();
        for (field, message) in faults {
            let known = errors.entry(field).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = known {
                list.push(Value::String(message));
            }
        }
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, first).with("errors", Value::Object(errors))
    }

    /// Adds something beside the message.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.body.insert(name.to_owned(), value.into());
        self
    }

    /// A problem of what is behind the door, its places renamed to the fields of the door: from the beginning of a pointer
    /// to a field.
    pub(crate) fn renamed(problem: &Problem, names: &[(&str, &str)]) -> Self {
        if problem.code().code != codes::INVALID_CONTENT.code || problem.errors().is_empty() {
            return Self::from(problem.clone());
        }
        let faults = problem.errors().iter().map(|fault| {
            let renamed = names.iter().find_map(|(from, to)| {
                let rest = fault.pointer.strip_prefix(from)?;
                (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
            });
            (field(renamed.as_deref().unwrap_or(&fault.pointer)), fault.message.clone())
        });
        Self::invalid(faults.collect())
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        Value::Object(self.body.clone()).to_string()
    }
}

/// `/secondary_contacts/0/phone` is `secondary_contacts.0.phone` here.
fn field(pointer: &str) -> String {
    pointer.trim_start_matches(['/', '?']).replace('/', ".")
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let code = problem.code();
        match code.code {
            known if known == codes::UNAUTHENTICATED.code => Self::new(code.status, "Unauthenticated."),
            known if known == codes::NO_SUCH_PATH.code => {
                let message = "There is no such route here; docs/moving-from-hosted.md lists those there are.";
                Self::new(code.status, message)
            }
            _ => Self::new(code.status, problem.detail()),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::from(Problem::from(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::FieldProblem;

    #[test]
    fn the_message_is_the_first_fault_and_places_are_the_doors_fields() {
        let faults = vec![
            FieldProblem::new("/variables/0/name", "x", "a bad name"),
            FieldProblem::new("/variables/0/name", "x", "and twice"),
            FieldProblem::new("/variables_more", "x", "another"),
        ];
        let refusal = Refusal::renamed(&Problem::invalid(faults), &[("/variables", "post_call_schema")]);
        let expected = r#"{"message":"a bad name","errors":{"post_call_schema.0.name":["a bad name","and twice"],"variables_more":["another"]}}"#;
        assert_eq!(refusal.text(), expected);
    }

    #[test]
    fn only_the_doors_paths_are_its_own() {
        assert!(owns("/api") && owns("/api/user/me"));
        assert!(!owns("/apis") && !owns("/v1/api/") && !owns("/"));
    }
}
