//! Requests that leave the host on behalf of a plugin.
//!
//! The sandbox lends a guest one function, and this is who carries it out: host asked for and granted, address checked
//! after it was resolved, credentials added by the host and by nobody else, everything bounded. What the host saw of a
//! request comes back with every answer, because for a request that dials it outranks whatever the guest says.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::gateway::Evidence;
use crate::ids::{ConnectionId, TenantKey};
use crate::plugin::auth::AuthBlock;
use crate::plugin::hosts::HostPattern;
use crate::plugin::secrets::{SecretString, Secrets};
use crate::time::Timestamp;

/// On whose behalf a request leaves: one installed instance of a plugin, with what its tenant granted.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Whose.
    pub tenant: TenantKey,
    /// The instance, for logs and for the locks of its tokens: `gw_...`.
    pub instance: String,
    /// Hosts that the manifest asks for **and** the tenant granted.
    pub hosts: Vec<HostPattern>,
    /// Auth blocks that the manifest declares and the tenant granted, by name.
    pub auth: Vec<(String, AuthBlock)>,
    /// The instance's settings.
    pub settings: Arc<Value>,
    /// The instance's secrets.
    pub secrets: Arc<Secrets>,
    /// For the blocks that need a person's consent: the connection to take tokens from, by block name.
    pub connections: Vec<(String, ConnectionId)>,
}

/// One request of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundRequest {
    /// `GET`, `POST` and so on.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// The guest's own; those that belong to the host (`host`, `content-length`, `connection` and their like) are
    /// refused, `authorization` too where a block is named.
    pub headers: Vec<(String, String)>,
    /// May be empty.
    pub body: Vec<u8>,
    /// The longest it may take, in milliseconds, redirects and token requests included.
    pub timeout_ms: u32,
    /// The auth block to apply.
    pub auth: Option<String>,
    /// The most bytes of the answer's body after decompression; more is [`OutboundFault::TooLarge`].
    pub max_reply_bytes: usize,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundReply {
    /// The status.
    pub status: u16,
    /// Names in lower case. Cookies and credentials are left out.
    pub headers: Vec<(String, String)>,
    /// Decompressed.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", content = "why", rename_all = "snake_case")]
pub enum OutboundFault {
    /// Not allowed: the rule and what to do. Nothing was sent.
    #[error("denied: {0}")]
    Denied(String),
    /// No connection came about, or it broke.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The answer is larger than allowed.
    #[error("the answer is larger than allowed")]
    TooLarge,
    /// The call has sent as many requests as it may.
    #[error("the call has sent as many requests as it may")]
    BudgetSpent,
    /// The credentials could not be had: a secret is missing, or the provider refused to give or refresh a token.
    #[error("unauthorised: {0}")]
    Unauthorised(String),
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What the guest is told.
    pub answer: Result<OutboundReply, OutboundFault>,
    /// What the host saw. Of a request that was redirected or repeated the last that was sent counts; but once a request
    /// other than GET and HEAD was sent, its own, because what a redirect led to does not speak for it.
    pub evidence: Evidence,
}

/// Carries requests out.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Sends one request. Never retried here.
    async fn send(&self, principal: &Principal, request: OutboundRequest) -> Sent;
}

/// Tokens of one connection.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Sent with requests.
    pub access: SecretString,
    /// Becomes the next pair; many providers rotate it at every use.
    pub refresh: Option<SecretString>,
    /// The access token is not valid from then on (wall clock).
    pub expires_at: Option<Timestamp>,
}

/// Tokens could not be read or kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TokensUnavailable(pub String);

/// Where tokens are kept, encrypted. A rotated pair is durable before it is used: a refresh token that was used and lost
/// locks the tenant out of the other system.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Those of a connection.
    ///
    /// # Errors
    /// There is no such connection of this tenant, it was revoked, or the store failed.
    async fn tokens(&self, tenant: TenantKey, connection: ConnectionId) -> Result<Tokens, TokensUnavailable>;
    /// Replaces them, durably.
    ///
    /// # Errors
    /// They were not kept; the old ones stay in force.
    async fn keep_tokens(
        &self,
        tenant: TenantKey,
        connection: ConnectionId,
        tokens: Tokens,
    ) -> Result<(), TokensUnavailable>;
}
