//! Where everything is kept.
//!
//! Intents, not SQL: a method is what somebody wants to happen, it happens in one transaction, and the transaction also
//! holds its events, counts, ledger entries and audit. Every write takes a [`WriteContext`]; those of the dial side also
//! take a [`Fence`], so that a host that lost its shard cannot commit an intent (constant on SQLite). Reads take the
//! tenant first, and a stranger's id is simply not found.
//!
//! Nineteen traits by reader, so that a test or a room names what it needs; [`Store`] is all of them.

use serde::{Deserialize, Serialize};

use crate::explain::Explained;
use crate::ids::{GatewayKey, KeyId, RequestId, TenantKey};
use crate::plugin::allowance::NoRoom;
use crate::time::Timestamp;

pub use accounts::*;
pub use audit::*;
pub use breakdown::*;
pub use campaigns::*;
pub use credentials::*;
pub use dialling::*;
pub use erasures::*;
pub use evaluations::*;
pub use events::*;
pub use imports::*;
pub use instances::*;
pub use jobs::*;
pub use keeping::*;
pub use leads::*;
pub use ledger::*;
pub use numbered::*;
pub use past::*;
pub use plugins::*;
pub use records::*;
pub use shadows::*;
pub use single_calls::*;
pub use sinks::*;
pub use sources::*;
pub use webhooks::*;

mod accounts;
mod audit;
mod breakdown;
mod campaigns;
mod credentials;
mod dialling;
mod erasures;
mod evaluations;
mod events;
mod imports;
mod instances;
mod jobs;
mod keeping;
mod leads;
mod ledger;
mod numbered;
mod past;
mod plugins;
mod records;
mod shadows;
mod single_calls;
mod sinks;
mod sources;
mod webhooks;

/// All of it.
pub trait Store:
    Accounts
    + Plugins
    + Credentials
    + Campaigns
    + Leads
    + SingleCalls
    + Erasures
    + Keeping
    + Numbered
    + Imports
    + Sources
    + Sinks
    + Webhooks
    + Events
    + Dialling
    + Evaluations
    + Records
    + Jobs
    + Shadows
{
}
impl<T> Store for T where
    T: Accounts
        + Plugins
        + Credentials
        + Campaigns
        + Leads
        + SingleCalls
        + Erasures
        + Keeping
        + Keeping
        + Numbered
        + Imports
        + Sources
        + Sinks
        + Webhooks
        + Events
        + Dialling
        + Evaluations
        + Records
        + Jobs
        + Shadows
{
}

/// Who wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Actor {
    /// Whoever runs the host, at its console or with the operator's key.
    Operator,
    /// An API key.
    Key(KeyId),
    /// The engine itself.
    Engine,
    /// A provider's word.
    Gateway(GatewayKey),
}

/// A client's promise that a repeated request is the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// What the client sent.
    pub key: String,
    /// Of the request's method, path and body.
    pub digest: [u8; 32],
}

/// Who, when and why of a write.
#[derive(Clone, Debug)]
pub struct WriteContext {
    /// Whose data.
    pub tenant: TenantKey,
    /// Who wants it.
    pub actor: Actor,
    /// Within which request.
    pub request: Option<RequestId>,
    /// The engine's time of the write.
    pub now: Timestamp,
    /// For creations: the same key again answers what the first one made.
    pub idempotency: Option<IdempotencyKey>,
    /// Seeds the ids that the write mints.
    pub seed: u64,
}

impl WriteContext {
    /// The engine's own write.
    pub const fn engine(tenant: TenantKey, now: Timestamp, seed: u64) -> Self {
        Self { tenant, actor: Actor::Engine, request: None, now, idempotency: None, seed }
    }
}

/// The right to dial for a shard of tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// Which shard.
    pub shard: u32,
    /// Which ownership of it.
    pub epoch: u64,
}

impl Fence {
    /// A host that owns everything: SQLite, where the folder lock is the fence.
    pub const SOLE: Self = Self { shard: 0, epoch: 0 };
}

/// Where a page of a list begins, and how long it is. The cursor is opaque to clients and belongs to one list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// From the previous page; `None` for the first.
    pub cursor: Option<String>,
    /// At most so many rows.
    pub limit: u32,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// Why the store did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing of that name, or another tenant's.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A rule of the data stands in the way.
    #[error("{message}")]
    Conflict {
        /// Stable and machine-readable.
        code: &'static str,
        /// What stands in the way and what to do.
        message: String,
    },
    /// The account's allowance of plugins has no room for it.
    #[error("{message}")]
    NoRoom {
        /// Which limit.
        limit: NoRoom,
        /// What is held, the limit and what to do.
        message: String,
    },
    /// A call that was asked for now may not be placed now.
    #[error("the call may not be placed now; {} of the conditions for calling do not hold", gates.len())]
    Closed {
        /// Every gate that is closed, in order.
        gates: Vec<Explained>,
        /// The earliest instant at which all would be open, if a clock brings it.
        earliest: Option<Timestamp>,
    },
    /// The account may hold no more of something.
    #[error("{message}")]
    AccountFull {
        /// The word of the limit in [`TenantLimits`].
        limit: &'static str,
        /// What is held, the limit and what to do.
        message: String,
    },
    /// Somebody changed the row since it was read.
    #[error("somebody else changed this meanwhile; read it again and repeat the change")]
    Stale,
    /// Another host owns the shard now.
    #[error("another host dials for this shard now")]
    Fenced,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request; use a new key")]
    KeyReused,
    /// A list's cursor that this list did not give.
    #[error("the cursor does not belong to this list; begin without one")]
    BadCursor,
    /// The disk is full or the database cannot be written; dialling stops.
    #[error("the database cannot be written: {0}")]
    Unwritable(String),
    /// The database broke a promise.
    #[error("the database failed: {0}")]
    Broken(String),
}

/// The result of every intent.
pub type Stored<T> = Result<T, StoreError>;
