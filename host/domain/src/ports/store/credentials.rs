//! Secrets and connections: what the host needs to speak for a tenant elsewhere.
//!
//! What goes in is encrypted where it is kept and comes out only for whoever sends requests; no list and no answer holds
//! it. A secret belongs to one owner, and its ciphertext is worth nothing anywhere else.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Stored, WriteContext};
use crate::ids::{ConnectionId, GatewayId, SinkId, SourceId, TenantKey, WebhookId};
use crate::plugin::secrets::{SecretString, Secrets};
use crate::ports::outbound::Tokens;
use crate::time::Timestamp;

/// Whose secrets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretOwner {
    /// An installed gateway's.
    Gateway(GatewayId),
    /// A source's.
    Source(SourceId),
    /// A connection's: those of the application that asks for consent.
    Connection(ConnectionId),
    /// A sink's.
    Sink(SinkId),
    /// A webhook's: what signs its messages.
    Webhook(WebhookId),
    /// A plugin's as such, whatever uses it: evaluators, which are installed nowhere.
    Plugin(String),
}

impl fmt::Display for SecretOwner {
    /// The owner's public id; of a plugin its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gateway(id) => id.fmt(f),
            Self::Source(id) => id.fmt(f),
            Self::Connection(id) => id.fmt(f),
            Self::Sink(id) => id.fmt(f),
            Self::Webhook(id) => id.fmt(f),
            Self::Plugin(name) => write!(f, "plugin {name}"),
        }
    }
}

/// A secret as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretName {
    /// Its name.
    pub name: String,
    /// When its value was last set.
    pub set_at: Timestamp,
    /// Who set it: `operator`, `engine` or a key's id.
    pub set_by: String,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// Waits for a person's consent at the other system.
    Pending,
    /// Holds tokens.
    Authorised,
    /// The other system does not take its tokens any more; a new consent makes it whole.
    Broken,
    /// Final: its tokens are gone.
    Revoked,
}

impl ConnectionStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Authorised, Self::Broken, Self::Revoked];

    /// The word in the store and in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorised => "authorised",
            Self::Broken => "broken",
            Self::Revoked => "revoked",
        }
    }
}

/// Shared credentials at another system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Connection {
    /// Outside.
    pub id: ConnectionId,
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantKey,
    /// The plugin whose auth block it fills in.
    pub plugin: String,
    /// The block.
    pub auth: String,
    /// For people.
    pub name: String,
    /// What the block takes from settings.
    pub settings: Value,
    /// Where it is in its life.
    pub status: ConnectionStatus,
    /// Why it is broken.
    pub broken_because: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When consent was last given.
    pub authorised_at: Option<Timestamp>,
}

/// A new connection.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// The plugin whose auth block it fills in.
    pub plugin: String,
    /// The block.
    pub auth: String,
    /// For people.
    pub name: String,
    /// What the block takes from settings.
    pub settings: Value,
    /// What the block takes from secrets.
    pub secrets: Secrets,
}

/// A consent that was asked for and not given yet.
#[derive(Clone, Debug)]
pub struct PendingConsent {
    /// SHA-256 of the state that comes back with the person.
    pub state_hash: [u8; 32],
    /// What proves that who asked is who takes (PKCE, RFC 7636).
    pub verifier: SecretString,
    /// Not valid from then on (wall clock).
    pub expires_at: Timestamp,
}

/// Secrets and connections.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Sets a secret of an owner of the tenant. `Conflict` on a host without a key for secrets.
    async fn put_secret(
        &self,
        ctx: &WriteContext,
        owner: SecretOwner,
        name: String,
        value: SecretString,
    ) -> Stored<SecretName>;
    /// All secrets of an owner, for whoever sends its requests.
    async fn secrets(&self, tenant: TenantKey, owner: SecretOwner) -> Stored<Secrets>;
    /// Their names.
    async fn secret_names(&self, tenant: TenantKey, owner: SecretOwner) -> Stored<Vec<SecretName>>;

    /// Makes a connection that waits for consent. The plugin has to be there; its grants bind whoever uses it.
    async fn create_connection(&self, ctx: &WriteContext, new: NewConnection) -> Stored<Connection>;
    /// One.
    async fn connection(&self, tenant: TenantKey, id: ConnectionId) -> Stored<Connection>;
    /// By its public id, whoever owns it: for the callback, whose state the caller compares.
    async fn connection_by_id(&self, id: ConnectionId) -> Stored<Connection>;
    /// The tenant's, oldest first.
    async fn connections(&self, tenant: TenantKey) -> Stored<Vec<Connection>>;
    /// Its tokens and secrets are forgotten, for good.
    async fn revoke_connection(&self, ctx: &WriteContext, id: ConnectionId) -> Stored<Connection>;
    /// Its tokens are not taken any more, and why.
    async fn break_connection(&self, ctx: &WriteContext, id: ConnectionId, why: String) -> Stored<Connection>;

    /// Waits for a person's consent from now on; an older wait is over. `Conflict` when it is revoked.
    async fn ask_consent(&self, ctx: &WriteContext, id: ConnectionId, consent: PendingConsent) -> Stored<()>;
    /// What is waited for.
    async fn pending_consent(&self, id: ConnectionId) -> Stored<PendingConsent>;
    /// The wait is over: true for the first who says so of this state, false for everybody after.
    async fn take_consent(&self, ctx: &WriteContext, id: ConnectionId, state_hash: [u8; 32]) -> Stored<bool>;
    /// Consent was given: keeps the first tokens.
    async fn authorise_connection(&self, ctx: &WriteContext, id: ConnectionId, tokens: Tokens) -> Stored<Connection>;
}
