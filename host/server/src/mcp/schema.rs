//! The arguments of a tool, read from the OpenAPI document.
//!
//! The document is made from the handlers, so a field that a handler learns is an argument the same day and none can be offered that
//! a handler does not know. What is changed is only how it is written: models read one flat object without references, and mistake
//! a null that means nothing for a value to send.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::tool::{Place, Told, Tool};

/// Rows of a page when a model does not say: what it reads costs it room.
pub(super) const ROWS: u32 = 20;

/// The tool that is told; `None` when the document has no such route.
pub(super) fn tool(document: &Value, told: &'static Told) -> Option<Tool> {
    let operations: Option<Vec<&Value>> =
        told.paths.iter().map(|path| operation(document, told.method, path)).collect();
    let operations = operations?;
    let mut reading = Reading { document, told, properties: Map::new(), required: Vec::new(), places: BTreeMap::new() };
    for operation in &operations {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            reading.parameter(parameter);
        }
    }
    let body = operations.first()?.pointer("/requestBody/content/application~1json/schema");
    if let Some(schema) = body {
        reading.body(schema);
    }
    let Reading { mut properties, required, places, .. } = reading;
    let first = required.iter().filter_map(|name| properties.shift_remove_entry(name)).collect::<Map<_, _>>();
    let properties: Map<_, _> = first.into_iter().chain(properties).collect();
    let input = json!({"type": "object", "properties": properties, "required": required,
        "additionalProperties": false, "examples": [(told.example)()]});
    let Value::Object(input) = input else { return None };
    Some(Tool { told, input: Arc::new(input), places, has_body: body.is_some(), scopes: scopes(operations.first()?) })
}

fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    document.get("paths")?.get(path)?.get(method.to_ascii_lowercase())
}

fn scopes(operation: &Value) -> Vec<Vec<String>> {
    let texts =
        |list: &Value| list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    operation["security"].as_array().into_iter().flatten().filter_map(|one| one.get("key")).map(texts).collect()
}

struct Reading<'a> {
    document: &'a Value,
    told: &'static Told,
    properties: Map<String, Value>,
    required: Vec<String>,
    places: BTreeMap<String, Place>,
}

impl Reading<'_> {
    fn takes(&mut self, name: &str, place: Place, mut schema: Value, about: &str) {
        if let (Value::Object(schema), false) = (&mut schema, about.is_empty()) {
            schema.insert("description".to_owned(), about.replace('\n', " ").into());
        }
        self.properties.insert(name.to_owned(), schema);
        self.places.insert(name.to_owned(), place);
    }

    fn parameter(&mut self, parameter: &Value) {
        let text = |field: &str| parameter[field].as_str().unwrap_or_default();
        let schema = self.plain(&parameter["schema"], &mut Vec::new());
        match (text("in"), text("name")) {
            ("path", _) => {
                let (name, told) = (self.told.id, self.told);
                self.takes(name, Place::Path, schema, &format!("Which {name}: {}", text("description")));
                if told.paths.iter().all(|path| path.contains('{')) {
                    self.required.push(name.to_owned());
                }
            }
            ("query", "limit") => {
                let schema = json!({"type": "integer", "minimum": 1, "maximum": 200, "default": ROWS});
                self.takes("limit", Place::Query, schema, "How many rows at most.");
            }
            ("query", name) => self.takes(name, Place::Query, schema, text("description")),
            ("header", "Idempotency-Key") => {
                let about = format!(
                    "{}. Send one, so that a repetition after a lost answer does nothing twice.",
                    text("description")
                );
                self.takes("idempotency_key", Place::Header, schema, &about);
            }
            _ => {}
        }
    }

    fn body(&mut self, schema: &Value) {
        let schema = self.plain(schema, &mut Vec::new());
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            self.takes(name, Place::Body, schema.clone(), "");
        }
        let required = schema["required"].as_array().into_iter().flatten();
        self.required.extend(required.filter_map(Value::as_str).map(str::to_owned));
    }

    /// The schema without references, and without what only programs need.
    fn plain(&self, schema: &Value, within: &mut Vec<String>) -> Value {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            if within.iter().any(|outer| outer == name) {
                return json!({});
            }
            within.push(name.to_owned());
            let referred = self.document.pointer(name.trim_start_matches('#')).unwrap_or(&Value::Null);
            let plain = self.plain(referred, within);
            within.pop();
            return plain;
        }
        let Value::Object(schema) = schema else { return json!({}) };
        let mut plain = Map::new();
        for (word, value) in schema {
            let value = match (word.as_str(), value) {
                ("allOf", Value::Array(parts)) => {
                    parts.iter().for_each(|part| merge(&mut plain, self.plain(part, within)));
                    continue;
                }
                ("oneOf", Value::Array(ways)) => match self.ways(ways, within) {
                    Value::Object(only) => {
                        merge(&mut plain, Value::Object(only));
                        continue;
                    }
                    ways => ways,
                },
                ("properties", Value::Object(fields)) => {
                    let fields = fields.iter().map(|(name, field)| (name.clone(), self.plain(field, within)));
                    Value::Object(fields.collect())
                }
                ("items", items) => self.plain(items, within),
                ("additionalProperties", values @ Value::Object(_)) => self.plain(values, within),
                // What it says is in the description, in fewer words.
                ("pattern", _) => continue,
                ("type", kinds) => self.kind(kinds),
                ("format", format) if format != "date-time" => continue,
                ("description", Value::String(text)) => text.replace('\n', " ").into(),
                (_, value) => value.clone(),
            };
            plain.insert(word.clone(), value);
        }
        if plain.contains_key("properties") {
            plain.insert("additionalProperties".to_owned(), false.into());
        }
        Value::Object(plain)
    }

    /// Null gives back a default where a change is asked for, and says nothing elsewhere.
    fn kind(&self, kinds: &Value) -> Value {
        let Value::Array(kinds) = kinds else { return kinds.clone() };
        let kinds: Vec<_> =
            kinds.iter().filter(|kind| self.told.method == "PATCH" || *kind != "null").cloned().collect();
        match kinds.as_slice() {
            [only] => only.clone(),
            _ => kinds.into(),
        }
    }

    fn ways(&self, ways: &[Value], within: &mut Vec<String>) -> Value {
        let ways: Vec<_> = ways.iter().filter(|way| way["type"] != "null").map(|way| self.plain(way, within)).collect();
        match ways.as_slice() {
            [only] => only.clone(),
            _ => ways.into(),
        }
    }
}

fn merge(into: &mut Map<String, Value>, part: Value) {
    let Value::Object(part) = part else { return };
    for (word, value) in part {
        match (into.get_mut(&word), value) {
            (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
            (Some(_), _) => {}
            (None, value) => drop(into.insert(word, value)),
        }
    }
}
