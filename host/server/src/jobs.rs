//! The line of long work: who may run, who waits, and what a job's end is.
//!
//! A job is in the store before its work begins. One job of an account runs at a time and two in all, because each takes a
//! thread of the guests whenever nobody else needs it, or a core in a niced process; the others wait with nothing in hand. A job is cancelled at once,
//! waiting or running, and its end is written once: whoever comes second changes nothing. A host that stops in order fails
//! what runs as interrupted; one that died does so at its next start. A bulk update of leads, and the copying of leads, keep
//! their place in the store, so they are left as they are and gone on with.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use campanile_domain::ids::{JobId, TenantKey};
use campanile_domain::ports::store::{
    COPY_JOB, Campaign, Job, JobError, JobProgress, StoreError, Stored, WriteContext,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::api::v1::campaigns::clone;
use crate::api::v1::leads::update;
use crate::app::App;
use crate::bulk_update::{self, BulkUpdate};
use crate::lead_copy::{self, LeadCopy};
use crate::problem::Problem;
use crate::reevaluation::Reevaluation;
use crate::rehearsal::Rehearsal;
use crate::replay::Replay;
use crate::secret::seed;

/// Jobs that run at one time, over all accounts.
const AT_ONCE: usize = 2;

/// The line.
#[derive(Debug)]
pub struct JobLine {
    all: Semaphore,
    of_tenants: Mutex<BTreeMap<TenantKey, Arc<Semaphore>>>,
    waited_for: Mutex<BTreeMap<JobId, CancellationToken>>,
}

impl Default for JobLine {
    fn default() -> Self {
        Self { all: Semaphore::new(AT_ONCE), of_tenants: Mutex::default(), waited_for: Mutex::default() }
    }
}

impl JobLine {
    fn of(&self, tenant: TenantKey) -> Arc<Semaphore> {
        let mut lines = self.of_tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lines.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(1))))
    }

    fn waited_for(&self) -> std::sync::MutexGuard<'_, BTreeMap<JobId, CancellationToken>> {
        self.waited_for.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody here does a job, or waits with it.
    pub(crate) fn has(&self, job: JobId) -> bool {
        self.waited_for().contains_key(&job)
    }

    /// The work of a cancelled job ends where it is.
    pub(crate) fn cancel(&self, job: JobId) {
        if let Some(token) = self.waited_for().get(&job) {
            token.cancel();
        }
    }
}

/// The answer to whoever asked for a job: where to look how far it is.
pub(crate) type Accepted = (StatusCode, HeaderMap, Json<Job>);

/// That it was taken on.
pub(crate) fn accepted(job: Job) -> Result<Accepted, Problem> {
    let place = HeaderValue::from_str(&format!("/v1/jobs/{}", job.id)).map_err(Problem::internal)?;
    Ok((StatusCode::ACCEPTED, HeaderMap::from_iter([(header::LOCATION, place)]), Json(job)))
}

/// A part of a job, and where in the whole it begins.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub app: &'a App,
    pub tenant: TenantKey,
    pub id: JobId,
    /// Done before it.
    pub before: u64,
    /// Of the whole job.
    pub total: u64,
}

impl Part<'_> {
    /// So much of it is done; says whether to go on.
    pub(crate) async fn at(&self, done: u64) -> Stored<bool> {
        let progress = JobProgress { done: self.before + done, total: self.total };
        self.app.store.job_progress(&context(self.app, self.tenant), self.id, progress).await
    }
}

/// What a job does.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// Recorded decisions are asked again.
    Replay(Box<Replay>),
    /// Past calls are read anew.
    Reevaluation(Reevaluation),
    /// A campaign is rehearsed.
    Rehearsal(Box<Rehearsal>),
    /// Leads are changed.
    BulkUpdate(Box<BulkUpdate>),
    /// Leads come into another campaign.
    LeadCopy(Box<LeadCopy>),
}

impl Task {
    /// Whether the next host goes on with it.
    const fn is_resumed(&self) -> bool {
        matches!(self, Self::BulkUpdate(_) | Self::LeadCopy(_))
    }

    async fn run(&self, app: &App, tenant: TenantKey, id: JobId) -> Stored<Result<Value, JobError>> {
        match self {
            Self::Replay(replay) => replay.run(app, tenant, id).await.map(Ok),
            Self::Reevaluation(calls) => calls.run(app, tenant, id).await.map(Ok),
            Self::BulkUpdate(update) => update.run(app, tenant, id).await,
            Self::LeadCopy(copy) => copy.run(app, tenant, id).await,
            Self::Rehearsal(rehearsal) => {
                rehearsal.run(Part { app, tenant, id, before: 0, total: rehearsal.steps() }).await
            }
        }
    }
}

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
            app.store.end_job(&context(app, tenant), job.id, Err(gone)).await?;
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

/// Does a job's work in the background.
pub(crate) fn start(app: Arc<App>, tenant: TenantKey, job: &Job, task: Task) {
    let id = job.id;
    let cancelled = CancellationToken::new();
    app.jobs.waited_for().insert(id, cancelled.clone());
    let tracker = app.background.clone();
    tracker.spawn(async move {
        let result = tokio::select! {
            biased;
            () = app.shutdown.cancelled() => (!task.is_resumed()).then(|| Err(interrupted())),
            () = cancelled.cancelled() => None,
            result = run(&app, tenant, id, &task) => Some(result),
        };
        app.jobs.waited_for().remove(&id);
        let Some(result) = result else { return };
        match app.store.end_job(&context(&app, tenant), id, result).await {
            Ok(job) => tracing::info!(%id, state = job.state.word(), "a job ended"),
            Err(error) => tracing::error!(%id, %error, "the end of a job could not be kept"),
        }
    });
}

/// The engine's own writes about a job.
pub(crate) fn context(app: &App, tenant: TenantKey) -> WriteContext {
    WriteContext::engine(tenant, app.engine_clock.now(), seed(&*app.entropy))
}

fn interrupted() -> JobError {
    let message = "this host was stopped during the job and nothing of its result was kept; ask for it again";
    JobError { code: "interrupted".into(), message: message.into() }
}

async fn run(app: &App, tenant: TenantKey, id: JobId, task: &Task) -> Result<Value, JobError> {
    let closed = |_| interrupted();
    let own = app.jobs.of(tenant);
    let _turn = (own.acquire().await.map_err(closed)?, app.jobs.all.acquire().await.map_err(closed)?);
    task.run(app, tenant, id).await.unwrap_or_else(|error: StoreError| {
        tracing::error!(%id, %error, "a job failed");
        let message = "the records could not be read because of a fault of this host; ask for it again, and tell its operator if it happens twice";
        Err(JobError { code: "store".into(), message: message.into() })
    })
}
