//! How far a job is, told by whoever does a part of it.

use campanile_domain::ids::{JobId, TenantKey};
use campanile_domain::ports::store::{JobProgress, Stored};

use crate::app::App;

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
        self.app.store.job_progress(&self.app.context(self.tenant), self.id, progress).await
    }
}
