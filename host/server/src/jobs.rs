//! The line of long work: who may run, who waits, and what a job's end is.
//!
//! A job is in the store before its work begins. One job of an account runs at a time and two in all, because each takes a
//! thread of the guests whenever nobody else needs it, or a core in a niced process; the others wait with nothing in hand. A job is cancelled at once,
//! waiting or running, and its end is written once: whoever comes second changes nothing. A host that stops in order fails
//! what runs as interrupted; one that died does so at its next start. A bulk update of leads, and the copying of leads, keep
//! their place in the store, so they are left as they are and gone on with.

pub(crate) mod line;
pub(crate) mod part;
pub(crate) mod resume;

use std::sync::Arc;

use axum::Json;
use campanile_domain::ids::{JobId, TenantKey};
use campanile_domain::ports::store::{Job, JobError, StoreError, Stored};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use self::part::Part;
use crate::app::App;
use crate::bulk_update::BulkUpdate;
use crate::lead_copy::LeadCopy;
use crate::problem::Problem;
use crate::reevaluation::Reevaluation;
use crate::rehearsal::Rehearsal;
use crate::replay::Replay;

/// The answer to whoever asked for a job: where to look how far it is.
pub(crate) type Accepted = (StatusCode, HeaderMap, Json<Job>);

/// That it was taken on.
pub(crate) fn accepted(job: Job) -> Result<Accepted, Problem> {
    let place = HeaderValue::from_str(&format!("/v1/jobs/{}", job.id)).map_err(Problem::internal)?;
    Ok((StatusCode::ACCEPTED, HeaderMap::from_iter([(header::LOCATION, place)]), Json(job)))
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
        match app.store.end_job(&app.context(tenant), id, result).await {
            Ok(job) => tracing::info!(%id, state = job.state.word(), "a job ended"),
            Err(error) => tracing::error!(%id, %error, "the end of a job could not be kept"),
        }
    });
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
