//! Sources and what they bring: the port `Sources`.

use async_trait::async_trait;
use campanile_domain::ids::{SourceId, SourceKey, SourceRunId, TenantKey};
use campanile_domain::importer::RejectedRecord;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::Kept;
use campanile_domain::ports::gateway::Webhook;
use campanile_domain::ports::store::{
    DueSource, Listed, NewSource, Page, SourceChange, SourcePush, SourceRow, SourceRun, SourceStep, SourceTurn,
    Sources, Stored, WriteContext,
};
use campanile_domain::source::ReadPage;
use campanile_domain::time::Timestamp;

use super::plugins::state;
use super::store::{SqliteStore, unowned};
use super::writer::Lane::{Bulk, Dial};

pub(crate) mod apply;
pub(crate) mod feeds;
pub(crate) mod place;
pub(crate) mod push;
pub(crate) mod run;
pub(crate) mod settle;
pub(crate) mod source;
pub(crate) mod step;

#[async_trait]
impl Sources for SqliteStore {
    async fn create_source(&self, ctx: &WriteContext, new: NewSource) -> Stored<SourceRow> {
        let vault = self.vault();
        self.write(Bulk, ctx, move |op| source::create(op, &vault, &new)).await
    }
    async fn sources(&self, tenant: Option<TenantKey>) -> Stored<Vec<SourceRow>> {
        self.read(move |db| source::all(db, tenant)).await
    }
    async fn source(&self, tenant: TenantKey, id: SourceId) -> Stored<SourceRow> {
        self.read(move |db| source::of_tenant(db, tenant, id)).await
    }
    async fn source_by_id(&self, id: SourceId) -> Stored<SourceRow> {
        self.read(move |db| source::by_id(db, id)).await
    }
    async fn update_source(&self, ctx: &WriteContext, id: SourceId, change: SourceChange) -> Stored<SourceRow> {
        self.write(Bulk, ctx, move |op| source::update(op, id, &change)).await
    }
    async fn delete_source(&self, ctx: &WriteContext, id: SourceId) -> Stored<()> {
        self.write(Bulk, ctx, move |op| source::delete(op, id)).await
    }
    async fn pause_source(&self, ctx: &WriteContext, id: SourceId) -> Stored<SourceRow> {
        self.write(Bulk, ctx, move |op| source::pause(op, id)).await
    }
    async fn resume_source(&self, ctx: &WriteContext, id: SourceId) -> Stored<SourceRow> {
        self.write(Bulk, ctx, move |op| source::resume(op, id)).await
    }
    async fn run_source(&self, ctx: &WriteContext, id: SourceId) -> Stored<SourceRow> {
        self.write(Bulk, ctx, move |op| source::run_now(op, id)).await
    }
    async fn source_state(&self, tenant: TenantKey, id: SourceId) -> Stored<Kept> {
        self.read(move |db| state::read(db, source::of_tenant(db, tenant, id)?.tenant, &id)).await
    }

    async fn source_runs(&self, tenant: TenantKey, id: SourceId, page: &Page) -> Stored<Listed<SourceRun>> {
        let page = page.clone();
        self.read(move |db| run::all(db, tenant, id, &page)).await
    }
    async fn source_rejects(&self, tenant: TenantKey, id: SourceId, run: SourceRunId) -> Stored<Vec<RejectedRecord>> {
        self.read(move |db| run::rejects(db, tenant, id, run)).await
    }

    async fn due_sources(&self, each: u32, limit: u32) -> Stored<Vec<DueSource>> {
        self.read_cached(move |db, cache| run::due(db, cache, each, limit)).await
    }
    async fn source_turn(&self, ctx: &WriteContext, source: SourceKey) -> Stored<Option<SourceTurn>> {
        self.write(Bulk, ctx, move |op| run::turn(op, source)).await
    }
    async fn source_page(
        &self,
        ctx: &WriteContext,
        source: SourceKey,
        run: i64,
        page: ReadPage,
        kept: Option<Kept>,
    ) -> Stored<SourceStep> {
        self.write(Bulk, ctx, move |op| step::page(op, source, run, &page, kept.as_ref())).await
    }
    async fn settle_source(&self, ctx: &WriteContext, source: SourceKey, run: i64) -> Stored<SourceStep> {
        self.write(Bulk, ctx, move |op| settle::settle(op, source, run)).await
    }
    async fn fail_source(
        &self,
        ctx: &WriteContext,
        source: SourceKey,
        run: i64,
        failure: PluginFailure,
    ) -> Stored<SourceRow> {
        self.write(Bulk, ctx, move |op| run::fail(op, source, run, &failure)).await
    }

    async fn put_push(&self, now: Timestamp, source: SourceKey, webhook: Webhook) -> Stored<()> {
        // Somebody waits for the answer; it does not wait behind an import.
        self.write(Dial, &unowned(now), move |op| push::put(op, source, &webhook)).await
    }
    async fn due_pushes(&self, now: Timestamp, limit: u32) -> Stored<Vec<SourcePush>> {
        self.read(move |db| push::due(db, now, limit)).await
    }
    async fn take_push(
        &self,
        ctx: &WriteContext,
        source: SourceKey,
        push: i64,
        page: ReadPage,
        kept: Option<Kept>,
    ) -> Stored<u64> {
        self.write(Bulk, ctx, move |op| push::take(op, source, push, &page, kept.as_ref())).await
    }
    async fn fail_push(&self, ctx: &WriteContext, source: SourceKey, push: i64, failure: PluginFailure) -> Stored<()> {
        self.write(Bulk, ctx, move |op| push::fail(op, source, push, &failure)).await
    }
}
