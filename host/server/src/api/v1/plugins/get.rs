//! `GET /v1/plugins/{name}`: a plugin or script with its versions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::PluginVersion;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::PluginSummary;
use super::versions_of;
use crate::app::App;
use crate::auth::{Key, PluginsRead};
use crate::path::Name;
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// A plugin with its versions, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct PluginWithVersions {
    /// In a few words.
    #[serde(flatten)]
    #[schema(inline)]
    summary: PluginSummary,
    /// The latest first.
    #[schema(value_type = Vec<schema::PluginVersion>)]
    versions: Vec<PluginVersion>,
}

/// Reads a plugin or script with all of its versions.
#[utoipa::path(get, path = "/v1/plugins/{name}", tag = "plugins", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = PluginWithVersions)), security(("key" = ["plugins:read"])))]
pub(crate) async fn get_plugin(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Name(name): Name,
) -> Result<Json<PluginWithVersions>, Problem> {
    let mut versions = versions_of(&app, key.of(), &name).await?;
    let summary = PluginSummary::of(&versions).ok_or_else(|| Problem::not_found("plugin"))?;
    versions.reverse();
    Ok(Json(PluginWithVersions { summary, versions }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn versions_come_latest_first() {
        let host = Host::new().await;
        host.staged_plugin("1.0.0").await;
        host.staged_plugin("1.1.0").await;
        let read = host.get(Some(&host.live), "/v1/plugins/acme-voice").await;
        let versions: Vec<_> =
            read.body["versions"].as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
        assert_eq!(versions, ["1.1.0", "1.0.0"]);
        assert_eq!(host.get(Some(&host.live), "/v1/plugins/nobody").await.problem(), (404, "CE0004"));
    }
}
