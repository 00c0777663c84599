//! Writing a request.

use serde::Serialize;

use super::{Fault, Request, Response};
use crate::types::PluginError;

impl Request {
    /// A request with any method, in capitals.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout_ms: 0,
            auth: None,
        }
    }

    /// `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// `POST`.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// `PUT`.
    pub fn put(url: impl Into<String>) -> Self {
        Self::new("PUT", url)
    }

    /// `PATCH`.
    pub fn patch(url: impl Into<String>) -> Self {
        Self::new("PATCH", url)
    }

    /// `DELETE`.
    pub fn delete(url: impl Into<String>) -> Self {
        Self::new("DELETE", url)
    }

    /// Adds a parameter to the URL; name and value are encoded, the same name may come again.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.url = crate::url::with_query(&self.url, name, &value.to_string());
        self
    }

    /// Adds a header. Those that belong to the host (`host`, `content-length`, `authorization` beside an auth block and
    /// their like) are refused when the request is sent.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Gives it a body of this type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Gives it a JSON body. Code `request_unwritable` for what JSON cannot say.
    pub fn json<T: Serialize + ?Sized>(self, body: &T) -> Result<Self, PluginError> {
        let unwritable = |error| {
            PluginError::new("request_unwritable", format!("the body of the request cannot be written: {error}"))
        };
        Ok(self.body("application/json", serde_json::to_vec(body).map_err(unwritable)?))
    }

    /// Gives it a form as its body, in the order given; a key may come again.
    #[must_use]
    pub fn form<K: AsRef<str>, V: AsRef<str>>(self, fields: impl IntoIterator<Item = (K, V)>) -> Self {
        self.body("application/x-www-form-urlencoded", crate::url::write_pairs(fields))
    }

    /// Names the manifest's auth block that the host is to fill in.
    #[must_use]
    pub fn auth(mut self, block: &str) -> Self {
        self.auth = Some(block.to_owned());
        self
    }

    /// The longest it may take, redirects included; without it, the longest that the kind allows.
    #[must_use]
    pub fn timeout_ms(mut self, ms: u32) -> Self {
        self.timeout_ms = ms;
        self
    }

    /// Sends it, once.
    pub fn send(self) -> Result<Response, Fault> {
        #[cfg(target_arch = "wasm32")]
        return crate::bindings::http::campanile::plugin::http::send(&self);
        #[cfg(not(target_arch = "wasm32"))]
        crate::fake::with(|host| host.http.send(self))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fake::{Answer, Host, install, take_sent, unasked};

    #[test]
    fn a_request_leaves_as_it_was_written() {
        install(Host::default().answer(Answer::status(204)).answer(Answer::json(&json!({"ok": true}))));
        let first =
            Request::get("https://a.example/x").query("q", "a b").query("n", 5).header("X-Page", "2").auth("crm");
        assert_eq!(first.timeout_ms(500).send().unwrap().status, 204);
        let second = Request::post("https://a.example/y").json(&json!({"a": 1})).unwrap();
        let third = second.clone().form([("a", "1"), ("a", "2")]);
        second.send().unwrap();
        let [first, second] = take_sent().try_into().unwrap();
        assert_eq!((first.method.as_str(), first.url.as_str()), ("GET", "https://a.example/x?q=a%20b&n=5"));
        assert_eq!((first.timeout_ms, first.auth.as_deref(), first.header("x-page")), (500, Some("crm"), Some("2")));
        assert_eq!((second.json(), second.header("Content-Type")), (json!({"a": 1}), Some("application/json")));
        assert_eq!(third.body, b"a=1&a=2");
        assert_eq!(third.headers, [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())]);
        assert_eq!(unasked(), 0);
    }

    #[test]
    fn answers_are_found_by_method_and_url_and_given_once() {
        let url = "https://a.example/x";
        install(Host::default().on("POST", url, Answer::status(201)).on("GET", url, Answer::fault(Fault::TimedOut)));
        assert_eq!(Request::get(url).query("page", 2).send(), Err(Fault::TimedOut));
        assert_eq!(Request::post(url).send().unwrap().status, 201);
    }

    #[test]
    #[should_panic(expected = "nobody expected DELETE https://a.example/x")]
    fn a_request_that_nobody_expected_fails_the_test() {
        install(Host::default().on("GET", "https://a.example/x", Answer::status(200)));
        let _ = Request::delete("https://a.example/x").send();
    }
}
