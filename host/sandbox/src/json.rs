//! The contract's values as JSON, for whoever writes them by hand.
//!
//! Records are objects with names in snake_case, enumerations are words, variants are `{"case": payload}` or the word alone.
//! What is left out of a record is the least of its type (nothing, zero, an empty list, the first case), so that a fixture
//! says only what it is about; what the type does not have is an error, so that a misspelt name never passes silently. Two
//! shapes are written as people think of them: a variable's value is the plain value (`null` is undetermined, an instant
//! `{"date_time": milliseconds}`), and a list of variables is an object. Bytes are a text, or `{"base64": "..."}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use campanile_domain::time::Timestamp;
use serde_json::{Map, Number, Value, json};
use wasmtime::component::types::Record;
use wasmtime::component::{Type, Val};

/// A name of the contract as JSON has it.
pub fn underscored(name: &str) -> String {
    name.replace('-', "_")
}

/// Whether a variant is the contract's `value`.
fn is_value(variant: &wasmtime::component::types::Variant) -> bool {
    let cases: Vec<_> = variant.cases().map(|case| case.name.to_owned()).collect();
    cases == ["boolean", "number", "text", "date-time", "undetermined"]
}

/// Whether a record is the contract's `variable`.
fn is_variable(record: &Record) -> bool {
    let fields: Vec<_> = record.fields().map(|field| field.name.to_owned()).collect();
    fields == ["name", "value"]
}

/// The least of a type.
pub fn least(ty: &Type) -> Value {
    match ty {
        Type::Bool => json!(false),
        Type::String | Type::Char => json!(""),
        Type::List(_) | Type::Tuple(_) => json!([]),
        Type::Record(_) => json!({}),
        Type::Enum(cases) => cases.names().next().map_or(Value::Null, |name| json!(underscored(name))),
        Type::Option(_) | Type::Variant(_) => Value::Null,
        _ => json!(0),
    }
}

fn wanted_number(place: &str, json: &Value) -> String {
    format!("{place} must be a whole number, not {json}")
}

/// A contract value of JSON; `place` names where it stands, for the message.
pub fn read(ty: &Type, json: &Value, place: &str) -> Result<Val, String> {
    let wrong = |wanted: &str| format!("{place} must be {wanted}, not {json}");
    // Instants are whole numbers to a component, and dates to whoever writes a fixture.
    let date = || json.as_str().and_then(|text| text.parse::<Timestamp>().ok()).map(Timestamp::millis);
    let whole = || json.as_i64().or_else(date).ok_or_else(|| wanted_number(place, json));
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
        Type::List(list) if matches!(list.ty(), Type::U8) => Val::List(bytes(json, place)?),
        Type::List(list) => {
            let named = matches!(&list.ty(), Type::Record(record) if is_variable(record));
            let items: Vec<Value> = match json {
                Value::Array(items) => items.clone(),
                Value::Object(map) if named => {
                    map.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
                }
                _ => return Err(wrong("a list")),
            };
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
                let nothing = least(&field.ty);
                let member = members.get(&name).unwrap_or(&nothing);
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
        Type::Variant(variant) if is_value(variant) && !json.is_object() => match json {
            Value::Bool(value) => Val::Variant("boolean".to_owned(), Some(Box::new(Val::Bool(*value)))),
            Value::Number(_) => {
                let number = json.as_f64().ok_or_else(|| wrong("a number"))?;
                Val::Variant("number".to_owned(), Some(Box::new(Val::Float64(number))))
            }
            Value::String(text) => Val::Variant("text".to_owned(), Some(Box::new(Val::String(text.clone())))),
            Value::Null => Val::Variant("undetermined".to_owned(), None),
            _ => return Err(wrong("true, false, a number, a text, {\"date_time\": ...} or null")),
        },
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

fn bytes(json: &Value, place: &str) -> Result<Vec<Val>, String> {
    let wrong = || format!("{place} must be a text or {{\"base64\": \"...\"}}, not {json}");
    let bytes = match json {
        Value::String(text) => text.clone().into_bytes(),
        Value::Array(items) if items.is_empty() => Vec::new(),
        Value::Object(map) => {
            let text = map.get("base64").and_then(Value::as_str).ok_or_else(wrong)?;
            STANDARD.decode(text).map_err(|_| wrong())?
        }
        _ => return Err(wrong()),
    };
    Ok(bytes.into_iter().map(Val::U8).collect())
}

/// Whether every number in a value is one: JSON has no other, and no answer of the contract means one.
pub fn is_finite(value: &Val) -> bool {
    match value {
        Val::Float32(number) => number.is_finite(),
        Val::Float64(number) => number.is_finite(),
        Val::List(items) | Val::Tuple(items) => items.iter().all(is_finite),
        Val::Record(fields) => fields.iter().all(|(_, value)| is_finite(value)),
        Val::Variant(_, inner) | Val::Option(inner) | Val::Result(Ok(inner) | Err(inner)) => {
            inner.as_deref().is_none_or(is_finite)
        }
        _ => true,
    }
}

/// JSON of a contract value; the inverse of [`read`]. A result is `{"ok": ...}` or `{"error": ...}`; a number that JSON
/// cannot write (NaN) is `null`.
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
        Val::List(items) => variables(items).unwrap_or_else(|| items.iter().map(write).collect()),
        Val::Tuple(items) => items.iter().map(write).collect(),
        Val::Record(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (underscored(name), write(value))).collect())
        }
        Val::Variant(word, Some(payload)) if matches!(word.as_str(), "boolean" | "number" | "text") => write(payload),
        Val::Variant(word, None) if word == "undetermined" => Value::Null,
        Val::Enum(word) | Val::Variant(word, None) => json!(underscored(word)),
        Val::Variant(word, Some(payload)) => one(&underscored(word), write(payload)),
        Val::Option(inner) => inner.as_deref().map_or(Value::Null, write),
        Val::Result(Ok(inner)) => one("ok", inner.as_deref().map_or(Value::Null, write)),
        Val::Result(Err(inner)) => one("error", inner.as_deref().map_or(Value::Null, write)),
        _ => Value::Null,
    }
}

/// A list of variables as an object, if it is one and no name is there twice.
fn variables(items: &[Val]) -> Option<Value> {
    let mut map = Map::new();
    for item in items {
        let Val::Record(fields) = item else { return None };
        let [(first, Val::String(name)), (second, value)] = fields.as_slice() else { return None };
        if first != "name" || second != "value" || map.insert(name.clone(), write(value)).is_some() {
            return None;
        }
    }
    (!map.is_empty()).then_some(Value::Object(map))
}

fn one(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}
