//! Leads, their calls and the do-not-call list: the port `Leads`.

use async_trait::async_trait;
use campanile_domain::ids::{CallId, CampaignId, LeadId, TenantKey};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{
    Call, CallFilter, ExplainFacts, Lead, LeadAdded, LeadFilter, LeadPatch, Leads, Listed, NewLead, NewSuppression,
    Page, Stored, Suppressed, Suppression, WriteContext,
};
use campanile_domain::time::Timestamp;

use super::store::SqliteStore;
use super::writer::Lane::{Bulk, Dial};

pub(crate) mod add;
pub(crate) mod call;
pub(crate) mod contacts;
pub(crate) mod explain;
pub(crate) mod lead;
pub(crate) mod order;
pub(crate) mod park;
pub(crate) mod patch;
pub(crate) mod remove;
pub(crate) mod suppress;

#[async_trait]
impl Leads for SqliteStore {
    async fn add_leads(&self, ctx: &WriteContext, campaign: CampaignId, leads: Vec<NewLead>) -> Stored<Vec<LeadAdded>> {
        self.write(Bulk, ctx, move |op| add::add(op, campaign, &leads)).await
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
