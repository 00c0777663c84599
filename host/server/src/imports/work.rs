//! What imports are worked on with, by the API and by the command line alike.
//!
//! Reading a file blocks, so the work runs on threads that may; what it asks of the store it waits for there. A host that
//! stops leaves an import as it stands, and the next one goes on with it.

use std::sync::Arc;

use campanile_domain::ids::{ImportId, TenantKey};
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::mapper::RowMapper;
use campanile_domain::ports::store::{Campaign, Store, WriteContext};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::files::Files;
use crate::ports::Entropy;
use crate::secret::seed;

/// Told of a campaign into which leads came, or out of which they went.
pub type Tell = Arc<dyn Fn(&Campaign) + Send + Sync>;

/// What it takes.
#[derive(Clone)]
pub struct Work {
    /// Where leads go.
    pub store: Arc<dyn Store>,
    /// The time of the writes.
    pub clock: Arc<dyn EngineClock>,
    /// Ids come from here.
    pub entropy: Arc<dyn Entropy>,
    /// Cancelled when the host stops.
    pub shutdown: CancellationToken,
    /// Where the files lie.
    pub files: Files,
    /// Who is asked what rows mean, where a script says it.
    pub mapper: Arc<dyn RowMapper>,
    /// Who is told.
    pub tell: Tell,
    /// Where the store is waited for.
    pub runtime: Handle,
}

/// One import, on behalf of whom.
#[derive(Clone)]
pub struct Job {
    /// With what.
    pub work: Work,
    /// Who confirmed it.
    pub ctx: WriteContext,
    /// Which.
    pub import: ImportId,
}

impl Job {
    /// On behalf of the host itself: what it goes on with after a restart.
    pub fn of_host(work: Work, tenant: TenantKey, import: ImportId) -> Self {
        let ctx = WriteContext::engine(tenant, work.clock.now(), seed(&*work.entropy));
        Self { work, ctx, import }
    }

    /// For the next write.
    pub(super) fn context(&self) -> WriteContext {
        WriteContext { now: self.work.clock.now(), seed: seed(&*self.work.entropy), ..self.ctx.clone() }
    }

    /// Waits for the store.
    pub(super) fn wait<T>(&self, asked: impl Future<Output = T>) -> T {
        self.work.runtime.block_on(asked)
    }
}
