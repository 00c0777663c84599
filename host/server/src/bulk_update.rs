//! Leads of a campaign, changed page after page.
//!
//! The page and how far the job is are one transaction, so the next host goes on behind the last whole page. The engine
//! is told after each, because leads that are called again may be due at once.

use campanile_domain::ids::{CampaignKey, JobId, LeadId, TenantKey};
use campanile_domain::ports::store::{
    BulkCounts, Job, JobError, JobProgress, LeadFilter, LeadPatch, SetStatus, StoreError, Stored,
};
use campanile_domain::time::Timestamp;
use serde_json::{Value, json};

use crate::app::App;

/// Leads in one write, so that it holds the writer less than 10 ms also where each of them ends or begins anew.
const PIECE: u32 = 40;
/// Leads that are looked at in one read.
const LOOK: u32 = 1_000;
/// Examples that are told.
const EXAMPLES: usize = 10;

/// What is to be changed.
#[derive(Clone, Debug)]
pub(crate) struct BulkUpdate {
    campaign: CampaignKey,
    filter: LeadFilter,
    patch: LeadPatch,
    /// Nobody has counted yet.
    fresh: bool,
}

impl BulkUpdate {
    /// What a job was asked for. Only leads that were there then are meant.
    pub(crate) fn new(campaign: CampaignKey, mut filter: LeadFilter, patch: LeadPatch, job: &Job) -> Self {
        let then = job.created_at + 1;
        filter.created_until = Some(filter.created_until.map_or(then, |until| until.min(then)));
        Self { campaign, filter, patch, fresh: job.progress == JobProgress::default() }
    }

    /// Does it; what it came to.
    pub(crate) async fn run(&self, app: &App, tenant: TenantKey, job: JobId) -> Stored<Result<Value, JobError>> {
        match self.all(app, tenant, job).await {
            Ok(counts) => Ok(Ok(json!(counts))),
            Err(StoreError::NotFound(_)) => Ok(Err(deleted())),
            Err(error) => Err(error),
        }
    }

    async fn all(&self, app: &App, tenant: TenantKey, job: JobId) -> Stored<BulkCounts> {
        if self.fresh {
            let total = app.store.count_leads(tenant, &self.filter).await?;
            let progress = JobProgress { done: 0, total };
            app.store.job_progress(&app.context(tenant), job, progress).await?;
        }
        loop {
            let ctx = app.context(tenant);
            let step = app.store.update_leads(&ctx, job, &self.filter, &self.patch, PIECE).await?;
            if step.changed > 0 {
                if self.patch.status == Some(SetStatus::Created) {
                    // "Call again" may have reopened a completed campaign.
                    app.engine.campaign_changed(self.campaign);
                }
                app.engine.leads_changed(self.campaign);
            }
            if !step.goes_on {
                return Ok(step.counts);
            }
        }
    }
}

/// The campaign is gone, so nobody is meant any more.
pub(crate) fn deleted() -> JobError {
    let message = "the campaign was deleted during this job; what was changed before went with it";
    JobError { code: "campaign_deleted".into(), message: message.into() }
}

/// What would become of the leads, and the first that would change.
pub(crate) async fn preview(
    app: &App,
    tenant: TenantKey,
    filter: &LeadFilter,
    patch: &LeadPatch,
    now: Timestamp,
) -> Stored<(BulkCounts, Vec<LeadId>)> {
    let (mut counts, mut examples, mut after) = (BulkCounts::default(), Vec::new(), None);
    loop {
        let page = app.store.preview_update(tenant, filter, patch, now, after, LOOK).await?;
        counts.updated += page.counts.updated;
        counts.unchanged += page.counts.unchanged;
        for (rule, n) in page.counts.refused {
            *counts.refused.entry(rule).or_default() += n;
        }
        examples.extend(page.examples.into_iter().take(EXAMPLES - examples.len()));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok((counts, examples)),
        }
    }
}
