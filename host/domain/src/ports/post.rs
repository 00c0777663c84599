//! Messages that the host itself sends to addresses which tenants name.
//!
//! Not on behalf of a plugin: nobody granted the address, so only its place in the world is judged, by the same room and the
//! same rules as a plugin's requests. A redirect is an answer like any other and is never followed, and of an answer's body
//! only the beginning is read: a message is told, nothing is asked.

use async_trait::async_trait;

use super::outbound::OutboundFault;
use crate::ids::TenantKey;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Absolute.
    pub url: String,
    /// Beside those that every request has.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Vec<u8>,
    /// The longest that sending it and reading the answer may take, in milliseconds.
    pub timeout_ms: u32,
    /// How much of the answer's body is read, in bytes.
    pub kept_bytes: usize,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The status.
    pub status: u16,
    /// What the header `retry-after` asks for, when it names seconds.
    pub retry_after_ms: Option<u64>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// Sends messages.
#[async_trait]
pub trait Post: Send + Sync {
    /// Whether a message may go to a URL, as far as the URL tells; a name is judged when it is resolved.
    ///
    /// # Errors
    /// The rule that stands in the way, for people.
    fn may_go(&self, url: &str) -> Result<(), String>;
    /// Sends one, once.
    ///
    /// # Errors
    /// There is no answer, and why.
    async fn post(&self, tenant: TenantKey, letter: Letter) -> Result<Posted, OutboundFault>;
}
