//! What a webhook of the format [`crate::webhook::WebhookFormat::Hosted`] is told of a call.
//!
//! The words, dates and amounts of hosted calling platforms are known in one place, the door for their clients, and whoever
//! sends messages does not know that place. One that asks too early is told when to ask again: what a call told is often
//! known only some moments after it ended, and those platforms send one message and not two.

use async_trait::async_trait;

use super::store::Stored;
use crate::ids::{AttemptKey, TenantKey};
use crate::time::Timestamp;

/// What is to be sent of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostCall {
    /// This, JSON.
    Ready(Vec<u8>),
    /// Something of it is still being found out; ask again then.
    NotYet(Timestamp),
}

/// Writes what is sent of calls.
#[async_trait]
pub trait PostCalls: Send + Sync {
    /// Of a call that ended. `NotFound`: it is not kept any more.
    async fn post_call(&self, tenant: TenantKey, call: AttemptKey, now: Timestamp) -> Stored<PostCall>;
}
