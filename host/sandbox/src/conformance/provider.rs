//! The other system of a conformance case: it behaves in one way, whatever it is asked.

use async_trait::async_trait;
use campanile_domain::ports::gateway::Evidence;
use campanile_domain::ports::outbound::{Outbound, OutboundFault, OutboundReply, OutboundRequest, Principal, Sent};

/// One way to behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Answers this.
    Answers(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// There is no connection.
    Unreachable,
    /// The request went out and nothing came back.
    Silent,
    /// The answer is larger than allowed.
    TooMuch,
}

impl Provider {
    /// Every way to say no that providers have, with a name: each spelling of "too many requests", errors, garbage,
    /// nothing.
    pub fn faults() -> Vec<(&'static str, Self)> {
        let json = vec![("content-type", "application/json")];
        let wait = |wait| vec![("content-type", "application/json"), ("retry-after", wait)];
        vec![
            ("429 with seconds", Self::Answers(429, wait("30"), "{}")),
            ("429 with a date", Self::Answers(429, wait("Mon, 02 Mar 2026 08:05:00 GMT"), "{}")),
            ("429 without a word", Self::Answers(429, Vec::new(), "")),
            ("429 with nonsense", Self::Answers(429, wait("soon"), "Too Many Requests")),
            ("403 as a rate limit", Self::Answers(403, json.clone(), r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#)),
            ("401", Self::Answers(401, json.clone(), r#"{"message":"unauthorized"}"#)),
            ("500", Self::Answers(500, json.clone(), "{}")),
            ("502 with a page", Self::Answers(502, vec![("content-type", "text/html")], "<html>bad gateway</html>")),
            ("200 that is no JSON", Self::Answers(200, json.clone(), "\u{0}\u{1}garbage")),
            ("200 with an error inside", Self::Answers(200, json.clone(), r#"{"error":{"message":"no"}}"#)),
            ("200 with nothing", Self::Answers(200, json.clone(), "")),
            ("200 of another shape", Self::Answers(200, json, r#"[[null,1,{"a":[]}]]"#)),
            ("no connection", Self::Unreachable),
            ("no answer in time", Self::Silent),
            ("an answer that is too large", Self::TooMuch),
        ]
    }
}

#[async_trait]
impl Outbound for Provider {
    async fn send(&self, _: &Principal, _: OutboundRequest) -> Sent {
        match self {
            Self::Answers(status, headers, body) => {
                let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
                let reply = OutboundReply { status: *status, headers, body: body.as_bytes().to_vec() };
                Sent { answer: Ok(reply), evidence: Evidence::Answered(*status) }
            }
            Self::Unreachable => {
                let why = OutboundFault::Unreachable("connection refused".to_owned());
                Sent { answer: Err(why), evidence: Evidence::NothingSent }
            }
            Self::Silent => Sent { answer: Err(OutboundFault::TimedOut), evidence: Evidence::Lost },
            Self::TooMuch => Sent { answer: Err(OutboundFault::TooLarge), evidence: Evidence::Answered(200) },
        }
    }
}
