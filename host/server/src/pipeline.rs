//! From an upload to a staged version, in the background: compile, test, staged or rejected.
//!
//! Uploads wait in [`crate::line`]. Every step is in the store before the next one begins, so a host that dies in the
//! middle begins the step again.
//! The report is the desk's; what follows from it is decided here and nowhere else.

use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::VersionState;
use campanile_domain::ports::store::{PluginVersion, StoreError, Stored, WriteContext};

use crate::app::App;
use crate::secret::seed;

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
    let _turn = app.line.turn(tenant).await.map_err(closed)?;
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
