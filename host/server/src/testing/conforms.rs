//! Holds answers against the OpenAPI document.
//!
//! Stricter than JSON Schema asks for: what is sent must be painted. The portraits of [`crate::schema`] stay true only
//! because of this.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{Answer, seen};

/// The document, ready to be asked.
pub(crate) struct Document(Value);

/// That of this build: it is the same for every host.
pub(super) static DOCUMENT: LazyLock<Document> =
    LazyLock::new(|| Document(serde_json::to_value(crate::openapi()).unwrap()));

impl Document {
    /// Every (method, path pattern, operation).
    pub(super) fn operations(&self) -> Vec<(String, String, Value)> {
        let paths = self.0["paths"].as_object().unwrap();
        let of = |(path, item): (&String, &Value)| {
            let item = item.as_object().unwrap().clone();
            let path = path.clone();
            item.into_iter().map(move |(method, operation)| (method, path.clone(), operation))
        };
        paths.iter().flat_map(of).collect()
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.0["paths"].as_object().unwrap();
        let (_, item) = paths
            .iter()
            .filter(|(pattern, _)| matches(pattern, path))
            .min_by_key(|(pattern, _)| pattern.matches('{').count())?;
        item.get(method)
    }

    /// Panics when the document does not describe the answer.
    #[track_caller]
    pub(super) fn holds(&self, method: &str, path: &str, answer: &Answer) {
        let Some(operation) = self.operation(method, path) else { return };
        let place = format!("{method} {path} -> {}", answer.status);
        let responses = &operation["responses"];
        if answer.header("content-type") == "application/problem+json" {
            return self.holds_problem(operation, answer, &place);
        }
        let response = responses
            .get(answer.status.to_string())
            .unwrap_or_else(|| panic!("{place} is not described: {}", answer.text));
        match response["content"].as_object().and_then(|content| content.iter().next()) {
            Some((kind, content)) if kind.contains("json") => self.check(&content["schema"], &answer.body, &place),
            Some((kind, _)) => assert!(answer.header("content-type").starts_with(kind), "{place} is {kind}"),
            None => assert!(answer.text.is_empty(), "{place} has a body that is not described: {}", answer.text),
        }
    }

    /// Panics when the operation does not list the code that the problem carries.
    #[track_caller]
    fn holds_problem(&self, operation: &Value, answer: &Answer, place: &str) {
        let code = answer.body["code"].as_str().unwrap_or_else(|| panic!("{place} has no code: {}", answer.text));
        let response = self.resolve(&operation["responses"][answer.status.to_string()]);
        let content = &response["content"]["application/problem+json"];
        assert!(
            content["examples"].get(code).is_some(),
            "{place} is {code}, which the document does not list there; say in openapi/problems.rs that it can be: {}",
            answer.text
        );
        self.check(&content["schema"], &answer.body, place);
        seen::note(operation["operationId"].as_str().unwrap_or_default(), code);
    }

    /// In what the document's example of a request, or this one of an answer with a status, is not as the document describes it.
    pub(super) fn misshapen(&self, place: &str, operation: &Value, status: &str, answer: &Value) -> Vec<String> {
        let request = &operation["requestBody"]["content"]["application/json"];
        let response = &operation["responses"][status]["content"]["application/json"];
        let shapes = [(request, &request["example"], "the request of"), (response, answer, "the answer of")];
        let shapes = shapes.into_iter().filter(|(content, ..)| content.is_object());
        shapes
            .filter_map(|(content, value, of)| self.fault(&content["schema"], value, &format!("{of} {place}")).err())
            .collect()
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(name) => self.resolve(self.0.pointer(name.trim_start_matches('#')).expect("a schema that is there")),
            None => schema,
        }
    }

    #[track_caller]
    fn check(&self, schema: &Value, value: &Value, place: &str) {
        if let Err(fault) = self.fault(schema, value, place) {
            panic!("{fault}\nin {value:#}");
        }
    }

    fn fault(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        let schema = self.resolve(schema);
        if let Some(one_of) = schema.get("oneOf").and_then(Value::as_array) {
            let faults: Vec<String> =
                one_of.iter().filter_map(|schema| self.fault(schema, value, place).err()).collect();
            return if faults.len() < one_of.len() { Ok(()) } else { Err(faults.join("\n")) };
        }
        let kinds: Vec<&str> = match schema.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let kind = kind(value);
        if !kinds.is_empty()
            && !kinds.iter().any(|wanted| *wanted == kind || (*wanted == "number" && kind == "integer"))
        {
            return Err(format!("{place} is {kind}, the document says {kinds:?}"));
        }
        match value {
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                schema.get("items").map_or(Ok(()), |schema| self.fault(schema, item, &format!("{place}/{index}")))
            }),
            Value::Object(object) => self.fields(schema, object, place),
            _ => Ok(()),
        }
    }

    fn fields(&self, schema: &Value, object: &Map<String, Value>, place: &str) -> Result<(), String> {
        let mut painted = BTreeMap::new();
        let mut required = Vec::new();
        self.collect(schema, &mut painted, &mut required);
        if painted.is_empty() {
            return Ok(());
        }
        for (name, value) in object {
            let schema =
                painted.get(name.as_str()).ok_or_else(|| format!("{place}/{name} is sent and not in the document"))?;
            self.fault(schema, value, &format!("{place}/{name}"))?;
        }
        match required.iter().find(|name| !object.contains_key(**name)) {
            Some(name) => Err(format!("{place}/{name} is in the document and not sent")),
            None => Ok(()),
        }
    }

    fn collect<'a>(
        &'a self,
        schema: &'a Value,
        painted: &mut BTreeMap<&'a str, &'a Value>,
        required: &mut Vec<&'a str>,
    ) {
        let schema = self.resolve(schema);
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            painted.extend(properties.iter().map(|(name, schema)| (name.as_str(), schema)));
        }
        required
            .extend(schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str));
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.collect(part, painted, required);
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
}

#[test]
fn what_is_not_painted_is_noticed() {
    let document = &DOCUMENT;
    let schema = serde_json::json!({"$ref": "#/components/schemas/Contact"});
    let good = serde_json::json!({"position": 0, "phone": "+14155552671"});
    assert_eq!(document.fault(&schema, &good, ""), Ok(()));
    for bad in [
        serde_json::json!({"position": 0, "phone": "+14155552671", "colour": "red"}),
        serde_json::json!({"position": "first", "phone": "+14155552671"}),
        serde_json::json!({"position": 0}),
    ] {
        assert!(document.fault(&schema, &bad, "").is_err(), "{bad}");
    }
}
