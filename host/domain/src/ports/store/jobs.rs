//! Long work that an account asked for: it is answered at once with a job, and the job tells how far it is.
//!
//! A job is a row from the moment it was asked for. It is done by the process that began it and by no other: one that was
//! running when its host died is told as failed, with the code `interrupted`, at the next start. Only a job that moves its own
//! row in every transaction of its work ([`RESUMED_JOBS`]) is gone on with by the next host.

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::{Listed, Page, Stored, WriteContext};
use crate::ids::{JobId, TenantKey};
use crate::time::Timestamp;

/// Jobs of one account that may run or wait at one time.
pub const MOST_RUNNING_JOBS: usize = 4;
/// Jobs of one account that are kept; older ones go.
pub const MOST_KEPT_JOBS: usize = 200;

/// The kind of the jobs that change many leads.
pub const UPDATE_JOB: &str = "leads_update";
/// The kind of the jobs that bring the leads of a campaign into its clone.
pub const COPY_JOB: &str = "leads_copy";
/// The kinds of the jobs that the next host goes on with.
pub const RESUMED_JOBS: [&str; 2] = [UPDATE_JOB, COPY_JOB];

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Entered when it is asked for; left at its end, whatever that is.
    Running,
    /// It did what was asked; the result is there.
    Finished,
    /// It ended without a result; the error says why.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl JobState {
    /// The word in the store and in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the word.
    pub fn read(word: &str) -> Option<Self> {
        [Self::Running, Self::Finished, Self::Failed, Self::Cancelled].into_iter().find(|state| state.word() == word)
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JobProgress {
    /// Of `total`, in the job's own units.
    pub done: u64,
    /// 0 until it is known.
    pub total: u64,
}

/// Why a job has no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct JobError {
    /// Stable: `interrupted`.
    pub code: String,
    /// What happened, why, what to do next.
    pub message: String,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Job {
    /// Outside.
    pub id: JobId,
    /// What it does: `replay`.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// How far it is.
    pub progress: JobProgress,
    /// What was asked for.
    pub request: Value,
    /// What came of it, or so far where the job tells; lists leave it out.
    pub result: Option<Value>,
    /// Why nothing did.
    pub error: Option<JobError>,
    /// Who asked: `operator`, `engine` or a key's id.
    pub by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// Jobs.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Begins one. `Conflict` while too many of the account run.
    async fn begin_job(&self, ctx: &WriteContext, kind: &'static str, request: Value) -> Stored<Job>;
    /// How far it is; says whether it is still to go on.
    async fn job_progress(&self, ctx: &WriteContext, id: JobId, progress: JobProgress) -> Stored<bool>;
    /// Ends it, unless somebody cancelled it before.
    async fn end_job(&self, ctx: &WriteContext, id: JobId, result: Result<Value, JobError>) -> Stored<Job>;
    /// Cancels it. One that is over stays as it is.
    async fn cancel_job(&self, ctx: &WriteContext, id: JobId) -> Stored<Job>;
    /// One.
    async fn job(&self, tenant: TenantKey, id: JobId) -> Stored<Job>;
    /// The latest first, without their results.
    async fn jobs(&self, tenant: TenantKey, page: &Page) -> Stored<Listed<Job>>;
    /// At the start of a host: whatever runs by the rows runs nowhere. Returns how many that were. Those that can be gone on
    /// with stay.
    async fn interrupt_jobs(&self, now: Timestamp) -> Stored<u64>;
    /// At the start of a host: the jobs of [`RESUMED_JOBS`] that are not over, the first one first.
    async fn unfinished_jobs(&self) -> Stored<Vec<(TenantKey, Job)>>;
}
