//! Reading an answer.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::Response;
use crate::types::PluginError;

/// Characters of a body that an error quotes.
const QUOTED: usize = 200;

fn code_of(status: u16) -> &'static str {
    match status {
        401 | 403 => "http_not_permitted",
        404 | 410 => "http_not_found",
        429 => "http_too_many_requests",
        400..=499 => "http_refused",
        500..=599 => "http_broken",
        _ => "http_unexpected",
    }
}

impl Response {
    /// Whether the status is 2xx.
    pub const fn is_ok(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The answer if its status is 2xx; else the error that it is: code by the status (`http_not_permitted` for 401 and
    /// 403, `http_not_found` for 404 and 410, `http_too_many_requests` for 429, `http_refused` for any other 4xx,
    /// `http_broken` for 5xx, else `http_unexpected`), the beginning of the body, and how long to wait where it says so.
    pub fn ok(self) -> Result<Self, PluginError> {
        if self.is_ok() { Ok(self) } else { Err(self.error()) }
    }

    /// The error of [`Response::ok`], whatever the status.
    pub fn error(&self) -> PluginError {
        let message = format!("the other system answered {}{}", self.status, self.quote());
        PluginError { retry_after_ms: self.retry_after_ms(), ..PluginError::new(code_of(self.status), message) }
    }

    /// The error that this answer is where it means "too many requests" without the status for it: a 403 with a code, a
    /// 200 with an error in its body. `after_ms` is how long to wait where the answer itself does not say.
    pub fn busy(&self, after_ms: Option<u64>) -> PluginError {
        let retry_after_ms = self.retry_after_ms().or(after_ms);
        PluginError { code: code_of(429).to_owned(), retry_after_ms, ..self.error() }
    }

    /// The body as JSON of the plugin's own type. Code `http_unreadable`, with the beginning of the body, where it is not.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, PluginError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let message = format!("the other system's answer cannot be read: {error}{}", self.quote());
            PluginError::new("http_unreadable", message)
        })
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The value of a header, whatever its name's case; the first of several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn quote(&self) -> String {
        let text = self.text();
        let text = text.trim();
        let begins: String = text.chars().take(QUOTED).map(|one| if one.is_control() { ' ' } else { one }).collect();
        match begins.len() {
            0 => String::new(),
            all if all == text.len() => format!(": {begins}"),
            _ => format!(": {begins}…"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> Response {
        Response { status, headers: vec![("x-page".into(), "2".into())], body: body.as_bytes().to_vec() }
    }

    #[test]
    fn statuses_are_answers_until_they_are_asked_to_be_ok() {
        assert_eq!(response(299, "x").ok().unwrap().text(), "x");
        for (status, code) in [
            (199, "http_unexpected"),
            (302, "http_unexpected"),
            (400, "http_refused"),
            (401, "http_not_permitted"),
            (403, "http_not_permitted"),
            (404, "http_not_found"),
            (429, "http_too_many_requests"),
            (503, "http_broken"),
        ] {
            let error = response(status, "line\none").ok().unwrap_err();
            assert_eq!(error.code, code, "{status}");
            assert_eq!(error.message, format!("the other system answered {status}: line one"));
        }
    }

    #[test]
    fn an_answer_may_mean_too_many_requests_without_saying_so_in_its_status() {
        let error = response(403, "REQUEST_LIMIT_EXCEEDED").busy(Some(60_000));
        assert_eq!((error.code.as_str(), error.retry_after_ms), ("http_too_many_requests", Some(60_000)));
        assert_eq!(error.message, "the other system answered 403: REQUEST_LIMIT_EXCEEDED");
        let mut said = response(200, "");
        said.headers.push(("retry-after".into(), "5".into()));
        assert_eq!(said.busy(Some(60_000)).retry_after_ms, Some(5_000));
    }

    #[test]
    fn a_long_body_is_quoted_at_its_beginning() {
        let error = response(500, &"é".repeat(500)).error();
        assert!(error.message.ends_with("é…") && error.message.chars().count() < 260, "{}", error.message);
        assert_eq!(response(500, " ").error().message, "the other system answered 500");
    }

    #[test]
    fn a_body_of_another_shape_is_an_error_that_shows_it() {
        assert_eq!(response(200, "[1]").json::<Vec<u8>>().unwrap(), [1]);
        let error = response(200, "<html>").json::<Vec<u8>>().unwrap_err();
        assert_eq!(error.code, "http_unreadable");
        assert!(error.message.contains("<html>"), "{}", error.message);
        assert_eq!(response(200, "").header("X-Page"), Some("2"));
    }
}
