//! Turns a call of a tool into the request that its route takes.
//!
//! Only what the route could not be asked at all is refused here (an argument without a place, one that is missing, a list where a
//! text goes); whether the values are right is the route's to say, in its own words.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Request, header};
use rmcp::model::JsonObject;
use serde_json::{Map, Value};

use super::caller::Caller;
use super::schema::ROWS;
use super::tool::{Place, Tool};
use crate::problem::{FieldProblem, Problem};

/// The parts of a request.
#[derive(Default)]
struct Parts {
    id: Option<String>,
    query: Vec<(String, String)>,
    promise: Option<HeaderValue>,
    body: Map<String, Value>,
}

/// The request that the arguments ask for.
///
/// # Errors
/// Every argument that has no place, is missing, or cannot be sent where it goes.
pub(super) fn request(tool: &Tool, arguments: JsonObject, caller: &Caller) -> Result<Request<Body>, Problem> {
    let parts = parts(tool, arguments).map_err(Problem::invalid)?;
    let built = |builder: http::request::Builder, body| builder.body(body).map_err(Problem::internal);
    let mut builder = Request::builder()
        .method(tool.told.method)
        .uri(uri(tool, &parts))
        .header(header::AUTHORIZATION, caller.authorization.clone())
        .header(HeaderName::from_static("x-request-id"), caller.request_id.as_str());
    if let Some(promise) = parts.promise {
        builder = builder.header(HeaderName::from_static("idempotency-key"), promise);
    }
    if !tool.has_body {
        return built(builder, Body::empty());
    }
    let mut body = Value::Object(parts.body);
    // A promise covers the text of the body, and a model that repeats itself may write its arguments in another order.
    body.sort_all_objects();
    built(builder.header(header::CONTENT_TYPE, "application/json"), Body::from(body.to_string()))
}

fn parts(tool: &Tool, arguments: JsonObject) -> Result<Parts, Vec<FieldProblem>> {
    let mut faults = Vec::new();
    let mut parts = Parts::default();
    let given = |name: &str| arguments.get(name).is_some_and(|value| !value.is_null());
    for name in tool.required().filter(|name| !given(name)) {
        faults.push(fault(name, "required", format!("{name:?} is missing; it has to be sent")));
    }
    for (name, value) in arguments {
        let Some(place) = tool.places.get(&name) else {
            faults.push(unknown(tool, &name));
            continue;
        };
        if let Err(problem) = parts.take(tool, *place, name, value) {
            faults.push(problem);
        }
    }
    if tool.places.contains_key("limit") && !parts.query.iter().any(|(name, _)| name == "limit") {
        parts.query.push(("limit".to_owned(), ROWS.to_string()));
    }
    if faults.is_empty() { Ok(parts) } else { Err(faults) }
}

impl Parts {
    fn take(&mut self, tool: &Tool, place: Place, name: String, value: Value) -> Result<(), FieldProblem> {
        let says_nothing = value.is_null() && !(place == Place::Body && tool.told.method == "PATCH");
        if says_nothing {
            return Ok(());
        }
        match place {
            Place::Body => drop(self.body.insert(name, value)),
            Place::Query => {
                let text = word(&name, value)?;
                self.query.push((name, text));
            }
            Place::Path => {
                let text = word(&name, value)?;
                if text.trim().is_empty() {
                    return Err(fault(&name, "required", format!("{name:?} is empty; send an id")));
                }
                self.id = Some(text);
            }
            Place::Header => {
                let text = word(&name, value)?;
                let message = || format!("{name:?} is 1 to 255 visible ASCII characters; send a UUID, for example");
                self.promise = Some(HeaderValue::from_str(&text).map_err(|_| fault(&name, "key", message()))?);
            }
        }
        Ok(())
    }
}

fn fault(name: &str, code: &str, message: String) -> FieldProblem {
    FieldProblem::new(format!("/{}", name.replace('~', "~0").replace('/', "~1")), code, message)
}

fn unknown(tool: &Tool, name: &str) -> FieldProblem {
    let known: Vec<&str> = tool.places.keys().map(String::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let message = format!("{} takes no argument {name:?}; it takes: {known}", tool.told.name);
    fault(name, "unknown_field", message)
}

fn word(name: &str, value: Value) -> Result<String, FieldProblem> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => Err(fault(name, "wrong_type", format!("{name:?} is a list or an object; send a text or a number"))),
    }
}

fn uri(tool: &Tool, parts: &Parts) -> String {
    let has_id = |path: &&&str| parts.id.is_some() || !path.contains('{');
    let path = tool.told.paths.iter().find(has_id).copied().unwrap_or_default();
    let mut uri = path.replace("{id}", &encoded(parts.id.as_deref().unwrap_or_default()));
    for (index, (name, value)) in parts.query.iter().enumerate() {
        let before = if index == 0 { '?' } else { '&' };
        uri.push_str(&format!("{before}{name}={}", encoded(value)));
    }
    uri
}

/// As RFC 3986 writes what is not unreserved.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
