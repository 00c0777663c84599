//! Records beside the main database: what was decided and why, what was said, what providers sent.
//!
//! They are many, they are large, and losing the last second of them in a power cut loses no lead; so they live in a file
//! of their own and are dropped by the day. The main database keeps the decision itself.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Stored;
use crate::ids::{AttemptKey, CampaignKey, LeadKey, TenantKey};
use crate::ports::gateway::Utterance;
use crate::ports::policy::Usage;
use crate::settle::Clamp;
use crate::time::Timestamp;

/// What a policy was asked, what it answered, and what the engine made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Whose.
    pub tenant: TenantKey,
    /// Of which campaign.
    pub campaign: CampaignKey,
    /// Of which lead.
    pub lead: LeadKey,
    /// About which attempt.
    pub attempt: AttemptKey,
    /// When.
    pub at: Timestamp,
    /// `builtin` or `name@version`.
    pub by: String,
    /// The question (JSON).
    pub input: serde_json::Value,
    /// The answer or the failure (JSON).
    pub output: serde_json::Value,
    /// What the call used.
    pub usage: Usage,
    /// How long it took, in microseconds of the wall clock; 0 where no clock was at hand.
    pub elapsed_us: u64,
    /// The guest's log.
    pub log: Vec<String>,
    /// The rules of the engine that changed the answer.
    pub clamped_by: Vec<Clamp>,
}

/// Records.
#[async_trait]
pub trait Records: Send + Sync {
    /// Keeps records; durable within a second, not at once.
    async fn keep_decisions(&self, records: Vec<DecisionRecord>) -> Stored<()>;
    /// The records of a lead, oldest first.
    async fn decisions(&self, tenant: TenantKey, lead: LeadKey) -> Stored<Vec<DecisionRecord>>;
    /// Keeps what was said in a call; a later transcript replaces an earlier one.
    async fn keep_transcript(
        &self,
        tenant: TenantKey,
        attempt: AttemptKey,
        at: Timestamp,
        lines: Vec<Utterance>,
    ) -> Stored<()>;
    /// What was said in a call.
    async fn transcript(&self, tenant: TenantKey, attempt: AttemptKey) -> Stored<Option<Vec<Utterance>>>;
    /// Drops the segments of whole days before an instant; returns how many.
    async fn drop_records_before(&self, day: Timestamp) -> Stored<u32>;
}
