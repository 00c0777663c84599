//! Jobs: the port `Jobs`.

use async_trait::async_trait;
use campanile_domain::ids::{JobId, TenantKey};
use campanile_domain::ports::store::{Job, JobError, JobProgress, Jobs, Listed, Page, Stored, WriteContext};
use campanile_domain::time::Timestamp;
use serde_json::Value;

use super::store::{SqliteStore, unowned};
use super::writer::Lane::Bulk;

pub(crate) mod job;

#[async_trait]
impl Jobs for SqliteStore {
    async fn begin_job(&self, ctx: &WriteContext, kind: &'static str, request: Value) -> Stored<Job> {
        self.write(Bulk, ctx, move |op| job::begin(op, kind, &request)).await
    }
    async fn job_progress(&self, ctx: &WriteContext, id: JobId, progress: JobProgress) -> Stored<bool> {
        self.write(Bulk, ctx, move |op| job::progress(op, id, progress)).await
    }
    async fn end_job(&self, ctx: &WriteContext, id: JobId, result: Result<Value, JobError>) -> Stored<Job> {
        self.write(Bulk, ctx, move |op| job::end(op, id, &result)).await
    }
    async fn cancel_job(&self, ctx: &WriteContext, id: JobId) -> Stored<Job> {
        self.write(Bulk, ctx, move |op| job::cancel(op, id)).await
    }
    async fn job(&self, tenant: TenantKey, id: JobId) -> Stored<Job> {
        self.read(move |db| job::one(db, tenant, id)).await
    }
    async fn jobs(&self, tenant: TenantKey, page: &Page) -> Stored<Listed<Job>> {
        let page = page.clone();
        self.read(move |db| job::all(db, tenant, &page)).await
    }
    async fn interrupt_jobs(&self, now: Timestamp) -> Stored<u64> {
        self.write(Bulk, &unowned(now), job::interrupt).await
    }
    async fn unfinished_jobs(&self) -> Stored<Vec<(TenantKey, Job)>> {
        self.read(job::unfinished).await
    }
}
