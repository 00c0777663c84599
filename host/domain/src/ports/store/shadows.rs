//! Shadows: a second policy that is asked everything a campaign decides, and decides nothing.
//!
//! A campaign has one shadow at most. Its counts are kept in the transaction that takes its answers; what it answered, lead by
//! lead, is a record beside. Beginning another one begins the counts anew; a stopped one can still be read.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::{Stored, WriteContext};
use crate::ids::{CampaignId, CampaignKey, LeadKey, TenantKey};
use crate::plugin::PluginRef;
use crate::policy::Decision;
use crate::ports::policy::PolicyFailure;
use crate::replay::{Change, Difference};
use crate::time::Timestamp;

/// A shadow as the engine needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadowRun {
    /// Its row: answers that come late for another one are dropped.
    pub key: i64,
    /// Which policy, pinned to a version.
    pub policy: PluginRef,
    /// Its settings (JSON).
    pub settings: Value,
}

/// What a shadow answered to one question.
#[derive(Clone, Debug)]
pub struct ShadowAnswer {
    /// Of which shadow.
    pub shadow: i64,
    /// About which lead.
    pub lead: LeadKey,
    /// What the campaign decided.
    pub decided: Result<Decision, PolicyFailure>,
    /// What the shadow answered.
    pub answered: Result<Decision, PolicyFailure>,
    /// Both, to look at.
    pub difference: Difference,
}

/// What a shadow came to so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shadow {
    /// Of which campaign.
    pub campaign: CampaignId,
    /// `name@version`.
    pub policy: String,
    /// Its settings.
    pub settings: Value,
    /// Asked from then on.
    pub since: Timestamp,
    /// Who began it: `operator`, `engine` or a key's id.
    pub by: String,
    /// Until then, when it was stopped.
    pub stopped_at: Option<Timestamp>,
    /// Questions that were put to it.
    pub asked: u64,
    /// Answered like the campaign.
    pub same: u64,
    /// Answered like the campaign but for the reason, which moves nobody.
    pub reworded: u64,
    /// Leads for which it answered otherwise; each once.
    pub diverged: u64,
    /// Later answers about those leads: not judged, because the shadow's first answer was not followed.
    pub after_divergence: u64,
    /// Decisions it was not asked about because it was too slow.
    pub dropped: u64,
    /// Its failures, by code.
    pub failed: BTreeMap<String, u64>,
    /// Questions whose decision had nothing to compare, by reason.
    pub not_compared: BTreeMap<String, u64>,
    /// The divergences, from what to what.
    pub changes: Vec<Change>,
    /// Leads that diverged, at most [`crate::replay::MOST_LEADS`].
    pub leads: Vec<Difference>,
}

/// Shadows.
#[async_trait]
pub trait Shadows: Send + Sync {
    /// Begins one in place of the campaign's last. The same policy with the same settings goes on if it runs.
    async fn start_shadow(
        &self,
        ctx: &WriteContext,
        campaign: CampaignId,
        policy: PluginRef,
        settings: Value,
    ) -> Stored<Shadow>;
    /// Stops it; what it came to stays.
    async fn stop_shadow(&self, ctx: &WriteContext, campaign: CampaignId) -> Stored<Shadow>;
    /// What it came to so far.
    async fn shadow(&self, tenant: TenantKey, campaign: CampaignId) -> Stored<Shadow>;
    /// Takes answers, in the order in which the questions were decided, and counts what was dropped. Those of a shadow that
    /// is over are nobody's.
    async fn keep_shadow_answers(&self, answers: Vec<ShadowAnswer>, dropped: Vec<(CampaignKey, u64)>) -> Stored<()>;
}
