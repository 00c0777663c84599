//! Letting go: what an account keeps no longer than it said, piece by piece.
//!
//! A piece is one short write, so that dials pass between two. Nothing of where it stood is kept: what is too old is looked
//! for anew, so a host that stops in the middle goes on at its next look.

use async_trait::async_trait;

use super::{Stored, WriteContext};
use crate::ids::TenantKey;
use crate::retention::{Held, Retention};
use crate::time::Timestamp;

/// What came of a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LetGo {
    /// Leads, records, events or rows that went.
    pub gone: u64,
    /// Where the next piece begins; `None`: there is nothing more.
    pub next: Option<i64>,
}

/// What is let go of.
#[async_trait]
pub trait Keeping: Send + Sync {
    /// What the account keeps for how long.
    async fn retention(&self, tenant: TenantKey) -> Stored<Retention>;
    /// Chooses it; in force at the next look.
    async fn set_retention(&self, ctx: &WriteContext, retention: Retention) -> Stored<Retention>;
    /// The accounts that keep something no longer than they said.
    async fn retentions(&self) -> Stored<Vec<(TenantKey, Retention)>>;
    /// Lets go of a piece of what the account has from before an instant: transcripts and records of whole UTC days, persons of
    /// leads that ended, texts, and the beginning of the event log. The first piece begins at 0.
    async fn let_go(&self, ctx: &WriteContext, of: Held, before: Timestamp, from: i64) -> Stored<LetGo>;
    /// Deletes a piece of the webhooks of providers that could not be read and came before an instant, whosever they are.
    async fn drop_unread_webhooks(&self, ctx: &WriteContext, before: Timestamp) -> Stored<LetGo>;
    /// Waits until no log of the database has what went; whether that could be done now.
    async fn forget_logs(&self) -> Stored<bool>;
}
