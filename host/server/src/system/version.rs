//! `GET /version`: what this host is made of, for bug reports.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// What this host is made of.
#[derive(Serialize, ToSchema)]
pub(crate) struct Version {
    /// The product's version.
    version: String,
    /// The commit it was built from, where the build knew.
    commit: Option<String>,
    /// The release of the time zone database inside.
    tzdb: &'static str,
    /// Versions of what matters besides.
    components: BTreeMap<String, String>,
}

/// Says what this host is made of.
#[utoipa::path(get, path = "/version", tag = "system", responses((status = 200, body = Version)))]
pub(crate) async fn version(State(app): State<Arc<App>>) -> Json<Version> {
    let about = app.config.about.clone();
    let tzdb = campanile_domain::zone::database_version();
    Json(Version { version: about.version, commit: about.commit, tzdb, components: about.components })
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn the_zone_database_is_named() {
        let answer = Host::new().await.get(None, "/version").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["tzdb"], campanile_domain::zone::database_version());
    }
}
