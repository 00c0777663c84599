//! Imports: the port `Imports`.

use async_trait::async_trait;
use campanile_domain::ids::{CampaignId, ImportId, TenantKey};
use campanile_domain::ports::store::{
    Acquainted, Candidate, Import, ImportFilter, ImportStep, Imports, LeadAdded, Listed, NewImport, NewLead, Page,
    SavedMapping, Stored, WriteContext,
};

use super::store::SqliteStore;
use super::writer::Lane::Bulk;

mod acquainted;
mod import;
mod mapping;
mod pages;
mod undo;

#[async_trait]
impl Imports for SqliteStore {
    async fn add_import(&self, ctx: &WriteContext, new: NewImport) -> Stored<Import> {
        self.write(Bulk, ctx, move |op| import::add(op, &new)).await
    }
    async fn step_import(&self, ctx: &WriteContext, id: ImportId, step: ImportStep) -> Stored<Import> {
        self.write(Bulk, ctx, move |op| import::step(op, id, &step)).await
    }
    async fn import_page(
        &self,
        ctx: &WriteContext,
        id: ImportId,
        rows: u64,
        leads: Vec<NewLead>,
    ) -> Stored<Vec<LeadAdded>> {
        self.write(Bulk, ctx, move |op| pages::page(op, id, rows, &leads)).await
    }
    async fn end_import(
        &self,
        ctx: &WriteContext,
        id: ImportId,
        failed: bool,
        summary: serde_json::Value,
        rejects: Vec<u8>,
    ) -> Stored<Import> {
        self.write(Bulk, ctx, move |op| pages::end(op, id, failed, &summary, &rejects)).await
    }
    async fn keep_import_rejects(&self, ctx: &WriteContext, id: ImportId, rejects: Vec<u8>) -> Stored<()> {
        self.write(Bulk, ctx, move |op| import::keep_rejects(op, id, &rejects)).await
    }
    async fn undo_import_page(&self, ctx: &WriteContext, id: ImportId, limit: u32) -> Stored<Import> {
        self.write(Bulk, ctx, move |op| undo::page(op, id, limit)).await
    }
    async fn discard_import(&self, ctx: &WriteContext, id: ImportId) -> Stored<()> {
        self.write(Bulk, ctx, move |op| import::discard(op, id)).await
    }

    async fn import(&self, tenant: TenantKey, id: ImportId) -> Stored<Import> {
        self.read(move |db| import::one(db, tenant, id)).await
    }
    async fn imports(&self, tenant: TenantKey, filter: &ImportFilter, page: &Page) -> Stored<Listed<Import>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read(move |db| import::list(db, tenant, &filter, &page)).await
    }
    async fn import_rejects(&self, tenant: TenantKey, id: ImportId) -> Stored<Vec<u8>> {
        self.read(move |db| import::rejects(db, tenant, id)).await
    }
    async fn open_imports(&self) -> Stored<Vec<(TenantKey, Import)>> {
        self.read(import::open).await
    }
    async fn acquainted(
        &self,
        tenant: TenantKey,
        campaign: CampaignId,
        rows: Vec<Candidate>,
    ) -> Stored<Vec<Acquainted>> {
        self.read(move |db| acquainted::acquainted(db, tenant, campaign, &rows)).await
    }

    async fn save_mapping(
        &self,
        ctx: &WriteContext,
        name: String,
        headers: Vec<String>,
        options: serde_json::Value,
    ) -> Stored<SavedMapping> {
        self.write(Bulk, ctx, move |op| mapping::save(op, &name, &headers, &options)).await
    }
    async fn mappings(&self, tenant: TenantKey) -> Stored<Vec<SavedMapping>> {
        self.read(move |db| mapping::all(db, tenant)).await
    }
    async fn mapping_for(&self, tenant: TenantKey, headers: Vec<String>) -> Stored<Option<SavedMapping>> {
        self.read(move |db| mapping::of(db, tenant, &headers)).await
    }
    async fn delete_mapping(&self, ctx: &WriteContext, name: &str) -> Stored<()> {
        let name = name.to_owned();
        self.write(Bulk, ctx, move |op| mapping::delete(op, &name)).await
    }
}
