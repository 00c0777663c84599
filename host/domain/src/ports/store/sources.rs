//! Sources: importers that feed campaigns, and what came of asking them.
//!
//! One page is one transaction: the leads, the cursor and what the importer keeps move together, so that a host that
//! dies anywhere goes on at the page it had not stored. What a source brought is remembered by its own ids, apart from
//! the leads of files and of the API and from those of other sources.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{InstanceReason, InstanceStatus, Listed, Page, Stored, WriteContext};
use crate::ids::{CampaignId, CampaignKey, SourceId, SourceKey, SourceRunId, TenantKey};
use crate::importer::RejectedRecord;
use crate::plugin::PluginRef;
use crate::plugin::failure::PluginFailure;
use crate::plugin::instance::Kept;
use crate::plugin::secrets::Secrets;
use crate::ports::gateway::Webhook;
use crate::region::Region;
use crate::source::ReadPage;
use crate::time::Timestamp;

/// An installed importer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceRow {
    /// Inside.
    #[serde(skip)]
    pub key: SourceKey,
    /// Outside.
    pub id: SourceId,
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantKey,
    /// The campaign that it feeds.
    pub campaign: CampaignId,
    /// Inside.
    #[serde(skip)]
    pub campaign_key: CampaignKey,
    /// For people.
    pub name: String,
    /// Which importer.
    pub plugin: PluginRef,
    /// Its settings.
    pub settings: Value,
    /// How national numbers are read where a record names no country; `None`: by the campaign's zone.
    pub default_country: Option<Region>,
    /// How often it is asked, in minutes.
    pub interval_minutes: u32,
    /// A lead that ended and changes there is called again.
    pub reopen_on_change: bool,
    /// Where it is.
    pub status: InstanceStatus,
    /// Why.
    pub status_reason: InstanceReason,
    /// The secret of its hook's URL.
    #[serde(skip)]
    pub hook_token: String,
    /// When it is asked next, while it is active.
    pub next_run_at: Timestamp,
    /// Failed runs in a row.
    pub failures_in_a_row: u32,
    /// Webhooks whose signature did not hold; they were dropped.
    pub forged_webhooks: u64,
    /// Webhooks that were given up after several tries, of the last days.
    pub failed_webhooks: u64,
    /// Why the last of them was.
    pub last_webhook_error: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A source that somebody wants.
#[derive(Clone, Debug)]
pub struct NewSource {
    /// The campaign that it feeds.
    pub campaign: CampaignId,
    /// For people.
    pub name: String,
    /// Which importer.
    pub plugin: PluginRef,
    /// Checked against the version's schema already.
    pub settings: Value,
    /// Its secrets.
    pub secrets: Secrets,
    /// See [`SourceRow::default_country`].
    pub default_country: Option<Region>,
    /// See [`SourceRow::interval_minutes`].
    pub interval_minutes: u32,
    /// See [`SourceRow::reopen_on_change`].
    pub reopen_on_change: bool,
    /// It begins paused.
    pub paused: bool,
}

/// What a source becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceChange {
    /// For people.
    pub name: String,
    /// Another version of the same importer.
    pub plugin: PluginRef,
    /// Other settings begin anew: without a cursor, without what the importer kept.
    pub settings: Value,
    /// See [`SourceRow::default_country`].
    pub default_country: Option<Region>,
    /// See [`SourceRow::interval_minutes`].
    pub interval_minutes: u32,
    /// See [`SourceRow::reopen_on_change`].
    pub reopen_on_change: bool,
}

/// What a run did, in records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCounts {
    /// Pages stored.
    pub pages: u64,
    /// Records in them.
    pub seen: u64,
    /// New leads.
    pub created: u64,
    /// Leads that changed.
    pub updated: u64,
    /// Records that said what was known.
    pub unchanged: u64,
    /// Leads that came back or were reopened.
    pub reopened: u64,
    /// Records whose phone another lead of the campaign has.
    pub duplicates: u64,
    /// Records that cannot be called.
    pub rejected: u64,
    /// Leads that the other system has no more.
    pub removed: u64,
    /// Numbers put on the do-not-call list.
    pub suppressed: u64,
}

/// Why a run ended without having seen all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceError {
    /// Stable.
    pub code: String,
    /// What happened and why.
    pub message: String,
    /// What to do.
    pub next: String,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceRun {
    /// Outside.
    pub id: SourceRunId,
    /// `running`, `finished`, `failed` or `stopped` (by a pause or a change of the source).
    pub status: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// What it did.
    #[serde(flatten)]
    pub counts: SourceCounts,
    /// Why it failed.
    pub error: Option<SourceError>,
}

/// A source that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueSource {
    /// Which.
    pub key: SourceKey,
    /// Whose.
    pub tenant: TenantKey,
    /// Since when, or from when on.
    pub at: Timestamp,
}

/// What a run is to do next.
#[derive(Clone, Debug)]
pub struct SourceTurn {
    /// Which source.
    pub source: SourceRow,
    /// Which run; one that a dead host left is gone on with.
    pub run: i64,
    /// Where the next page begins.
    pub cursor: Option<String>,
    /// What the importer keeps.
    pub kept: Kept,
    /// How national numbers are read.
    pub region: Option<Region>,
    /// All pages are stored; what follows from them is to be done, see [`Sources::settle_source`].
    pub settling: bool,
}

/// What became of a page, or of a piece of what follows from the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceStep {
    /// Leads that can be called now and could not before.
    pub arrived: u64,
    /// What the run does next.
    pub next: SourceNext,
}

/// What a run does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceNext {
    /// The next page.
    Pull,
    /// The rest of what follows from the pages.
    Settle,
    /// Nothing: it is over.
    Over,
}

/// A webhook of another system that waits to be read.
#[derive(Clone, Debug)]
pub struct SourcePush {
    /// Its row.
    pub key: i64,
    /// Whose.
    pub source: SourceRow,
    /// What came.
    pub webhook: Webhook,
    /// How often reading it failed.
    pub tries: u32,
    /// What the importer keeps.
    pub kept: Kept,
    /// How national numbers are read.
    pub region: Option<Region>,
}

/// Sources and their runs.
#[async_trait]
pub trait Sources: Send + Sync {
    /// Installs one.
    async fn create_source(&self, ctx: &WriteContext, new: NewSource) -> Stored<SourceRow>;
    /// Of one tenant, or of all; oldest first.
    async fn sources(&self, tenant: Option<TenantKey>) -> Stored<Vec<SourceRow>>;
    /// One of a tenant.
    async fn source(&self, tenant: TenantKey, id: SourceId) -> Stored<SourceRow>;
    /// By its public id, whoever owns it: for its hook.
    async fn source_by_id(&self, id: SourceId) -> Stored<SourceRow>;
    /// Changes one. A run under way is stopped.
    async fn update_source(&self, ctx: &WriteContext, id: SourceId, change: SourceChange) -> Stored<SourceRow>;
    /// Takes one out. Its leads stay; its secrets go.
    async fn delete_source(&self, ctx: &WriteContext, id: SourceId) -> Stored<()>;
    /// Pauses it by hand; a run under way is stopped after the page it is at.
    async fn pause_source(&self, ctx: &WriteContext, id: SourceId) -> Stored<SourceRow>;
    /// Resumes it; it is due at once.
    async fn resume_source(&self, ctx: &WriteContext, id: SourceId) -> Stored<SourceRow>;
    /// Makes an active one due at once. One that is not active is a conflict.
    async fn run_source(&self, ctx: &WriteContext, id: SourceId) -> Stored<SourceRow>;
    /// What the importer keeps, for `check` and `options`.
    async fn source_state(&self, tenant: TenantKey, id: SourceId) -> Stored<Kept>;

    /// Its runs, newest first.
    async fn source_runs(&self, tenant: TenantKey, id: SourceId, page: &Page) -> Stored<Listed<SourceRun>>;
    /// The rejected records of a run that were kept, in their order.
    async fn source_rejects(&self, tenant: TenantKey, id: SourceId, run: SourceRunId) -> Stored<Vec<RejectedRecord>>;

    /// The next sources to ask, by time, at most `each` of any tenant and those of suspended tenants left out.
    async fn due_sources(&self, each: u32, limit: u32) -> Stored<Vec<DueSource>>;
    /// Begins a run, or goes on with the one that a dead host left; `None`: it is not active any more.
    async fn source_turn(&self, ctx: &WriteContext, source: SourceKey) -> Stored<Option<SourceTurn>>;
    /// Stores a page with its cursor and what the importer keeps (`None`: as it was).
    ///
    /// # Errors
    /// [`super::StoreError::Stale`]: the run was stopped meanwhile; nothing was stored.
    async fn source_page(
        &self,
        ctx: &WriteContext,
        source: SourceKey,
        run: i64,
        page: ReadPage,
        kept: Option<Kept>,
    ) -> Stored<SourceStep>;
    /// Does a piece of what follows from the pages: who was not in a whole snapshot is removed, and who waited for a phone
    /// that is free now becomes a lead. Ends the run when nothing is left.
    ///
    /// # Errors
    /// As [`Self::source_page`].
    async fn settle_source(&self, ctx: &WriteContext, source: SourceKey, run: i64) -> Stored<SourceStep>;
    /// Ends a run that failed: the cursor stays, the source is asked again later, waits for a person, or is paused after
    /// too many.
    async fn fail_source(
        &self,
        ctx: &WriteContext,
        source: SourceKey,
        run: i64,
        failure: PluginFailure,
    ) -> Stored<SourceRow>;

    /// Keeps a webhook before anybody reads it.
    async fn put_push(&self, now: Timestamp, source: SourceKey, webhook: Webhook) -> Stored<()>;
    /// The oldest that wait and whose time has come, at most one of each source.
    async fn due_pushes(&self, now: Timestamp, limit: u32) -> Stored<Vec<SourcePush>>;
    /// Stores what a webhook brought, as a page without a run; returns leads that arrived.
    async fn take_push(
        &self,
        ctx: &WriteContext,
        source: SourceKey,
        push: i64,
        page: ReadPage,
        kept: Option<Kept>,
    ) -> Stored<u64>;
    /// Reading it failed: a forged one is dropped and counted, another is tried again later and given up after some times.
    async fn fail_push(&self, ctx: &WriteContext, source: SourceKey, push: i64, failure: PluginFailure) -> Stored<()>;
}
