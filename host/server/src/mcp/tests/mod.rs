//! The protocol as a client speaks it: JSON-RPC over HTTP, held to what HTTP, MCP and the API promise.

mod door;
mod peers;
mod session;
mod toolbox;

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};

use crate::testing::{Answer, Host};

/// A message as clients send it.
pub(super) fn posted(key: Option<&str>) -> http::request::Builder {
    let request =
        Request::post("/mcp").header(header::HOST, "calls.example").header(header::CONTENT_TYPE, "application/json");
    match key {
        Some(key) => request.header(header::AUTHORIZATION, format!("Bearer {key}")),
        None => request,
    }
}

impl Host {
    /// Sends anything to the endpoint.
    pub(super) async fn says(&self, key: Option<&str>, body: impl Into<Body>) -> Answer {
        self.call(posted(key).body(body.into()).unwrap()).await
    }

    /// The result of a request of the protocol.
    pub(super) async fn asks(&self, key: &str, method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
        let answer = self.says(Some(key), message.to_string()).await;
        assert_eq!((answer.status, &answer.body["id"]), (200, &7.into()), "{method}: {}", answer.text);
        assert!(answer.body.get("result").is_some(), "{method}: {}", answer.text);
        answer.body["result"].clone()
    }

    /// The result of a tool, whatever it is.
    pub(super) async fn result(&self, key: &str, tool: &str, arguments: Value) -> Value {
        let result = self.asks(key, "tools/call", json!({"name": tool, "arguments": arguments})).await;
        assert_eq!(result["content"][0]["type"], "text", "{tool}: {result}");
        assert!(result["structuredContent"].is_object(), "{tool}: {result}");
        result
    }

    /// What a tool answered that did its work.
    pub(super) async fn does(&self, key: &str, tool: &str, arguments: Value) -> Value {
        let result = self.result(key, tool, arguments).await;
        assert_eq!(result["isError"], false, "{tool}: {result}");
        result["structuredContent"].clone()
    }

    /// The text and the problem of a tool that refused.
    pub(super) async fn refuses(&self, key: &str, tool: &str, arguments: Value) -> (String, Value) {
        let result = self.result(key, tool, arguments).await;
        assert_eq!(result["isError"], true, "{tool}: {result}");
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        let problem = result["structuredContent"].clone();
        assert!(text.starts_with(problem["code"].as_str().unwrap()), "{text}");
        for error in problem["errors"].as_array().unwrap() {
            for part in ["pointer", "code", "message"] {
                assert!(text.contains(error[part].as_str().unwrap()), "{part} of {error} in {text}");
            }
        }
        (text, problem)
    }
}

/// A field of every object of a list.
pub(super) fn all<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|one| one[field].as_str().unwrap()).collect()
}
