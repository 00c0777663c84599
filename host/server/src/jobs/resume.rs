//! What a host that died left of jobs: most are told as cut off, a bulk update and a copy of leads go on.

use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{COPY_JOB, Campaign, Job, StoreError, Stored};

use super::{Task, start};
use crate::api::v1::campaigns::clone;
use crate::api::v1::leads::update;
use crate::app::App;
use crate::bulk_update::{self, BulkUpdate};
use crate::lead_copy::{self, LeadCopy};

/// What a host that died left running runs nowhere, but for what can be gone on with. Once, before requests are answered.
///
/// # Errors
/// The store's.
pub async fn interrupt_jobs(app: &Arc<App>) -> Stored<()> {
    let interrupted = app.store.interrupt_jobs(app.engine_clock.now()).await?;
    if interrupted > 0 {
        tracing::warn!(interrupted, "jobs were cut off by the end of the last host");
    }
    for (tenant, job) in app.store.unfinished_jobs().await? {
        go_on(app, tenant, &job).await?;
    }
    Ok(())
}

/// Goes on with what the last host did not end; without its campaigns there is nobody to change.
async fn go_on(app: &Arc<App>, tenant: TenantKey, job: &Job) -> Stored<()> {
    let campaign = named(app, tenant, job, "campaign").await?;
    let (task, gone) = if job.kind == COPY_JOB {
        let from = named(app, tenant, job, "from").await?;
        let asked = from.zip(campaign).and_then(|(from, to)| {
            let filter = clone::reread(&from, &job.request, job.created_at)?;
            Some(Task::LeadCopy(Box::new(LeadCopy::new(filter, &to, job))))
        });
        (asked, lead_copy::deleted())
    } else {
        let asked = campaign.and_then(|campaign| {
            let (filter, patch) = update::reread(&campaign, &job.request, job.created_at)?;
            Some(Task::BulkUpdate(Box::new(BulkUpdate::new(campaign.key, filter, patch, job))))
        });
        (asked, bulk_update::deleted())
    };
    match task {
        Some(task) => {
            tracing::info!(id = %job.id, kind = job.kind, "a job goes on");
            start(Arc::clone(app), tenant, job, task);
        }
        None => {
            app.store.end_job(&app.context(tenant), job.id, Err(gone)).await?;
        }
    }
    Ok(())
}

/// A campaign that a job was asked for, if it is still there.
async fn named(app: &App, tenant: TenantKey, job: &Job, field: &str) -> Stored<Option<Campaign>> {
    let Some(id) = job.request[field].as_str().and_then(|id| id.parse().ok()) else { return Ok(None) };
    match app.store.campaign(tenant, id).await {
        Err(StoreError::NotFound(_)) => Ok(None),
        found => found.map(Some),
    }
}
