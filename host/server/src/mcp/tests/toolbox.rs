//! The tools beside what they stand for: the OpenAPI document, the scopes of keys, and the documentation.

use std::collections::BTreeSet;

use axum::Router;
use serde_json::{Value, json};

use super::super::desk::{Desk, told};
use super::super::tool::Tool;
use super::all;
use crate::testing::Host;

fn desk() -> Desk {
    Desk::new(&crate::openapi(), Router::new(), "0.0.0-test")
}

/// The names of every field that a schema paints, through references.
fn painted(document: &Value, schema: &Value, names: &mut BTreeSet<String>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return painted(document, document.pointer(reference.trim_start_matches('#')).unwrap(), names);
    }
    names.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    for part in schema["allOf"].as_array().into_iter().flatten() {
        painted(document, part, names);
    }
}

#[test]
fn every_tool_stands_for_routes_of_the_document_and_takes_no_field_that_they_do_not() {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let desk = desk();
    assert_eq!(desk.tools.len(), told().count(), "a tool that stands for no route is not there");
    for tool in desk.tools.iter() {
        for path in tool.told.paths {
            let operation = &document["paths"][path][tool.told.method.to_lowercase()];
            assert!(operation.is_object(), "{} {path}", tool.told.method);
            let mut names = BTreeSet::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                names.insert(parameter["name"].as_str().unwrap().to_lowercase().replace('-', "_"));
            }
            painted(&document, &operation["requestBody"]["content"]["application/json"]["schema"], &mut names);
            let own = |name: &&String| **name != tool.told.id;
            let strange: Vec<_> = tool.places.keys().filter(own).filter(|name| !names.contains(*name)).collect();
            assert!(strange.is_empty(), "{} takes {strange:?}", tool.told.name);
        }
        assert_eq!(tool.told.paths.iter().any(|path| path.contains("{id}")), !tool.told.id.is_empty());
    }
}

/// Every object that names its fields takes no others; no reference is left.
fn is_strict(schema: &Value) -> bool {
    let fields = match schema.get("properties") {
        Some(fields) => schema["additionalProperties"] == false && fields.as_object().unwrap().values().all(is_strict),
        None => true,
    };
    fields && schema.get("$ref").is_none() && schema.get("allOf").is_none() && schema.get("items").is_none_or(is_strict)
}

#[test]
fn what_a_model_reads_is_strict_told_and_has_an_example_that_fits() {
    let mut names = BTreeSet::new();
    for tool in desk().tools.iter() {
        let (name, input) = (tool.told.name, Value::Object((*tool.input).clone()));
        assert!(names.insert(name), "{name} is there twice");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert!(tool.told.about.len() > 100 && !tool.told.about.contains("  "), "{name} says when it is used");
        assert!(is_strict(&input), "{name}: {input:#}");
        for (argument, schema) in input["properties"].as_object().unwrap() {
            assert!(schema["description"].as_str().is_some_and(|text| text.len() > 8), "{name}/{argument}");
        }
        let example = &input["examples"][0];
        let known = example.as_object().unwrap().keys().all(|argument| tool.places.contains_key(argument));
        assert!(known && tool.required().all(|argument| example.get(argument).is_some()), "{name}: {example}");
    }
    assert!((20..=28).contains(&names.len()), "few, and well-shaped: {}", names.len());
}

#[test]
fn the_list_fits_into_a_conversation() {
    let shown: Vec<_> = desk().tools.iter().map(|tool| tool.shown(false)).collect();
    let bytes = serde_json::to_string(&shown).unwrap().len();
    assert!(bytes < 40_000, "{bytes} bytes are read before the first word");
}

#[tokio::test]
async fn every_example_is_understood() {
    let host = Host::new().await;
    for tool in desk().tools.iter() {
        let result = host.result(&host.live, tool.told.name, (tool.told.example)()).await;
        let answer = &result["structuredContent"];
        let misread = ["unknown_field", "unknown_parameter", "required", "wrong_type", "unknown_value"];
        let errors = answer["errors"].as_array().into_iter().flatten();
        let misread: Vec<_> = errors.filter(|error| misread.contains(&error["code"].as_str().unwrap())).collect();
        let status = answer["status"].as_i64().unwrap_or(200);
        assert!(misread.is_empty() && status < 500, "{}: {result}", tool.told.name);
    }
}

#[tokio::test]
async fn a_key_sees_the_tools_that_it_may_use_and_the_others_name_the_scope() {
    let host = Host::new().await;
    let names = async |key: &str| -> Vec<String> {
        let listed = host.asks(key, "tools/list", json!({})).await;
        all(&listed["tools"], "name").into_iter().map(str::to_owned).collect()
    };
    assert_eq!(names(&host.live).await.len(), told().count());
    let reader = host.key("campaigns:read", None).await;
    let expected = [
        "get_account",
        "list_assistants",
        "list_campaigns",
        "get_campaign",
        "explain_campaign",
        "get_campaign_stats",
        "list_jobs",
        "get_job",
    ];
    assert_eq!(names(&reader).await, expected);
    assert_eq!(names(&host.key("calls:override", None).await).await, ["get_account"]);
    let caller = host.key("calls:write", None).await;
    assert_eq!(names(&caller).await, ["get_account", "place_call"]);
    let (text, problem) = host.refuses(&reader, "start_campaign", json!({"campaign": host.campaign().await})).await;
    assert_eq!(problem["code"], "CE0002");
    assert!(text.contains("campaigns:write"), "{text}");
}

#[tokio::test]
async fn what_makes_phones_ring_is_marked_unless_the_account_only_simulates() {
    let host = Host::new().await;
    let hints = async |key: &str, name: &str| -> Value {
        let listed = host.asks(key, "tools/list", json!({})).await;
        let tools = listed["tools"].as_array().unwrap();
        tools.iter().find(|tool| tool["name"] == name).unwrap()["annotations"].clone()
    };
    for name in [
        "start_campaign",
        "resume_campaign",
        "place_call",
        "add_leads",
        "update_campaign",
        "update_lead",
        "push_script",
    ] {
        let live = hints(&host.live, name).await;
        assert_eq!(
            (&live["readOnlyHint"], &live["destructiveHint"], &live["openWorldHint"]),
            (&json!(false), &json!(true), &json!(true)),
            "{name}"
        );
        assert_eq!(hints(&host.test, name).await["openWorldHint"], false, "{name}");
    }
    let of = async |key: &str, name: &str| {
        let hints = hints(key, name).await;
        ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"]
            .map(|hint| hints[hint].as_bool().unwrap())
    };
    assert_eq!(of(&host.live, "get_campaign").await, [true, false, true, false]);
    assert_eq!(of(&host.live, "create_campaign").await, [false, false, false, false]);
    assert_eq!(of(&host.live, "pause_campaign").await, [false, false, true, false]);
    assert_eq!(of(&host.live, "stop_campaign").await, [false, true, true, false]);
    assert_eq!(of(&host.test, "stop_campaign").await, [false, true, true, false]);
    assert_eq!(of(&host.test, "start_campaign").await, [false, false, true, false]);
    assert_eq!(of(&host.live, "place_call").await, [false, true, false, true]);
}

#[test]
fn the_documentation_lists_the_tools() {
    let page = include_str!("../../../../../docs/mcp.md");
    let scopes = |tool: &Tool| match tool.scopes.first().map(Vec::as_slice) {
        Some([scope]) => format!("`{scope}`"),
        _ => "any key".to_owned(),
    };
    let row = |tool: &Tool| format!("| `{}` | {} | {} |", tool.told.name, scopes(tool), tool.told.title);
    let rows: Vec<String> = desk().tools.iter().map(row).collect();
    let written: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(written, rows, "docs/mcp.md should have:\n{}", rows.join("\n"));
}
