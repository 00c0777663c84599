//! What stands between HTTP and the protocol: who asks, from where, and whether the body is a message at all.
//!
//! Whatever is wrong with the request is a problem document as everywhere; whatever is wrong with the message is an error of JSON-RPC,
//! because that is what a client of the protocol reads. The caller's key never reaches the library: it travels beside the request
//! as a [`Caller`], which does not print.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rmcp::model::{ClientJsonRpcMessage, ErrorCode};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use super::caller::Caller;
use super::desk::Desk;
use super::site::OwnSite;
use crate::app::Config;
use crate::auth::AnyKey;
use crate::problem::Problem;
use crate::request_id::RequestIds;
use crate::{body, codes};

/// Every answer is JSON, so what a client would take besides does not matter.
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// The protocol over the whole API.
pub(crate) struct Protocol(StreamableHttpService<Desk, NeverSessionManager>);

impl Protocol {
    /// `api` answers the requests that calls of tools become.
    pub(crate) fn new(document: &OpenApi, api: Router, version: &str) -> Self {
        let desk = Desk::new(document, api, version);
        // Host and Origin are checked by [`OwnSite`].
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_max_request_body_bytes(Config::MAX_JSON_BYTES * 2)
            .disable_allowed_hosts()
            .disable_allowed_origins();
        Self(StreamableHttpService::new(move || Ok(desk.clone()), Arc::default(), config))
    }
}

/// Answers one message of the protocol.
pub(crate) async fn serve(
    Extension(protocol): Extension<Arc<Protocol>>,
    _: OwnSite,
    AnyKey(found): AnyKey,
    request: Request,
) -> Result<Response, Problem> {
    let Some(tenant) = found.tenant else {
        let detail = "the operator's key opens no account and no tools; use a key of the account";
        return Err(Problem::new(&codes::WRONG_KEY, detail));
    };
    let (uri, mut headers) = (request.uri().clone(), request.headers().clone());
    let authorization = headers.remove(header::AUTHORIZATION);
    let request_id = request.extensions().get::<RequestIds>().map(|ids| ids.shown.clone());
    let caller = Caller {
        authorization: authorization.ok_or_else(|| Problem::internal("a key without a header"))?,
        scopes: found.scopes.into(),
        is_test: tenant.is_test(),
        request_id: request_id.ok_or_else(|| Problem::internal("the request was not framed"))?,
    };
    let message = match message(&body::json_bytes(request).await?) {
        Ok(message) => message,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let answer = protocol.0.handle(handed_on(uri, headers, caller, &message)).await;
    Ok(answer.map(Body::new))
}

fn handed_on(uri: Uri, mut headers: HeaderMap, caller: Caller, message: &Value) -> Request {
    headers.insert(header::ACCEPT, ACCEPTED);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.remove(header::CONTENT_LENGTH);
    let mut request = Request::new(Body::from(message.to_string()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request.extensions_mut().insert(caller);
    request
}

/// An error of JSON-RPC about what was no message.
type Refusal = (StatusCode, Json<Value>);

fn refusal(id: &Value, code: ErrorCode, message: String) -> Refusal {
    let error = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code.0, "message": message}});
    (StatusCode::BAD_REQUEST, Json(error))
}

/// Reads one message.
fn message(bytes: &[u8]) -> Result<Value, Refusal> {
    let read: Value = serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("the body is not JSON ({error}); send one message of JSON-RPC 2.0");
        refusal(&Value::Null, ErrorCode::PARSE_ERROR, message)
    })?;
    if !read.is_object() {
        let message = "the body is no object; send one message of JSON-RPC 2.0 in a request, batches are not taken";
        return Err(refusal(&Value::Null, ErrorCode::INVALID_REQUEST, message.into()));
    }
    let id = read.get("id").filter(|id| id.is_string() || id.is_number()).unwrap_or(&Value::Null);
    if let Err(error) = ClientJsonRpcMessage::deserialize(&read) {
        let message = format!("the body is no message that this host knows ({error}); see the specification of MCP");
        return Err(refusal(id, ErrorCode::INVALID_REQUEST, message));
    }
    Ok(read)
}
