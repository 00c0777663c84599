//! Other systems as a test says they are: scripted answers, and what was sent to get them.
//!
//! An answer is given once. A request takes the first answer left that fits it; one that none fits fails the test,
//! because a request that nobody expected is a finding.

use super::Host;
use crate::http::{Fault, Request, Response};

/// What a scripted request comes to.
#[derive(Clone, Debug)]
pub struct Answer(Result<Response, Fault>);

/// One request, as it left the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// In capitals.
    pub method: String,
    /// Absolute, with the query.
    pub url: String,
    /// As the plugin wrote them.
    pub headers: Vec<(String, String)>,
    /// As the plugin wrote it.
    pub body: Vec<u8>,
    /// 0 where the plugin left it to the host.
    pub timeout_ms: u32,
    /// The auth block that the host was to fill in.
    pub auth: Option<String>,
}

#[derive(Clone, Debug)]
struct Expected {
    of: Option<(String, String)>,
    answer: Answer,
}

/// What is still to be answered, and what was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    left: Vec<Expected>,
    sent: Vec<Sent>,
}

impl Answer {
    /// An answer with this status, an empty body and no headers.
    pub fn status(status: u16) -> Self {
        Self(Ok(Response { status, headers: Vec::new(), body: Vec::new() }))
    }

    /// 200 with a JSON body.
    pub fn json(body: &serde_json::Value) -> Self {
        Self::status(200).header("content-type", "application/json").body(body.to_string())
    }

    /// No answer, and why.
    pub fn fault(fault: Fault) -> Self {
        Self(Err(fault))
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        if let Ok(response) = &mut self.0 {
            response.status = status;
        }
        self
    }

    /// Adds a header; its name is told in lower case, as the host does.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(response) = &mut self.0 {
            response.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        self
    }

    /// The body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        if let Ok(response) = &mut self.0 {
            response.body = body.into();
        }
        self
    }
}

impl Sent {
    /// The value of a header, whatever its name's case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body's form fields in order, keys repeated as they were.
    pub fn form(&self) -> Vec<(String, String)> {
        crate::url::read_pairs(&self.text())
    }

    /// The URL's parameters in order.
    pub fn query(&self) -> Vec<(String, String)> {
        crate::url::read_pairs(crate::url::query_of(&self.url))
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Host {
    /// The next request, whatever it is, comes to this.
    #[must_use]
    pub fn answer(mut self, answer: Answer) -> Self {
        self.http.left.push(Expected { of: None, answer });
        self
    }

    /// The next request with this method to this URL comes to this. A URL without `?` stands for every query.
    #[must_use]
    pub fn on(mut self, method: &str, url: impl Into<String>, answer: Answer) -> Self {
        self.http.left.push(Expected { of: Some((method.to_owned(), url.into())), answer });
        self
    }
}

impl Expected {
    fn fits(&self, sent: &Sent) -> bool {
        self.of.as_ref().is_none_or(|(method, url)| {
            let without_query = sent.url.split('?').next().unwrap_or_default();
            *method == sent.method && (*url == sent.url || *url == without_query)
        })
    }
}

impl Script {
    pub(crate) fn send(&mut self, request: Request) -> Result<Response, Fault> {
        let Request { method, url, headers, body, timeout_ms, auth } = request;
        let sent = Sent { method, url, headers, body, timeout_ms, auth };
        let at = self.left.iter().position(|expected| expected.fits(&sent)).unwrap_or_else(|| {
            let left: Vec<_> = self.left.iter().map(|expected| &expected.of).collect();
            panic!("nobody expected {} {}; answers left for {left:?}", sent.method, sent.url)
        });
        self.sent.push(sent);
        self.left.remove(at).answer.0
    }
}

/// What has been sent since the last time, oldest first.
pub fn take_sent() -> Vec<Sent> {
    super::with(|host| std::mem::take(&mut host.http.sent))
}

/// How many scripted answers nobody has asked for.
pub fn unasked() -> usize {
    super::with(|host| host.http.left.len())
}
