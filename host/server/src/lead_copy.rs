//! Leads of a campaign that come into its clone, page after page.
//!
//! As with a bulk update, the page and how far the job is are one transaction, so the next host goes on behind the last whole
//! page and nobody comes twice. Where the account may not have so many leads, the job fails with what it says of that, and
//! those who came before stay.

use campanile_domain::ids::{CampaignId, CampaignKey, JobId, TenantKey};
use campanile_domain::ports::store::{
    Campaign, CopyCounts, Job, JobError, JobProgress, LeadFilter, StoreError, Stored,
};
use serde_json::{Value, json};

use crate::app::App;

/// Leads in one write, as many as an import's page may take of the writer's time.
const PIECE: u32 = 40;

/// Who comes from where into which campaign.
#[derive(Clone, Debug)]
pub(crate) struct LeadCopy {
    filter: LeadFilter,
    to: (CampaignKey, CampaignId),
    /// Nobody has counted yet.
    fresh: bool,
}

impl LeadCopy {
    /// What a job was asked for. Only leads that were there then are meant.
    pub(crate) fn new(mut filter: LeadFilter, to: &Campaign, job: &Job) -> Self {
        let then = job.created_at + 1;
        filter.created_until = Some(filter.created_until.map_or(then, |until| until.min(then)));
        Self { filter, to: (to.key, to.id), fresh: job.progress == JobProgress::default() }
    }

    /// Does it; what it came to.
    pub(crate) async fn run(&self, app: &App, tenant: TenantKey, job: JobId) -> Stored<Result<Value, JobError>> {
        match self.all(app, tenant, job).await {
            Ok(counts) => Ok(Ok(json!(counts))),
            Err(StoreError::NotFound(_)) => Ok(Err(deleted())),
            Err(StoreError::AccountFull { limit, message }) => {
                Ok(Err(JobError { code: limit.into(), message: format!("{message}; the leads copied so far stay") }))
            }
            Err(error) => Err(error),
        }
    }

    async fn all(&self, app: &App, tenant: TenantKey, job: JobId) -> Stored<CopyCounts> {
        if self.fresh {
            let total = app.store.count_leads(tenant, &self.filter).await?;
            let progress = JobProgress { done: 0, total };
            app.store.job_progress(&app.context(tenant), job, progress).await?;
        }
        let (key, id) = self.to;
        loop {
            let step = app.store.copy_leads(&app.context(tenant), job, &self.filter, id, PIECE).await?;
            if step.copied > 0 {
                // Its owner may have started it meanwhile, and a completed one goes on when somebody comes.
                app.engine.campaign_changed(key);
                app.engine.leads_changed(key);
            }
            if !step.goes_on {
                return Ok(step.counts);
            }
        }
    }
}

/// One of the two campaigns is gone.
pub(crate) fn deleted() -> JobError {
    let message = "one of the two campaigns was deleted during this job; leads that were copied before are in the other, if that is the new one";
    JobError { code: "campaign_deleted".into(), message: message.into() }
}
