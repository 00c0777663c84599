//! Sends requests to the router and reads answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use campanile_engine::shell::clock::VirtualClock;
use http::{HeaderMap, Request, header};
use serde_json::Value;
use tower::ServiceExt;

use super::conforms::Document;
use super::desk::Desk;
use super::fakes::{Kinds, Stopped};
use super::rehearsals::Players;
use crate::app::App;

/// A host with two accounts, and a key for each of those who may come.
pub(crate) struct Host {
    pub app: Arc<App>,
    /// Of the account.
    pub live: String,
    /// Of its test twin.
    pub test: String,
    /// Of another account.
    pub stranger: String,
    /// Of the host.
    pub operator: String,
    /// The account's id.
    pub tenant: String,
    pub(crate) router: Router,
    pub(super) kinds: Arc<Kinds>,
    pub(super) desk: Arc<Desk>,
    pub(crate) players: Arc<Players>,
    pub(super) wall: Arc<Stopped>,
    pub(super) engine_time: Arc<VirtualClock>,
    pub(super) document: &'static Document,
    pub(super) folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    headers: HeaderMap,
    pub text: String,
    /// Null when it is no JSON.
    pub body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// Status and code of a problem, after making sure that it is a whole one.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, &str) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let code = self.body["code"].as_str().unwrap();
        assert_eq!(self.body["type"], format!("/errors/{code}"));
        assert_eq!(self.body["status"], self.status);
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        assert!(self.body["detail"].as_str().unwrap().len() > 20, "{}", self.text);
        (self.status, code)
    }

    fn listed(&self, field: &str) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error[field].as_str().unwrap().to_owned()).collect()
    }

    /// Where the faults are.
    pub(crate) fn pointers(&self) -> Vec<String> {
        self.listed("pointer")
    }

    /// What the faults are.
    pub(crate) fn codes(&self) -> Vec<String> {
        self.listed("code")
    }
}

impl Host {
    /// Requests go there from now on.
    pub(super) fn serve(&mut self, app: App) {
        self.app = Arc::new(app);
        self.router = crate::router(Arc::clone(&self.app));
    }

    pub(crate) async fn get(&self, key: Option<&str>, path: &str) -> Answer {
        self.send(key, "GET", path, None).await
    }

    pub(crate) async fn delete(&self, key: Option<&str>, path: &str) -> Answer {
        self.send(key, "DELETE", path, None).await
    }

    pub(crate) async fn post(&self, key: Option<&str>, path: &str, body: Value) -> Answer {
        self.send(key, "POST", path, Some(body)).await
    }

    pub(crate) async fn post_once(&self, key: &str, path: &str, promise: &str, body: &Value) -> Answer {
        let request = request(Some(key), "POST", path).header("idempotency-key", promise);
        self.call(request.header(header::CONTENT_TYPE, "application/json").body(body.to_string().into()).unwrap()).await
    }

    pub(crate) async fn post_empty(&self, key: Option<&str>, path: &str) -> Answer {
        self.send(key, "POST", path, None).await
    }

    pub(crate) async fn patch(&self, key: Option<&str>, path: &str, body: Value) -> Answer {
        self.send(key, "PATCH", path, Some(body)).await
    }

    pub(crate) async fn patch_if(&self, key: &str, path: &str, tag: &str, body: Value) -> Answer {
        let request = request(Some(key), "PATCH", path).header(header::IF_MATCH, tag);
        self.call(request.header(header::CONTENT_TYPE, "application/json").body(body.to_string().into()).unwrap()).await
    }

    pub(crate) async fn delete_if(&self, key: &str, path: &str, tag: &str) -> Answer {
        self.call(request(Some(key), "DELETE", path).header(header::IF_MATCH, tag).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get_as(&self, path: &str, request_id: &str) -> Answer {
        self.call(
            request(Some(&self.live), "GET", path).header("x-request-id", request_id).body(Body::empty()).unwrap(),
        )
        .await
    }

    pub(crate) async fn send(&self, key: Option<&str>, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = request(key, method, path);
        let request = match body {
            Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(body.to_string().into()),
            None => request.body(Body::empty()),
        };
        self.call(request.unwrap()).await
    }

    pub(crate) async fn send_raw(&self, method: &str, path: &str, content_type: &str, body: String) -> Answer {
        let mut request = request(Some(&self.live), method, path);
        if !content_type.is_empty() {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        self.call(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn upload(&self, path: &str, content_type: &str, file: &str) -> Answer {
        self.send_raw("POST", path, content_type, file.to_owned()).await
    }

    pub(crate) async fn send_file(&self, key: Option<&str>, path: &str, kind: &str, file: &str) -> Answer {
        let request = request(key, "POST", path).header(header::CONTENT_TYPE, kind);
        self.call(request.body(file.to_owned().into()).unwrap()).await
    }

    pub(crate) async fn hook(&self, path: &str, body: Vec<u8>) -> Answer {
        self.call(request(None, "POST", path).header("X-Signature", "s").body(body.into()).unwrap()).await
    }

    /// A webhook whose sender hangs up in the middle.
    pub(crate) async fn broken_hook(&self, path: &str) -> Answer {
        let half = [Ok("{"), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))];
        self.call(request(None, "POST", path).body(Body::from_stream(futures::stream::iter(half))).unwrap()).await
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().as_str().to_lowercase(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.to_str().unwrap().contains("json"));
        let body = if json { serde_json::from_str(&text).unwrap() } else { Value::Null };
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, text, body };
        self.document.holds(&method, &path, &answer);
        answer
    }
}

/// As programs ask: for JSON, so that no answer goes on for ever; who listens to a stream does it by [`super::listening`].
fn request(key: Option<&str>, method: &str, path: &str) -> http::request::Builder {
    let request = Request::builder().method(method).uri(path).header(header::ACCEPT, "application/json");
    match key {
        Some(key) => request.header(header::AUTHORIZATION, format!("Bearer {key}")),
        None => request,
    }
}
