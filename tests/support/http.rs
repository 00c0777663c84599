//! A client of the API, as small as a customer's first script.
//!
//! It blocks, because the tests read as stories. Answers are kept whole: a test that fails shows the body, in which the
//! server says what is wrong and what to do.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

/// A client with a key.
#[derive(Clone)]
pub struct Api {
    runtime: Arc<tokio::runtime::Runtime>,
    client: reqwest::Client,
    base: String,
    key: Option<String>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The method and path that were asked.
    pub asked: String,
    /// The HTTP status.
    pub status: u16,
    /// The `Location` header.
    pub location: String,
    /// The `ETag` header.
    pub etag: String,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The body as JSON, of an answer that says yes.
    ///
    /// # Panics
    /// It says no.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} answered {}: {}", self.asked, self.status, self.text);
        self.json()
    }

    /// Status and code, of an answer that says no.
    ///
    /// # Panics
    /// It is no problem document.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        let body = self.json();
        let code = body["code"].as_str();
        let code = code.unwrap_or_else(|| panic!("{} answered {}, no problem: {}", self.asked, self.status, self.text));
        assert_eq!(body["status"], self.status, "{}", self.text);
        assert!(body["request_id"].is_string() && body["detail"].is_string(), "{}", self.text);
        (self.status, code.to_owned())
    }
}

impl Api {
    /// A client without a key of the server at `base`. No answer within `patience` is an error.
    ///
    /// # Panics
    /// The client cannot be made.
    pub fn new(base: &str, patience: Duration) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(patience)
            .retry(reqwest::retry::never())
            .build()
            .expect("a client");
        Self { runtime: Arc::new(runtime), client, base: base.to_owned(), key: None }
    }

    /// The same with a key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// The same, at another address.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// The key.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }

    /// Where the server is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request with the key, for who sends it.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        // Events come by the page, unless a stream of them is asked for.
        let request = request.header("accept", "application/json, */*;q=0.1");
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// What requests are sent on.
    pub(crate) fn runtime(&self) -> Arc<tokio::runtime::Runtime> {
        Arc::clone(&self.runtime)
    }

    /// Asks; an error when no answer came.
    ///
    /// # Errors
    /// The server is not there, or died before it answered.
    pub fn ask(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Result<Answer, String> {
        let asked = format!("{method} {path}");
        let mut request = self.request(method, path);
        if let Some((kind, bytes)) = body {
            request = request.header("content-type", kind).body(bytes);
        }
        self.runtime.block_on(async {
            let answer = request.send().await.map_err(|error| format!("{asked}: {error}"))?;
            let status = answer.status().as_u16();
            let header = |name: &str| {
                answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
            };
            let (location, etag) = (header("location"), header("etag"));
            let text = answer.text().await.map_err(|error| format!("{asked}: {error}"))?;
            Ok(Answer { asked, status, location, etag, text })
        })
    }

    fn told(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        self.ask(method, path, body).unwrap_or_else(|why| panic!("no answer to {why}"))
    }

    /// GET.
    ///
    /// # Panics
    /// No answer came.
    pub fn get(&self, path: &str) -> Answer {
        self.told(Method::GET, path, None)
    }

    /// POST with JSON.
    ///
    /// # Panics
    /// No answer came.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.told(Method::POST, path, Some(("application/json", body.to_string().into_bytes())))
    }

    /// PUT with JSON.
    ///
    /// # Panics
    /// No answer came.
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.told(Method::PUT, path, Some(("application/json", body.to_string().into_bytes())))
    }

    /// PATCH with JSON.
    ///
    /// # Panics
    /// No answer came.
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.told(Method::PATCH, path, Some(("application/json", body.to_string().into_bytes())))
    }

    /// DELETE.
    ///
    /// # Panics
    /// No answer came.
    pub fn delete(&self, path: &str) -> Answer {
        self.told(Method::DELETE, path, None)
    }

    /// POST of a verb, without a body.
    ///
    /// # Panics
    /// No answer came.
    pub fn verb(&self, path: &str) -> Answer {
        self.told(Method::POST, path, None)
    }

    /// POST of a file.
    ///
    /// # Panics
    /// No answer came.
    pub fn upload(&self, path: &str, kind: &str, bytes: Vec<u8>) -> Answer {
        self.told(Method::POST, path, Some((kind, bytes)))
    }

    /// All rows of a list, page by page.
    ///
    /// # Panics
    /// The server says no, or a page repeats its cursor.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let from = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = self.get(&format!("{path}{joint}limit=200{from}")).ok();
            rows.extend(page["data"].as_array().expect("a list has data").iter().cloned());
            match page["next_cursor"].as_str() {
                None => return rows,
                Some(next) => {
                    assert_ne!(cursor.as_deref(), Some(next), "{path} repeats a page");
                    cursor = Some(next.to_owned());
                }
            }
        }
    }
}
