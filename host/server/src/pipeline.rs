//! From an upload to a staged version, in the background: compile, test, staged or rejected.
//!
//! One version is at the gates at a time, because compiling takes a processor and an upload's bytes take memory; the
//! others wait with nothing in hand, one of each account in the line, so that nobody waits for a hundred of somebody
//! else's. Every step is in the store before the next one begins, so a host that dies in the middle begins the step again.
//! The report is the desk's; what follows from it is decided here and nowhere else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::VersionState;
use campanile_domain::ports::store::{PluginVersion, StoreError, Stored, WriteContext};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::secret::seed;

/// The line in front of the gates.
#[derive(Debug)]
pub struct Pipeline {
    gates: Semaphore,
    of_tenants: Mutex<BTreeMap<TenantKey, Arc<Semaphore>>>,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self { gates: Semaphore::new(1), of_tenants: Mutex::default() }
    }
}

impl Pipeline {
    /// The account's own line, whose first stands in the common one.
    fn of(&self, tenant: TenantKey) -> Arc<Semaphore> {
        let mut lines = self.of_tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lines.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(1))))
    }
}

/// Takes up what a host that stopped or died left in the middle. Once, before requests are answered.
///
/// # Errors
/// The store's.
pub async fn resume_plugins(app: &Arc<App>) -> Stored<()> {
    for (tenant, version) in app.store.unfinished_plugins().await? {
        tracing::info!(name = version.name, version = version.version, "an upload goes on");
        start(Arc::clone(app), tenant, version);
    }
    Ok(())
}

/// Sends a version through the gates in the background.
pub(crate) fn start(app: Arc<App>, tenant: TenantKey, version: PluginVersion) {
    let tracker = app.background.clone();
    tracker.spawn(async move {
        let (name, number) = (version.name.clone(), version.version.clone());
        let ended = tokio::select! {
            biased;
            () = app.shutdown.cancelled() => return,
            ended = run(&app, tenant, version) => ended,
        };
        match ended {
            Ok(version) => tracing::info!(name, version = number, state = version.state.word(), "an upload is through"),
            Err(error) => {
                tracing::error!(name, version = number, %error, "an upload stands; it goes on at the next start")
            }
        }
    });
}

async fn run(app: &App, tenant: TenantKey, mut version: PluginVersion) -> Stored<PluginVersion> {
    let closed = |_| StoreError::Broken("the line was closed".into());
    let own = app.pipeline.of(tenant);
    let _turn = (own.acquire().await.map_err(closed)?, app.pipeline.gates.acquire().await.map_err(closed)?);
    let content = app.store.plugin_content(tenant, version.id).await?;
    loop {
        let (report, passed) = match version.state {
            VersionState::Compiling => (app.plugins.compile(tenant, &version, &content).await, VersionState::Testing),
            VersionState::Testing => (app.plugins.test(tenant, &version, &content).await, VersionState::Staged),
            _ => break,
        };
        let next = if report.passed { passed } else { VersionState::Rejected };
        let ctx = WriteContext::engine(tenant, app.engine_clock.now(), seed(&*app.entropy));
        version = app.store.advance_plugin(&ctx, version.id, next, report).await?;
    }
    if version.state == VersionState::Staged {
        app.plugins.changed(tenant, &version).await;
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_was_left_in_the_middle_goes_on_after_a_restart() {
        let host = Host::new().await;
        let version = host.compiling_plugin().await;
        let path = format!("/v1/plugins/acme-voice/versions/{version}");
        assert_eq!(host.get(Some(&host.live), &path).await.body["state"], "compiling");
        super::resume_plugins(&host.app).await.unwrap();
        host.background_done().await;
        let through = host.get(Some(&host.live), &path).await;
        assert_eq!((&through.body["state"], &through.body["report"]["compile_ms"]), (&"staged".into(), &7.into()));
        assert_eq!(host.told(), [format!("acme-voice@{version} staged")]);
    }

    #[tokio::test]
    async fn a_shutdown_leaves_it_where_it_is() {
        let host = Host::new().await;
        let version = host.compiling_plugin().await;
        host.app.shutdown.cancel();
        super::resume_plugins(&host.app).await.unwrap();
        host.background_done().await;
        let read = host.get(Some(&host.live), &format!("/v1/plugins/acme-voice/versions/{version}")).await;
        assert_eq!(read.body["state"], "compiling");
    }
}
