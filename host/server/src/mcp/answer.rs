//! Turns the answer of a route into the result of a tool.
//!
//! What went well is one sentence and the answer itself, as text for clients that show a model nothing else and as structured content
//! for those that do. A refusal is a result too, marked as an error: the model has to read every fault to repair its call. The
//! messages of the API name routes; here they name the tools that stand for them.

use axum::body::Body;
use http::{Response, header};
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

use super::tool::{Tool, text};
use crate::problem::Problem;

/// What came of a request.
///
/// # Errors
/// The answer is none that this release writes.
pub(super) async fn read(tools: &[Tool], tool: &Tool, response: Response<Body>) -> Result<CallToolResult, ErrorData> {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(broken)?;
    let answer: Value = serde_json::from_slice(&bytes).map_err(broken)?;
    if parts.status.is_success() {
        let told = format!("{}\n\n{}", (tool.told.said)(&answer), without_nulls(answer.clone()));
        return Ok(structured(CallToolResult::success(vec![ContentBlock::text(told)]), answer));
    }
    let wait = parts.headers.get(header::RETRY_AFTER).and_then(|seconds| seconds.to_str().ok());
    Ok(refused(tools, answer, wait))
}

/// A call that no request could be made of.
pub(super) fn not_asked(tools: &[Tool], problem: &Problem, request_id: &str) -> Result<CallToolResult, ErrorData> {
    let document = serde_json::to_value(problem.document(request_id)).map_err(broken)?;
    Ok(refused(tools, document, None))
}

fn broken(cause: impl std::fmt::Display) -> ErrorData {
    tracing::error!(%cause, "an answer of the API could not be read");
    ErrorData::internal_error("the host could not read its own answer; see its log", None)
}

fn structured(mut result: CallToolResult, answer: Value) -> CallToolResult {
    result.structured_content = Some(answer);
    result
}

fn refused(tools: &[Tool], mut problem: Value, wait: Option<&str>) -> CallToolResult {
    in_tools(tools, &mut problem);
    let status = &problem["status"];
    let mut told = format!(
        "{} {} (HTTP {status}). {}.",
        text(&problem, "/code"),
        text(&problem, "/title"),
        text(&problem, "/detail")
    );
    for error in problem["errors"].as_array().into_iter().flatten() {
        let (place, code, message) = (text(error, "/pointer"), text(error, "/code"), text(error, "/message"));
        let place = if place.is_empty() { "" } else { &format!("{place} ") };
        told.push_str(&format!("\n- {place}[{code}] {message}"));
    }
    if let Some(seconds) = wait {
        told.push_str(&format!("\nWait {seconds} seconds before the next try."));
    }
    structured(CallToolResult::error(vec![ContentBlock::text(told)]), problem)
}

/// Tells the tools where the API tells its routes, and the argument where it tells a parameter.
fn in_tools(tools: &[Tool], problem: &mut Value) {
    if let Some(Value::String(detail)) = problem.get_mut("detail") {
        *detail = named(tools, detail);
    }
    for error in problem.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::String(message)) = error.get_mut("message") {
            *message = named(tools, message);
        }
        if let Some(Value::String(pointer)) = error.get_mut("pointer")
            && let Some(parameter) = pointer.strip_prefix('?')
        {
            *pointer = format!("/{parameter}");
        }
    }
}

fn named(tools: &[Tool], text: &str) -> String {
    let mut text = text.to_owned();
    for tool in tools {
        for path in tool.told.paths {
            text = replaced(&text, &format!("{} {path}", tool.told.method), tool.told.name);
        }
    }
    text
}

/// Replaces a route, and nothing that only begins like it.
fn replaced(text: &str, route: &str, name: &str) -> String {
    let mut parts = text.split(route);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let goes_on = part.starts_with(|next: char| next.is_ascii_alphanumeric() || "/:?_{".contains(next));
        replaced.push_str(if goes_on { route } else { name });
        replaced.push_str(part);
    }
    replaced
}

/// What is null says nothing that a missing field would not.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_whole_routes_are_replaced() {
        let tools = [("GET /v1/assistants", "list_assistants"), ("POST /v1/campaigns", "create_campaign")];
        let text = "GET /v1/assistants lists them; GET /v1/assistants/asst_1 is one; POST /v1/campaigns/{id}/leads; POST /v1/campaigns";
        let named = tools.iter().fold(text.to_owned(), |text, (route, name)| replaced(&text, route, name));
        let expected = "list_assistants lists them; GET /v1/assistants/asst_1 is one; POST /v1/campaigns/{id}/leads; create_campaign";
        assert_eq!(named, expected);
    }

    #[test]
    fn only_nulls_are_left_out() {
        let answer = json!({"a": null, "b": [null, {"c": null, "d": 0}], "e": "", "f": false});
        assert_eq!(without_nulls(answer), json!({"b": [null, {"d": 0}], "e": "", "f": false}));
    }
}
