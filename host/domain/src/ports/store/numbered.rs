//! Things by their numbers: what clients of hosted calling platforms read.
//!
//! Those clients know integers, pages by number and totals, so they are given the inner keys and counted lists. Nothing here
//! is for anybody else: the API of this host pages by cursor and names things by ids that say what they are. A number of
//! another tenant is not found, like its id.
//!
//! What holds an assistant's single calls is no campaign to these clients, so neither it nor its leads are seen here; its
//! calls are, without a campaign.

use async_trait::async_trait;

use super::{Call, Campaign, Lead, Stored};
use crate::ids::{AssistantKey, TenantKey};
use crate::time::Timestamp;
use crate::variable::Variables;

/// Which rows of a list, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// How many rows are before it.
    pub offset: u64,
    /// At most so many rows, 1 to 100.
    pub limit: u32,
}

/// A part of a list, and how long the whole is.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many match in all.
    pub total: u64,
}

/// Which leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberedLeads {
    /// Of the campaign of this number; of nobody when the tenant has no such campaign.
    pub campaign: Option<i64>,
    /// [`crate::lead::LeadState::status`].
    pub status: Option<String>,
    /// One of its phones, written in E.164, contains this text.
    pub phone: Option<String>,
    /// Came then or later.
    pub since: Option<Timestamp>,
    /// Came before.
    pub until: Option<Timestamp>,
}

/// A lead and what its campaign is called.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberedLead {
    /// The lead.
    pub lead: Lead,
    /// Of its campaign.
    pub campaign_name: String,
}

/// Which calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberedCalls {
    /// Of the campaign of this number; of nobody when the tenant has no such campaign.
    pub campaign: Option<i64>,
    /// Of the assistant of this number.
    pub assistant: Option<i64>,
    /// [`crate::attempt::AttemptState::public_status`].
    pub status: Option<String>,
    /// The number dialled, written in E.164, contains this text.
    pub phone: Option<String>,
    /// Begun then or later.
    pub since: Option<Timestamp>,
    /// Begun before.
    pub until: Option<Timestamp>,
}

/// A call and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberedCall {
    /// The call.
    pub call: Call,
    /// Who spoke.
    pub assistant: AssistantKey,
    /// What its campaign is called; `None` for a single call.
    pub campaign_name: Option<String>,
    /// What is known of whoever was dialled: the lead's variables under those of the contact.
    pub given: Variables,
}

/// Things by their numbers.
#[async_trait]
pub trait Numbered: Send + Sync {
    /// A campaign.
    async fn campaign_numbered(&self, tenant: TenantKey, number: i64) -> Stored<Campaign>;
    /// A lead.
    async fn lead_numbered(&self, tenant: TenantKey, number: i64) -> Stored<NumberedLead>;
    /// Leads, newest first.
    async fn leads_numbered(
        &self,
        tenant: TenantKey,
        which: &NumberedLeads,
        slice: Slice,
    ) -> Stored<Counted<NumberedLead>>;
    /// A call.
    async fn call_numbered(&self, tenant: TenantKey, number: i64) -> Stored<NumberedCall>;
    /// Calls, newest first.
    async fn calls_numbered(
        &self,
        tenant: TenantKey,
        which: &NumberedCalls,
        slice: Slice,
    ) -> Stored<Counted<NumberedCall>>;
}
