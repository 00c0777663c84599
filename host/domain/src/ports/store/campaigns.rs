//! Campaigns: what their owner sees and does.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;

use super::{Breakdown, Dimension, Job, Listed, Page, PastCall, SinkRow, SourceRow, Stored, WriteContext};
use crate::campaign::{
    CampaignConfig, CampaignKind, CampaignState, Happening, StartFacts, StartProblem, StatusReason, Verb,
};
use crate::estimate::Group;
use crate::gate::Gate;
use crate::ids::{AssistantId, CampaignId, CampaignKey, ImportId, TenantKey};
use crate::money::Micros;
use crate::time::Timestamp;

/// A campaign as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Campaign {
    /// Inside.
    #[serde(skip)]
    pub key: CampaignKey,
    /// Outside.
    pub id: CampaignId,
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantKey,
    /// What it is for.
    pub kind: CampaignKind,
    /// Who speaks.
    pub assistant: AssistantId,
    /// Where it stands.
    pub status: CampaignState,
    /// Why.
    pub status_reason: StatusReason,
    /// What its owner configured; `time_zone` is filled in from the assistant.
    #[serde(flatten)]
    pub config: CampaignConfig,
    /// Counts every edit, from 1.
    pub config_version: u32,
    /// Counts every change of the row; the ETag.
    pub revision: u64,
    /// Spent and reserved so far.
    pub spent_micros: Micros,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
    /// When it was first started.
    pub started_at: Option<Timestamp>,
    /// When it was last completed.
    pub completed_at: Option<Timestamp>,
}

/// What went with a campaign that was deleted, for those who have it in hand.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignDeleted {
    /// Which one it was.
    pub key: CampaignKey,
    /// Sources that fed it.
    pub sources: Vec<SourceRow>,
    /// Sinks that were told of it.
    pub sinks: Vec<SinkRow>,
    /// Uploads of which nothing was in it; their files are needed no more.
    pub uploads: Vec<ImportId>,
}

/// What a verb came to.
#[derive(Clone, Debug, PartialEq)]
pub enum VerbDone {
    /// The campaign changed.
    Changed(Box<Campaign>),
    /// It already was so.
    Unchanged(Box<Campaign>),
    /// Start checks fail: all of them.
    Refused(Vec<StartProblem>),
}

/// Leads by status and reason, and what else a progress bar needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Leads in all.
    pub leads: u64,
    /// By status, then reason (empty for the statuses without one).
    pub by_status: BTreeMap<String, BTreeMap<String, u64>>,
    /// Attempts that are over, by outcome; `refused`, `withdrawn` and `not_dialled` beside them.
    pub attempts: BTreeMap<String, u64>,
    /// Attempts that are open.
    pub open_attempts: u64,
    /// Answered attempts by who answered.
    pub answered_by: BTreeMap<String, u64>,
    /// Leads whose goal was reached.
    pub goals_reached: u64,
    /// Talk in milliseconds.
    pub talk_ms: i64,
    /// Charged to the tenant.
    pub cost_micros: Micros,
    /// The first dial.
    pub first_call_at: Option<Timestamp>,
    /// The last end of a call.
    pub last_call_at: Option<Timestamp>,
}

/// How many leads wait at a gate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateCount {
    /// The gate's code; `ready` for leads that only need a slot.
    pub gate: String,
    /// How many.
    pub leads: u64,
    /// The earliest instant at which the first of them may go on.
    pub until: Option<Timestamp>,
}

/// How the leads of a campaign that have not ended stand, seen from an instant at which it might call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// How many there are.
    pub live: u64,
    /// Of them: expired by then.
    pub expired: u64,
    /// Of the others: every phone that could be called is on the do-not-call list.
    pub suppressed: u64,
    /// Of the others: every contact is dead.
    pub unusable: u64,
    /// Those that can be called, by what is alike. Read off a sample when there are many; the numbers are scaled.
    pub groups: Vec<Group>,
    /// How many leads the groups were read off.
    pub sampled: u64,
}

/// Campaigns.
#[async_trait]
pub trait Campaigns: Send + Sync {
    /// Makes a draft. The configuration was checked; `time_zone` is filled in from the assistant when it is `None`.
    async fn create_campaign(
        &self,
        ctx: &WriteContext,
        assistant: AssistantId,
        config: CampaignConfig,
    ) -> Stored<Campaign>;
    /// Makes a draft, and with it the job that copies leads of another campaign into it: what it was asked for holds `campaign`,
    /// `from` and `leads`, which is kept as it is. `Conflict` while too many jobs of the account run.
    async fn clone_campaign(
        &self,
        ctx: &WriteContext,
        assistant: AssistantId,
        config: CampaignConfig,
        leads: (CampaignId, serde_json::Value),
    ) -> Stored<(Campaign, Job)>;
    /// One.
    async fn campaign(&self, tenant: TenantKey, id: CampaignId) -> Stored<Campaign>;
    /// By its inner key, whoever owns it.
    async fn campaign_by_key(&self, key: CampaignKey) -> Stored<Campaign>;
    /// The tenant's, of one kind or all, newest first, of one status or all.
    async fn campaigns(
        &self,
        tenant: TenantKey,
        kind: Option<CampaignKind>,
        status: Option<CampaignState>,
        page: &Page,
    ) -> Stored<Listed<Campaign>>;
    /// A new configuration version; staged leads go back, parked ones are asked again. `revision`: refuse with `Stale`
    /// when the row is not at it.
    async fn update_campaign(
        &self,
        ctx: &WriteContext,
        id: CampaignId,
        config: CampaignConfig,
        revision: Option<u64>,
    ) -> Stored<Campaign>;
    /// Deletes a campaign with its leads, sources, sinks, shadow and uploads; its calls stay, and count for gaps and caps.
    /// `Conflict` while it is in progress (`campaign_state`), a call of it is not over (`calls_open`) or an import of it is
    /// at work (`import_running`). `revision`: refuse with `Stale` when the row is not at it.
    async fn delete_campaign(
        &self,
        ctx: &WriteContext,
        id: CampaignId,
        revision: Option<u64>,
    ) -> Stored<CampaignDeleted>;
    /// What the start checks look at, as far as the database knows; the caller adds the gateway's health and what is
    /// not active.
    async fn start_facts(&self, tenant: TenantKey, id: CampaignId, now: Timestamp) -> Stored<StartFacts>;
    /// A person's verb. `problems` are the start checks that failed outside; with `start` and `resume` they are answered
    /// together with those the database finds.
    async fn verb(&self, ctx: &WriteContext, id: CampaignId, verb: Verb, facts: StartFacts) -> Stored<VerbDone>;
    /// The engine's; `None` when it means nothing in the campaign's state.
    async fn happen(
        &self,
        ctx: &WriteContext,
        campaign: CampaignKey,
        happening: Happening,
        detail: String,
    ) -> Stored<Option<Campaign>>;
    /// The campaigns that are in progress with leads that have not ended.
    async fn watched_for_stalls(&self) -> Stored<Vec<(TenantKey, CampaignKey)>>;
    /// Looks whether one can call; whether its gateway answers is the engine's to know. The gate that keeps it from calling,
    /// when that is told now.
    async fn watch_for_stall(
        &self,
        ctx: &WriteContext,
        campaign: CampaignKey,
        gateway_healthy: bool,
    ) -> Stored<Option<Gate>>;
    /// Counts.
    async fn stats(&self, tenant: TenantKey, id: CampaignId) -> Stored<Stats>;
    /// Calls by what they have in common, a table for each dimension, and how late they were.
    async fn breakdown(&self, tenant: TenantKey, id: CampaignId, by: &[Dimension]) -> Stored<Breakdown>;
    /// How many leads wait at which gate. Campaign-wide gates (hours, dates, state) are the caller's to add: they hold
    /// for all of them.
    async fn gate_counts(&self, tenant: TenantKey, id: CampaignId, now: Timestamp) -> Stored<Vec<GateCount>>;
    /// How the leads that have not ended stand at an instant.
    async fn outlook(&self, tenant: TenantKey, id: CampaignId, at: Timestamp) -> Stored<Outlook>;
    /// The latest calls that are over, of one campaign or of all that the tenant has, the last one first.
    async fn past_calls(&self, tenant: TenantKey, id: Option<CampaignId>, limit: u32) -> Stored<Vec<PastCall>>;
}
