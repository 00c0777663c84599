//! What the host remembers of those who were let in. Nothing here is asked whether somebody may come in: that is the store's to
//! say, at every request, so that a key that was revoked opens nothing from then on.

mod used;

use std::sync::Arc;

use campanile_domain::ids::{KeyId, TenantKey};

use self::used::Used;
use crate::app::App;
use crate::jobs;

/// In memory only: a host that starts knows nobody.
#[derive(Debug, Default)]
pub struct Admission {
    used: Used,
}

/// A key was used. It is written in the background, at most once a minute and all that wait together; what is not written when
/// the host dies is lost.
pub(crate) fn key_used(app: &Arc<App>, key: KeyId) {
    if app.admission.used.note(key, app.wall_clock.now()) {
        app.background.spawn(keep(Arc::clone(app)));
    }
}

async fn keep(app: Arc<App>) {
    while let Some(used) = app.admission.used.take() {
        if let Err(error) = app.store.keys_used(&jobs::context(&app, TenantKey(0)), used).await {
            tracing::warn!(%error, "when keys were last used could not be kept");
        }
    }
}
