//! Leads, their calls and the do-not-call list: the port `Leads`.

use async_trait::async_trait;
use campanile_domain::ids::{CallId, CampaignId, CampaignKey, JobId, LeadId, LeadKey, TenantKey};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{
    BulkPreview, BulkStep, Call, CallFilter, CopyStep, ExplainFacts, Lead, LeadAdded, LeadFilter, LeadPatch,
    LeadUpsert, Leads, Listed, NewLead, NewSuppression, Page, Stored, Suppressed, Suppression, WriteContext,
};
use campanile_domain::time::Timestamp;

use self::filter::Question;
use super::store::SqliteStore;
use super::writer::Lane::{Bulk, Dial};

pub(crate) mod add;
pub(crate) mod bulk;
pub(crate) mod call;
pub(crate) mod contacts;
pub(crate) mod copy;
pub(crate) mod delete;
pub(crate) mod explain;
pub(crate) mod filter;
pub(crate) mod lead;
pub(crate) mod order;
pub(crate) mod park;
pub(crate) mod patch;
pub(crate) mod remove;
pub(crate) mod room;
pub(crate) mod single;
pub(crate) mod suppress;
pub(crate) mod upsert;

#[async_trait]
impl Leads for SqliteStore {
    async fn add_leads(&self, ctx: &WriteContext, campaign: CampaignId, leads: Vec<NewLead>) -> Stored<Vec<LeadAdded>> {
        self.write(Bulk, ctx, move |op| add::add(op, campaign, &leads)).await
    }
    async fn upsert_lead(&self, ctx: &WriteContext, campaign: CampaignId, upsert: LeadUpsert) -> Stored<LeadAdded> {
        self.write(Bulk, ctx, move |op| upsert::upsert(op, campaign, &upsert)).await
    }
    async fn lead(&self, tenant: TenantKey, id: LeadId) -> Stored<Lead> {
        self.read(move |db| lead::by_id(db, tenant, id)).await
    }
    async fn leads(&self, tenant: TenantKey, filter: &LeadFilter, page: &Page) -> Stored<Listed<Lead>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read(move |db| lead::all(db, tenant, &filter, &page)).await
    }
    async fn patch_lead(&self, ctx: &WriteContext, id: LeadId, patch: LeadPatch) -> Stored<Lead> {
        self.write(Bulk, ctx, move |op| patch::patch(op, id, &patch)).await
    }
    async fn delete_lead(&self, ctx: &WriteContext, id: LeadId) -> Stored<CampaignKey> {
        self.write(Bulk, ctx, move |op| delete::delete(op, id)).await
    }
    async fn count_leads(&self, tenant: TenantKey, filter: &LeadFilter) -> Stored<u64> {
        let filter = filter.clone();
        self.read(move |db| Question::of(db, tenant, &filter)?.count(db)).await
    }
    async fn preview_update(
        &self,
        tenant: TenantKey,
        filter: &LeadFilter,
        patch: &LeadPatch,
        now: Timestamp,
        after: Option<LeadKey>,
        limit: u32,
    ) -> Stored<BulkPreview> {
        let (filter, patch) = (filter.clone(), patch.clone());
        self.read(move |db| bulk::preview(db, (tenant, now), &filter, &patch, after, limit)).await
    }
    async fn update_leads(
        &self,
        ctx: &WriteContext,
        job: JobId,
        filter: &LeadFilter,
        patch: &LeadPatch,
        limit: u32,
    ) -> Stored<BulkStep> {
        let (tenant, asked) = (ctx.tenant, filter.clone());
        let found = self.read(move |db| bulk::next(db, tenant, job, &asked, limit)).await?;
        let (behind, keys) = found.unwrap_or_default();
        let (filter, patch) = (filter.clone(), patch.clone());
        let last = keys.len() < limit as usize;
        let step = self.write(Bulk, ctx, move |op| bulk::step(op, job, &filter, &patch, (behind, &keys))).await?;
        Ok(BulkStep { goes_on: step.goes_on && !last, ..step })
    }
    async fn copy_leads(
        &self,
        ctx: &WriteContext,
        job: JobId,
        filter: &LeadFilter,
        to: CampaignId,
        limit: u32,
    ) -> Stored<CopyStep> {
        let (tenant, asked) = (ctx.tenant, filter.clone());
        let found = self.read(move |db| bulk::next(db, tenant, job, &asked, limit)).await?;
        let (behind, keys) = found.unwrap_or_default();
        let (filter, last) = (filter.clone(), keys.len() < limit as usize);
        let step = self.write(Bulk, ctx, move |op| copy::step(op, job, &filter, to, (behind, &keys))).await?;
        Ok(CopyStep { goes_on: step.goes_on && !last, ..step })
    }
    async fn explain_facts(&self, tenant: TenantKey, id: LeadId, now: Timestamp) -> Stored<ExplainFacts> {
        self.read_cached(move |db, cache| explain::explain(db, cache, tenant, id, now)).await
    }

    async fn call(&self, tenant: TenantKey, id: CallId) -> Stored<Call> {
        self.read(move |db| call::by_id(db, tenant, id)).await
    }
    async fn calls(&self, tenant: TenantKey, filter: &CallFilter, page: &Page) -> Stored<Listed<Call>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read(move |db| call::all(db, tenant, &filter, &page)).await
    }
    async fn calls_of_lead(&self, tenant: TenantKey, id: LeadId) -> Stored<Vec<Call>> {
        self.read(move |db| call::of_lead(db, tenant, id)).await
    }

    async fn suppress(&self, ctx: &WriteContext, numbers: Vec<NewSuppression>) -> Stored<Suppressed> {
        // Before the next dial: it does not wait behind an import.
        self.write(Dial, ctx, move |op| suppress::add(op, &numbers)).await
    }
    async fn unsuppress(&self, ctx: &WriteContext, phone: &Phone) -> Stored<()> {
        let phone = *phone;
        self.write(Bulk, ctx, move |op| suppress::remove(op, phone)).await
    }
    async fn suppression(&self, tenant: TenantKey, phone: &Phone) -> Stored<Suppression> {
        let phone = *phone;
        self.read(move |db| suppress::one(db, tenant, phone)).await
    }
    async fn suppressions(&self, tenant: TenantKey, page: &Page) -> Stored<Listed<Suppression>> {
        let page = page.clone();
        self.read(move |db| suppress::all(db, tenant, &page)).await
    }
}
