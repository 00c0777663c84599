//! Any function of any kind, with JSON in and JSON out.
//!
//! Conformance cases, an author's fixtures and test runs over HTTP speak JSON and must reach every function of every kind;
//! writing each of them out by hand would be a second contract that drifts. The types are read from the component itself.
//! Records are objects and variants are `{"case": payload}`; names are written with underscores; see [`read`] and
//! [`write`] for the rest. The engine does not go this way: what it asks is typed, in [`crate::convert`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value, json};
use wasmtime::component::{Type, Val};

use crate::capabilities::Loan;
use crate::engines::Engines;
use crate::fault::Fault;
use crate::guest::{Called, Guest, within};

fn underscored(name: &str) -> String {
    name.replace('-', "_")
}

/// A contract value of JSON. `place` names where it stands, for the message. A missing member of a record is `null`, which
/// an option takes; a list of bytes may be written as a text (its UTF-8) or as `{"base64": "..."}`.
pub fn read(ty: &Type, json: &Value, place: &str) -> Result<Val, String> {
    let wrong = |wanted: &str| format!("{place} must be {wanted}, not {json}");
    let whole = || json.as_i64().ok_or_else(|| wanted_number(place, json));
    let natural = || json.as_u64().ok_or_else(|| wanted_number(place, json));
    let too_large = |_| wrong("a smaller number");
    Ok(match ty {
        Type::Bool => Val::Bool(json.as_bool().ok_or_else(|| wrong("true or false"))?),
        Type::S8 => Val::S8(whole()?.try_into().map_err(too_large)?),
        Type::U8 => Val::U8(natural()?.try_into().map_err(too_large)?),
        Type::S16 => Val::S16(whole()?.try_into().map_err(too_large)?),
        Type::U16 => Val::U16(natural()?.try_into().map_err(too_large)?),
        Type::S32 => Val::S32(whole()?.try_into().map_err(too_large)?),
        Type::U32 => Val::U32(natural()?.try_into().map_err(too_large)?),
        Type::S64 => Val::S64(whole()?),
        Type::U64 => Val::U64(natural()?),
        Type::Float32 => Val::Float32(json.as_f64().ok_or_else(|| wrong("a number"))? as f32),
        Type::Float64 => Val::Float64(json.as_f64().ok_or_else(|| wrong("a number"))?),
        Type::Char => Val::Char(json.as_str().and_then(|text| text.chars().next()).ok_or_else(|| wrong("a letter"))?),
        Type::String => Val::String(json.as_str().ok_or_else(|| wrong("a text"))?.to_owned()),
        Type::List(list) if matches!(list.ty(), Type::U8) => {
            let bytes = match json {
                Value::String(text) => text.clone().into_bytes(),
                Value::Object(map) => {
                    let text = map.get("base64").and_then(Value::as_str).ok_or_else(|| wrong("a text or base64"))?;
                    STANDARD.decode(text).map_err(|_| wrong("base64"))?
                }
                _ => return Err(wrong("a text or {\"base64\": ...}")),
            };
            Val::List(bytes.into_iter().map(Val::U8).collect())
        }
        Type::List(list) => {
            let items = json.as_array().ok_or_else(|| wrong("a list"))?;
            let items = items.iter().enumerate().map(|(at, item)| read(&list.ty(), item, &format!("{place}/{at}")));
            Val::List(items.collect::<Result<_, _>>()?)
        }
        Type::Tuple(tuple) => {
            let items = json.as_array().ok_or_else(|| wrong("a list"))?;
            if items.len() != tuple.types().len() {
                return Err(wrong(&format!("a list of {}", tuple.types().len())));
            }
            let items = tuple.types().zip(items).map(|(ty, item)| read(&ty, item, place));
            Val::Tuple(items.collect::<Result<_, _>>()?)
        }
        Type::Record(record) => {
            let members = json.as_object().ok_or_else(|| wrong("an object"))?;
            let known: Vec<_> = record.fields().map(|field| underscored(field.name)).collect();
            if let Some(strange) = members.keys().find(|key| !known.contains(key)) {
                return Err(format!("{place} has no member {strange:?}; known: {}", known.join(", ")));
            }
            let fields = record.fields().map(|field| {
                let name = underscored(field.name);
                let member = members.get(&name).unwrap_or(&Value::Null);
                Ok((field.name.to_owned(), read(&field.ty, member, &format!("{place}/{name}"))?))
            });
            Val::Record(fields.collect::<Result<_, String>>()?)
        }
        Type::Enum(cases) => {
            let word = json.as_str().ok_or_else(|| wrong("a word"))?;
            let case = cases.names().find(|name| underscored(name) == word);
            let known = || cases.names().map(underscored).collect::<Vec<_>>().join(", ");
            Val::Enum(case.ok_or_else(|| wrong(&format!("one of {}", known())))?.to_owned())
        }
        Type::Variant(variant) => {
            let (word, payload) = match json {
                Value::String(word) => (word.as_str(), &Value::Null),
                Value::Object(map) if map.len() == 1 => {
                    map.iter().next().map(|(word, payload)| (word.as_str(), payload)).unwrap_or(("", &Value::Null))
                }
                _ => return Err(wrong("a word or an object with one member")),
            };
            let known = || variant.cases().map(|case| underscored(case.name)).collect::<Vec<_>>().join(", ");
            let case = variant.cases().find(|case| underscored(case.name) == word);
            let case = case.ok_or_else(|| wrong(&format!("one of {}", known())))?;
            let payload = case.ty.map(|ty| read(&ty, payload, &format!("{place}/{word}")).map(Box::new)).transpose()?;
            Val::Variant(case.name.to_owned(), payload)
        }
        Type::Option(option) => Val::Option(match json {
            Value::Null => None,
            some => Some(Box::new(read(&option.ty(), some, place)?)),
        }),
        _ => return Err(format!("{place} is of a type that has no JSON here")),
    })
}

fn wanted_number(place: &str, json: &Value) -> String {
    format!("{place} must be a whole number, not {json}")
}

/// JSON of a contract value; the inverse of [`read`]. Bytes that are UTF-8 are a text. A result is `{"ok": ...}` or
/// `{"error": ...}`. A number that JSON cannot write (NaN) is `null`.
pub fn write(value: &Val) -> Value {
    let float = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
    match value {
        Val::Bool(value) => json!(value),
        Val::S8(value) => json!(value),
        Val::U8(value) => json!(value),
        Val::S16(value) => json!(value),
        Val::U16(value) => json!(value),
        Val::S32(value) => json!(value),
        Val::U32(value) => json!(value),
        Val::S64(value) => json!(value),
        Val::U64(value) => json!(value),
        Val::Float32(value) => float(f64::from(*value)),
        Val::Float64(value) => float(*value),
        Val::Char(value) => json!(value),
        Val::String(value) => json!(value),
        Val::List(items) if matches!(items.first(), Some(Val::U8(_))) => {
            let bytes = items.iter().filter_map(|item| if let Val::U8(byte) = item { Some(*byte) } else { None });
            match String::from_utf8(bytes.collect()) {
                Ok(text) => Value::String(text),
                Err(binary) => json!({ "base64": STANDARD.encode(binary.as_bytes()) }),
            }
        }
        Val::List(items) | Val::Tuple(items) => items.iter().map(write).collect(),
        Val::Record(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (underscored(name), write(value))).collect())
        }
        Val::Enum(word) | Val::Variant(word, None) => json!(underscored(word)),
        Val::Variant(word, Some(payload)) => one(&underscored(word), write(payload)),
        Val::Option(inner) => inner.as_deref().map_or(Value::Null, write),
        Val::Result(Ok(inner)) => one("ok", inner.as_deref().map_or(Value::Null, write)),
        Val::Result(Err(inner)) => one("error", inner.as_deref().map_or(Value::Null, write)),
        _ => Value::Null,
    }
}

fn one(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

/// Calls `function` of the kind's interface with its parameters by name.
///
/// A function that the kind does not have, or arguments that do not fit, are [`Fault::Refused`] with the code
/// `bad_question`: the caller's mistake, not the guest's.
pub async fn call(
    guest: &Guest,
    engines: &Engines,
    loan: Loan,
    function: &str,
    arguments: &Map<String, Value>,
) -> Called<Value> {
    let mut live = match guest.instantiate(engines, loan, None).await {
        Ok(live) => live,
        Err(Called { answer, usage, log }) => return Called { answer: answer.map(|()| Value::Null), usage, log },
    };
    let bad = |message: String| {
        Called::not_run(Fault::Refused { code: "bad_question".to_owned(), message, retry_after_ms: None })
    };
    let interface = format!("campanile:plugin/{}@{}", interface(guest.kind), crate::CONTRACT_VERSION);
    let found = live
        .instance
        .get_export_index(&mut live.store, None, &interface)
        .and_then(|at| live.instance.get_export_index(&mut live.store, Some(&at), &function.replace('_', "-")))
        .and_then(|at| live.instance.get_func(&mut live.store, at));
    let Some(callee) = found else { return bad(format!("a {} has no function {function:?}", guest.kind)) };
    let ty = callee.ty(&live.store);
    let known: Vec<_> = ty.params().map(|(name, _)| underscored(name)).collect();
    if let Some(strange) = arguments.keys().find(|key| !known.contains(key)) {
        return bad(format!("{function} takes no {strange:?}; it takes {}", known.join(", ")));
    }
    let values = ty.params().map(|(name, ty)| {
        let name = underscored(name);
        read(&ty, arguments.get(&name).unwrap_or(&Value::Null), &name)
    });
    let values = match values.collect::<Result<Vec<_>, _>>() {
        Ok(values) => values,
        Err(message) => return bad(message),
    };
    let mut results = vec![Val::Bool(false); ty.results().len()];
    let called = within(guest.limits, callee.call_async(&mut live.store, &values, &mut results)).await;
    live.finish(called).and_then(|()| {
        let answer = results.first().map_or(Value::Null, write);
        let bytes = answer.to_string().len();
        if bytes > guest.limits.output_bytes.saturating_mul(2) {
            let allowed = guest.limits.output_bytes;
            return Err(Fault::OutputInvalid { what: format!("it has {bytes} bytes; {allowed} are allowed") });
        }
        Ok(answer)
    })
}

/// The interface that a kind answers.
pub const fn interface(kind: campanile_domain::plugin::Kind) -> &'static str {
    use campanile_domain::plugin::Kind;
    match kind {
        Kind::LeadImporter => "importer",
        Kind::RetryPolicy => "policy",
        Kind::CallEvaluator => "evaluator",
        Kind::VoiceGateway => "gateway",
        Kind::ResultSink => "sink",
        Kind::ScriptRunner => "script",
    }
}
