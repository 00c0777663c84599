//! The endpoints of a server, as its own document lists them: where each is, who may ask, what its fields are called.

use std::collections::BTreeSet;

use campanile_tests::account::Account;
use campanile_tests::host::Host;
use serde_json::Value;

/// An operation of the document.
#[derive(Clone)]
pub struct Endpoint {
    pub method: String,
    pub path: String,
    pub key: Option<String>,
    /// Every name of its body's fields.
    pub names: Vec<String>,
}

fn names_of(document: &Value, schema: &Value, depth: usize, found: &mut BTreeSet<String>) {
    if depth > 6 {
        return;
    }
    match schema {
        Value::Object(fields) => {
            if let Some(place) = fields.get("$ref").and_then(Value::as_str) {
                let referred = document.pointer(place.trim_start_matches('#')).expect("a schema that is there");
                return names_of(document, referred, depth + 1, found);
            }
            if let Some(properties) = fields.get("properties").and_then(Value::as_object) {
                found.extend(properties.keys().cloned());
            }
            fields.values().for_each(|inner| names_of(document, inner, depth + 1, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| names_of(document, inner, depth + 1, found)),
        _ => {}
    }
}

/// The path with something in the place of its parameters: an object of the account where there is one and it is not deleted.
fn filled(method: &str, pattern: &str, operation: &Value, things: &[(&str, String)]) -> String {
    let mut path = pattern.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "path") {
        let name = parameter["name"].as_str().unwrap();
        // The description of an id is what it begins with: "`cmp_...`".
        let about = parameter["description"].as_str().unwrap_or_default();
        let prefix = about.split_once("_...`").and_then(|(before, _)| before.rsplit('`').next()).unwrap_or_default();
        let real = things.iter().find(|(kind, _)| *kind == prefix && method != "delete").map(|(_, id)| id.clone());
        let value = match (real, prefix) {
            (Some(id), _) => id,
            (None, "") => if name == "phone" { "+12125550100" } else { "nobody" }.to_owned(),
            (None, prefix) => format!("{prefix}_00000000000000000000000000"),
        };
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    if pattern == "/v1/imports" && method == "post" {
        path.push_str(&format!("?campaign={}", things[0].1));
    }
    path
}

/// Every endpoint of the document, and `/mcp`, which speaks another protocol and is in none. `things` are objects of the account
/// by what their ids begin with, the first of them a campaign.
pub fn endpoints(host: &Host, account: &Account, things: &[(&str, String)]) -> Vec<Endpoint> {
    let document = host.api.get("/openapi.json").ok();
    let mut found = Vec::new();
    for (pattern, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let key = match &operation["security"][0] {
                Value::Null => None,
                needs if needs.get("operator").is_some() => Some(host.operator.key().to_owned()),
                _ => Some(account.live.key().to_owned()),
            };
            let mut names = BTreeSet::new();
            names_of(&document, &operation["requestBody"], 0, &mut names);
            let path = filled(method, pattern, operation, things);
            found.push(Endpoint { method: method.to_uppercase(), path, key, names: names.into_iter().collect() });
        }
    }
    let names = ["jsonrpc", "id", "method", "params", "name", "arguments"].map(str::to_owned).to_vec();
    found.push(Endpoint {
        method: "POST".into(),
        path: "/mcp".into(),
        key: Some(account.live.key().to_owned()),
        names,
    });
    found
}
