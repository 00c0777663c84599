//! Reads JSON bodies strictly.
//!
//! An unknown field is a misspelt wish, so it is an error like any other; and a person who sends five faults should read
//! about five. Serde stops at the first, so the value is read again without what was at fault until nothing new is
//! found (of several missing fields of one object it tells the first). Three refusals come before: another content type,
//! too many bytes, text that is no JSON.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use http::header;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use crate::app::Config;
use crate::codes;
use crate::idempotency::Promise;
use crate::problem::{FieldProblem, Problem};
use crate::query::NOT_A_COUNTRY;
use crate::strict::Strict;

/// A JSON body of a shape.
pub(crate) struct Body<T>(pub T);

/// A JSON object that its handler takes apart.
pub(crate) struct Object(pub Map<String, Value>);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        typed(read(request).await?).map(Self).map_err(Problem::invalid)
    }
}

impl<S: Send + Sync> FromRequest<S> for Object {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        match read(request).await? {
            Value::Object(object) => Ok(Self(object)),
            other => Err(Problem::invalid(vec![not_an_object(&other)])),
        }
    }
}

/// No body, or an empty object: for paths that take no wishes. A field that nobody reads might have been a `dry_run`.
pub(crate) struct Empty;

impl<S: Send + Sync> FromRequest<S> for Empty {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = bytes(request, Config::MAX_JSON_BYTES).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self);
        }
        let unknown = |name: &String| {
            let message = format!("there is no field {name:?} here; this path takes no body");
            FieldProblem::new(format!("/{}", escaped(name)), "unknown_field", message)
        };
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(Value::Object(fields)) if fields.is_empty() => Ok(Self),
            Ok(Value::Object(fields)) => Err(Problem::invalid(fields.keys().map(unknown).collect())),
            _ => Err(Problem::new(&codes::MALFORMED_BODY, "this path takes no body; send none, or an empty object")),
        }
    }
}

/// A JSON body of a shape, or none at all, or null: every wish has a default.
pub(crate) struct Optional<T>(pub T);

impl<S: Send + Sync, T: Default + DeserializeOwned> FromRequest<S> for Optional<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if request.headers().get(header::CONTENT_TYPE).is_none() && HttpBody::is_end_stream(request.body()) {
            return Ok(Self(T::default()));
        }
        match read(request).await? {
            Value::Null => Ok(Self(T::default())),
            sent => typed(sent).map(Self).map_err(Problem::invalid),
        }
    }
}

fn not_an_object(value: &Value) -> FieldProblem {
    FieldProblem::new("", "wrong_type", format!("the body is {}; send an object: {{...}}", what(value)))
}

const fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

async fn read(request: Request) -> Result<Value, Problem> {
    let promise = request.extensions().get::<Arc<Promise>>().cloned();
    let bytes = json_bytes(request).await?;
    if let Some(promise) = promise {
        promise.seal(&bytes);
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail =
            format!("the body is not JSON (line {line}, column {column}: {error}); check quotes, commas and braces");
        Problem::new(&codes::MALFORMED_BODY, detail)
    })
}

/// The bytes of a body that is said to be JSON, at most [`Config::MAX_JSON_BYTES`].
pub(crate) async fn json_bytes(request: Request) -> Result<axum::body::Bytes, Problem> {
    let content_type = request.headers().get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    if !content_type.is_some_and(is_json) {
        let sent = content_type.unwrap_or("nothing");
        let detail = format!("the content type is {sent:?}; send \"Content-Type: application/json\"");
        return Err(Problem::new(&codes::WRONG_CONTENT_TYPE, detail));
    }
    bytes(request, Config::MAX_JSON_BYTES).await
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The whole body, at most `limit` bytes of it.
pub(crate) async fn bytes(request: Request, limit: usize) -> Result<axum::body::Bytes, Problem> {
    let too_large =
        || Problem::new(&codes::TOO_LARGE, format!("the body is larger than {limit} bytes; send it in parts"));
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    axum::body::to_bytes(request.into_body(), limit).await.map_err(|error| {
        if error.to_string().contains("length limit") {
            return too_large();
        }
        Problem::new(&codes::MALFORMED_BODY, "the body broke off; send the request again")
    })
}

/// How many faults are worth listing.
const MOST_FAULTS: usize = 100;

/// Reads a value as a shape.
///
/// # Errors
/// Every fault, with pointers into the value.
pub(crate) fn typed<T: DeserializeOwned>(mut value: Value) -> Result<T, Vec<FieldProblem>> {
    if !value.is_object() {
        return Err(vec![not_an_object(&value)]);
    }
    let mut faults: Vec<FieldProblem> = Vec::new();
    let mut taken_out = BTreeSet::new();
    loop {
        let error = match serde_path_to_error::deserialize::<_, T>(Strict(&value)) {
            Ok(read) if faults.is_empty() => return Ok(read),
            Ok(_) => return Err(faults),
            Err(error) => error,
        };
        let fault = fault(&error);
        let is_missing = fault.code == "required";
        // What is missing cannot be taken out, but what it is missing from can.
        let place = match fault.pointer.rsplit_once('/') {
            Some((parent, _)) if is_missing => removable(parent),
            _ => removable(&fault.pointer),
        };
        if !(is_missing && taken_out.contains(&fault.pointer)) {
            faults.push(fault);
        }
        if faults.len() >= MOST_FAULTS || !remove(&mut value, &place) {
            return Err(faults);
        }
        taken_out.insert(place);
    }
}

fn fault(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldProblem {
    let mut pointer = String::new();
    for segment in error.path().iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => pointer.push_str(&format!("/{}", escaped(key))),
            Segment::Unknown => {}
        }
    }
    let message = error.inner().to_string();
    let named = |prefix: &str| message.strip_prefix(prefix)?.split('`').next().map(str::to_owned);
    let mut at = |name: &str| {
        let step = format!("/{}", escaped(name));
        if !pointer.ends_with(&step) {
            pointer.push_str(&step);
        }
    };
    if let Some(name) = named("unknown field `") {
        at(&name);
        let known = message.split_once(", expected ").map_or("there are no fields here", |(_, known)| known);
        let message =
            format!("there is no field {name:?} here; known: {}", known.replace('`', "").replace("one of ", ""));
        return FieldProblem::new(pointer, "unknown_field", message);
    }
    if let Some(name) = named("missing field `") {
        at(&name);
        return FieldProblem::new(pointer, "required", format!("{name:?} is missing; it has to be sent"));
    }
    let code = if message.starts_with("invalid type") {
        "wrong_type"
    } else if message.starts_with("unknown variant") {
        "unknown_value"
    } else if message.contains("is not a time zone") {
        campanile_domain::zone::UnknownZone::CODE
    } else if message.contains(NOT_A_COUNTRY) {
        "unknown_region"
    } else {
        "invalid"
    };
    FieldProblem::new(pointer, code, in_words(&message))
}

/// Serde speaks of Rust's types; people send JSON's.
fn in_words(message: &str) -> String {
    let Some((given, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let given = given.strip_prefix("invalid type: ").or(given.strip_prefix("invalid value: ")).unwrap_or(given);
    let given = match given {
        "map" => "an object",
        "sequence" => "a list",
        other => other,
    };
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a map" => "an object",
        "a sequence" => "a list",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    format!("this is {}; send {}", given.replace('`', "\""), expected.replace('`', "\""))
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// What can be taken out without moving anything else: the innermost field of an object around the place.
fn removable(pointer: &str) -> String {
    let mut place = pointer;
    while let Some((rest, last)) = place.rsplit_once('/') {
        if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
            place = rest;
        } else {
            break;
        }
    }
    place.to_owned()
}

fn remove(value: &mut Value, pointer: &str) -> bool {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return false };
    let key = key.replace("~1", "/").replace("~0", "~");
    let parent = value.pointer_mut(parent).and_then(Value::as_object_mut);
    parent.is_some_and(|parent| parent.shift_remove(&key).is_some())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        count: u32,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: String,
        #[serde(default)]
        list: Vec<Inner>,
        #[serde(default)]
        at: Option<campanile_domain::time::Timestamp>,
    }

    fn faults(value: Value) -> Vec<(String, String)> {
        let faults = typed::<Outer>(value).unwrap_err();
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn a_good_body_is_read() {
        let read = typed::<Outer>(json!({"name": "a", "list": [{"count": 1}]})).unwrap();
        assert_eq!(read, Outer { name: "a".into(), list: vec![Inner { count: 1 }], at: None });
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let body = json!({"name": 7, "nmae": "x", "a/b": 1, "list": [{"count": 1}, {"count": -1, "size": 2}], "at": "tomorrow"});
        let mut found = faults(body);
        found.sort();
        let expected = [
            ("/a~1b", "unknown_field"),
            ("/at", "invalid"),
            ("/list/1/count", "invalid"),
            ("/list/1/size", "unknown_field"),
            ("/name", "wrong_type"),
            ("/nmae", "unknown_field"),
        ];
        for (pointer, code) in expected {
            assert!(found.contains(&(pointer.into(), code.into())), "{pointer} {code} in {found:?}");
        }
        assert_eq!(found.len(), expected.len(), "{found:?}");
    }

    #[test]
    fn what_was_taken_out_is_not_called_missing() {
        assert_eq!(faults(json!({"name": null})), [("/name".to_owned(), "wrong_type".to_owned())]);
        assert_eq!(faults(json!({})), [("/name".to_owned(), "required".to_owned())]);
        assert_eq!(faults(json!([1])), [(String::new(), "wrong_type".to_owned())]);
    }

    #[test]
    fn a_list_is_no_object() {
        // Serde would fill the fields in the order of their declaration.
        assert_eq!(faults(json!({"name": "a", "list": [[1]]})), [("/list/0".to_owned(), "wrong_type".to_owned())]);
        let fault = typed::<Outer>(json!({"name": "a", "list": [[1]]})).unwrap_err().remove(0);
        assert_eq!(fault.message, "this is a list; send an object");
    }

    #[test]
    fn a_number_with_nothing_behind_its_point_is_whole() {
        let count = |number: Value| typed::<Outer>(json!({"name": "a", "list": [{"count": number}]}));
        assert_eq!(count(json!(30.0)).unwrap().list, [Inner { count: 30 }]);
        for bad in [json!(30.5), json!(-1.0), json!(1e300)] {
            assert_eq!(count(bad.clone()).unwrap_err().len(), 1, "{bad}");
        }
    }

    #[test]
    fn messages_speak_of_json() {
        let fault = typed::<Outer>(json!({"name": "a", "list": [{"count": "x"}]})).unwrap_err().remove(0);
        assert_eq!(fault.message, "this is string \"x\"; send a whole number, 0 or more");
    }
}
