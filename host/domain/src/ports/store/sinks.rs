//! Sinks: what goes back to the systems that leads came from, and what became of it.
//!
//! A sink reads the tenant's event log from where it is; what concerns it becomes a delivery, and a delivery stays until it
//! is acknowledged, skipped or given up. Moving on and making deliveries is one transaction, so that a host that dies tells
//! an event again rather than never. The events of one lead are told in their order.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{InstanceReason, InstanceStatus, Listed, Page, Stored, WriteContext};
use crate::ids::{CampaignId, CampaignKey, EventId, LeadId, SinkId, SinkKey, SourceId, TenantKey};
use crate::plugin::PluginRef;
use crate::plugin::failure::PluginFailure;
use crate::plugin::instance::Kept;
use crate::plugin::secrets::Secrets;
use crate::sink::{Ack, ResultEvent};
use crate::time::Timestamp;

/// An installed sink.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SinkRow {
    /// Inside.
    #[serde(skip)]
    pub key: SinkKey,
    /// Outside.
    pub id: SinkId,
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantKey,
    /// Whose results it writes.
    pub campaign: CampaignId,
    /// Inside.
    #[serde(skip)]
    pub campaign_key: CampaignKey,
    /// Only leads that this source brought; `None`: all of the campaign.
    pub source: Option<SourceId>,
    /// For people.
    pub name: String,
    /// Which sink.
    pub plugin: PluginRef,
    /// Its settings.
    pub settings: Value,
    /// The kinds of events that it is told.
    pub events: Vec<String>,
    /// Where it is.
    pub status: InstanceStatus,
    /// Why.
    pub status_reason: InstanceReason,
    /// It is left alone until then, after a failure.
    pub next_try_at: Timestamp,
    /// Failed calls of the plugin in a row.
    pub failures_in_a_row: u32,
    /// Deliveries that wait. What happened since the sink stopped is not among them: it is read when it goes on.
    pub waiting: u64,
    /// Deliveries that were given up and can be sent again.
    pub failed: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A sink that somebody wants.
#[derive(Clone, Debug)]
pub struct NewSink {
    /// Whose results it writes.
    pub campaign: CampaignId,
    /// See [`SinkRow::source`].
    pub source: Option<SourceId>,
    /// For people.
    pub name: String,
    /// Which sink.
    pub plugin: PluginRef,
    /// Checked against the version's schema already.
    pub settings: Value,
    /// Its secrets.
    pub secrets: Secrets,
    /// Of [`crate::event::of_sinks`].
    pub events: Vec<String>,
    /// It is told what happened before it was installed, too.
    pub backfill: bool,
    /// It begins paused.
    pub paused: bool,
}

/// What a sink becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct SinkChange {
    /// For people.
    pub name: String,
    /// Another version of the same sink.
    pub plugin: PluginRef,
    /// For what is delivered from now on.
    pub settings: Value,
    /// For what happens from now on.
    pub events: Vec<String>,
}

/// A sink that has something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueSink {
    /// Which.
    pub key: SinkKey,
    /// Whose.
    pub tenant: TenantKey,
    /// Since when, or from when on.
    pub at: Timestamp,
}

/// What a sink is to be told now.
#[derive(Clone, Debug)]
pub struct SinkTurn {
    /// Which sink.
    pub id: SinkId,
    /// What the sink keeps.
    pub kept: Kept,
    /// The events by their numbers, at most one of each lead. May be empty when only the log was read on.
    pub events: Vec<(i64, ResultEvent)>,
    /// There is more to do at once.
    pub more: bool,
}

/// Where a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// To be told, for the first time or again.
    Waiting,
    /// Acknowledged.
    Delivered,
    /// The sink will never write it, and said why.
    Skipped,
    /// Given up after several tries; it can be sent again.
    Failed,
}

/// One event for one sink.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivery {
    /// The event.
    pub event: EventId,
    /// Its number in the account's log.
    pub sequence: i64,
    /// `lead.completed` and its like; `None`: the event is not kept any more.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Of whom; `None`: the lead is not there any more.
    pub lead: Option<LeadId>,
    /// Where it is.
    pub status: DeliveryStatus,
    /// How often it failed.
    pub failures: u32,
    /// When it is tried next, while it waits.
    pub next_try_at: Option<Timestamp>,
    /// Why it was skipped, or failed the last time.
    pub detail: Option<String>,
    /// When the event happened; `None`: the event is not kept any more.
    pub created_at: Option<Timestamp>,
    /// When it was acknowledged, skipped or given up.
    pub done_at: Option<Timestamp>,
}

/// Sinks and their deliveries.
#[async_trait]
pub trait Sinks: Send + Sync {
    /// Installs one.
    async fn create_sink(&self, ctx: &WriteContext, new: NewSink) -> Stored<SinkRow>;
    /// Of one tenant, or of all; oldest first.
    async fn sinks(&self, tenant: Option<TenantKey>) -> Stored<Vec<SinkRow>>;
    /// One of a tenant.
    async fn sink(&self, tenant: TenantKey, id: SinkId) -> Stored<SinkRow>;
    /// Changes one.
    async fn update_sink(&self, ctx: &WriteContext, id: SinkId, change: SinkChange) -> Stored<SinkRow>;
    /// Takes one out with what waits and its secrets.
    async fn delete_sink(&self, ctx: &WriteContext, id: SinkId) -> Stored<()>;
    /// Pauses it by hand; what happens meanwhile waits.
    async fn pause_sink(&self, ctx: &WriteContext, id: SinkId) -> Stored<SinkRow>;
    /// Resumes it; what waits is due at once.
    async fn resume_sink(&self, ctx: &WriteContext, id: SinkId) -> Stored<SinkRow>;
    /// What the sink keeps, for `check` and `options`.
    async fn sink_state(&self, tenant: TenantKey, id: SinkId) -> Stored<Kept>;

    /// Its deliveries, newest first.
    async fn deliveries(
        &self,
        tenant: TenantKey,
        id: SinkId,
        status: Option<DeliveryStatus>,
        page: &Page,
    ) -> Stored<Listed<Delivery>>;
    /// Makes a delivery wait again, whatever became of it.
    async fn resend(&self, ctx: &WriteContext, id: SinkId, event: EventId) -> Stored<Delivery>;
    /// Makes all that were given up wait again; returns how many.
    async fn resend_failed(&self, ctx: &WriteContext, id: SinkId) -> Stored<u64>;

    /// The active sinks with something to do, by time, at most `each` of any tenant and those of suspended tenants left out.
    async fn due_sinks(&self, each: u32, limit: u32) -> Stored<Vec<DueSink>>;
    /// Reads the log on and says what is to be told now, at most `limit` events; `None`: the sink is not active any more.
    async fn sink_turn(&self, ctx: &WriteContext, sink: SinkKey, limit: u32) -> Stored<Option<SinkTurn>>;
    /// Keeps what became of events, and what the sink keeps (`None`: as it was); whether more may be told at once.
    async fn acknowledge(
        &self,
        ctx: &WriteContext,
        sink: SinkKey,
        acks: Vec<(i64, Ack)>,
        kept: Option<Kept>,
    ) -> Stored<bool>;
    /// The call of the plugin failed as a whole: everything waits, the sink is asked again later, waits for a person, or is
    /// paused after too many.
    ///
    /// # Errors
    /// [`super::StoreError::Stale`]: it is not active any more.
    async fn fail_sink(&self, ctx: &WriteContext, sink: SinkKey, failure: PluginFailure) -> Stored<()>;
}
