//! Single calls: one person, called now or not at all.
//!
//! A single call goes the way of every other one: it is a lead with one contact, in a campaign that holds the single calls
//! of its assistant. That campaign is made at the first of them; its owner finds it by its kind, and edits its hours and
//! its concurrency like any other's. So the gates, the promise never to dial twice, the money, the evaluators and the
//! records are the same ones. What differs: the lead expires within a minute, and is dialled at most once whatever came
//! of it, because whoever asked for one call was told its name.

use async_trait::async_trait;

use super::{Campaign, LiveFacts, NewLead, Stored, WriteContext};
use crate::campaign::CampaignKind;
use crate::ids::{AssistantId, CampaignKey, LeadId, LeadKey};

/// A call that was asked for and passed the gates; the engine takes it with its next claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SingleCall {
    /// The lead that stands for it, inside.
    pub key: LeadKey,
    /// Outside.
    pub lead: LeadId,
}

/// Single calls.
#[async_trait]
pub trait SingleCalls: Send + Sync {
    /// The campaign that holds the assistant's single calls of a kind; made when there is none. The second is true when it
    /// was.
    async fn single_calls_of(
        &self,
        ctx: &WriteContext,
        assistant: AssistantId,
        kind: CampaignKind,
    ) -> Stored<(Campaign, bool)>;
    /// Asks the gates for a call and adds its lead when all are open; `Closed` with every one that is not. The same
    /// idempotency key again answers the same lead without asking the gates.
    async fn single_call(
        &self,
        ctx: &WriteContext,
        campaign: CampaignKey,
        lead: NewLead,
        live: LiveFacts,
    ) -> Stored<SingleCall>;
}
