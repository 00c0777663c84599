//! When keys were last used: noted at every request, written behind it.

use std::sync::Arc;

use campanile_domain::ids::{KeyId, TenantKey};

use crate::app::App;

/// A key was used. It is written in the background, at most once a minute and all that wait together; what is not written when
/// the host dies is lost.
pub(crate) fn note(app: &Arc<App>, key: KeyId) {
    if app.admission.used.note(key, app.wall_clock.now()) {
        app.background.spawn(keep(Arc::clone(app)));
    }
}

async fn keep(app: Arc<App>) {
    while let Some(used) = app.admission.used.take() {
        if let Err(error) = app.store.keys_used(&app.context(TenantKey(0)), used).await {
            tracing::warn!(%error, "when keys were last used could not be kept");
        }
    }
}
