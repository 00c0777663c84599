//! Campaigns: the port `Campaigns`.

use async_trait::async_trait;
use campanile_domain::campaign::{CampaignConfig, CampaignKind, CampaignState, Happening, StartFacts, Verb};
use campanile_domain::gate::Gate;
use campanile_domain::ids::{AssistantId, CampaignId, CampaignKey, TenantKey};
use campanile_domain::ports::store::{
    Breakdown, Campaign, CampaignDeleted, Campaigns, Dimension, GateCount, Job, Listed, Outlook, Page, PastCall, Stats,
    Stored, VerbDone, WriteContext,
};
use campanile_domain::time::Timestamp;

use super::store::SqliteStore;
use super::writer::Lane::{Bulk, Dial};

pub(crate) mod breakdown;
pub(crate) mod campaign;
pub(crate) mod delete;
pub(crate) mod lateness;
pub(crate) mod outlook;
pub(crate) mod past;
mod stall;
pub(crate) mod stats;
pub(crate) mod verbs;

#[async_trait]
impl Campaigns for SqliteStore {
    async fn create_campaign(
        &self,
        ctx: &WriteContext,
        assistant: AssistantId,
        config: CampaignConfig,
    ) -> Stored<Campaign> {
        self.write(Bulk, ctx, move |op| campaign::create(op, assistant, config)).await
    }
    async fn clone_campaign(
        &self,
        ctx: &WriteContext,
        assistant: AssistantId,
        config: CampaignConfig,
        (from, leads): (CampaignId, serde_json::Value),
    ) -> Stored<(Campaign, Job)> {
        self.write(Bulk, ctx, move |op| campaign::create_with_leads(op, assistant, config, from, &leads)).await
    }
    async fn campaign(&self, tenant: TenantKey, id: CampaignId) -> Stored<Campaign> {
        self.read(move |db| campaign::by_id(db, tenant, id)).await
    }
    async fn campaign_by_key(&self, key: CampaignKey) -> Stored<Campaign> {
        self.read(move |db| campaign::by_key(db, key)).await
    }
    async fn campaigns(
        &self,
        tenant: TenantKey,
        kind: Option<CampaignKind>,
        status: Option<CampaignState>,
        page: &Page,
    ) -> Stored<Listed<Campaign>> {
        let page = page.clone();
        self.read(move |db| campaign::all(db, tenant, kind, status, &page)).await
    }
    async fn update_campaign(
        &self,
        ctx: &WriteContext,
        id: CampaignId,
        config: CampaignConfig,
        revision: Option<u64>,
    ) -> Stored<Campaign> {
        self.write(Bulk, ctx, move |op| campaign::update(op, id, config, revision)).await
    }
    async fn delete_campaign(
        &self,
        ctx: &WriteContext,
        id: CampaignId,
        revision: Option<u64>,
    ) -> Stored<CampaignDeleted> {
        self.write(Bulk, ctx, move |op| delete::delete(op, id, revision)).await
    }
    async fn start_facts(&self, tenant: TenantKey, id: CampaignId, now: Timestamp) -> Stored<StartFacts> {
        self.read(move |db| verbs::start_facts(db, tenant, id, now)).await
    }
    async fn verb(&self, ctx: &WriteContext, id: CampaignId, verb: Verb, facts: StartFacts) -> Stored<VerbDone> {
        self.write(Dial, ctx, move |op| verbs::verb(op, id, verb, facts)).await
    }
    async fn happen(
        &self,
        ctx: &WriteContext,
        campaign: CampaignKey,
        happening: Happening,
        detail: String,
    ) -> Stored<Option<Campaign>> {
        self.write(Dial, ctx, move |op| verbs::happen(op, campaign, happening, detail)).await
    }
    async fn watched_for_stalls(&self) -> Stored<Vec<(TenantKey, CampaignKey)>> {
        self.read(stall::watched).await
    }
    async fn watch_for_stall(
        &self,
        ctx: &WriteContext,
        campaign: CampaignKey,
        gateway_healthy: bool,
    ) -> Stored<Option<Gate>> {
        let now = ctx.now;
        let look = self.read_cached(move |db, cache| stall::look(db, cache, campaign, gateway_healthy, now));
        if look.await?.is_none() {
            return Ok(None);
        }
        self.write(Bulk, ctx, move |op| stall::keep(op, campaign, gateway_healthy)).await
    }
    async fn stats(&self, tenant: TenantKey, id: CampaignId) -> Stored<Stats> {
        self.read(move |db| stats::stats(db, tenant, id)).await
    }
    async fn breakdown(&self, tenant: TenantKey, id: CampaignId, by: &[Dimension]) -> Stored<Breakdown> {
        let by = by.to_vec();
        self.read(move |db| breakdown::breakdown(db, tenant, id, &by)).await
    }
    async fn gate_counts(&self, tenant: TenantKey, id: CampaignId, now: Timestamp) -> Stored<Vec<GateCount>> {
        self.read(move |db| stats::gate_counts(db, tenant, id, now)).await
    }
    async fn outlook(&self, tenant: TenantKey, id: CampaignId, at: Timestamp) -> Stored<Outlook> {
        self.read(move |db| outlook::outlook(db, tenant, id, at)).await
    }
    async fn past_calls(&self, tenant: TenantKey, id: Option<CampaignId>, limit: u32) -> Stored<Vec<PastCall>> {
        self.read_cached(move |db, cache| past::calls(db, cache, (tenant, id), limit)).await
    }
}
