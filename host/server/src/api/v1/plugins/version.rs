//! `GET /v1/plugins/{name}/versions/{version}`: everything about one version that a person looks at before activating.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::plugin::grants::Ask;
use campanile_domain::ports::store::{Grant, PluginVersion};
use serde::Serialize;
use utoipa::ToSchema;

use super::usage::DayOfUse;
use crate::app::App;
use crate::auth::{Key, PluginsRead};
use crate::path::{Name, Version};
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// What a version asks for, against what was granted.
#[derive(Serialize, ToSchema)]
pub(crate) struct Grants {
    /// Everything that its manifest asks for.
    #[schema(value_type = Vec<schema::Ask>)]
    asked: Vec<Ask>,
    /// What the plugin may have.
    #[schema(value_type = Vec<schema::Grant>)]
    given: Vec<Grant>,
    /// What is left to be granted before it can be activated.
    #[schema(value_type = Vec<schema::Ask>)]
    missing: Vec<Ask>,
}

/// A version with its grants and its use.
#[derive(Serialize, ToSchema)]
pub(crate) struct VersionInFull {
    /// The version.
    #[serde(flatten)]
    #[schema(value_type = schema::PluginVersion, inline)]
    version: PluginVersion,
    /// What it asks for and what was granted.
    grants: Grants,
    /// What it used, by day, the latest first.
    usage: Vec<DayOfUse>,
}

/// Reads a version: state, report, manifest, what it asks for and what was granted, what it used.
#[utoipa::path(get, path = "/v1/plugins/{name}/versions/{version}", tag = "plugins",
    params(("name" = String, Path, description = "Its name"), ("version" = String, Path, description = "Its number")),
    responses((status = 200, body = VersionInFull)), security(("key" = ["plugins:read"])))]
pub(crate) async fn get_plugin_version(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Name(name): Name,
    Version(number): Version,
) -> Result<Json<VersionInFull>, Problem> {
    let version = app.store.plugin_version(key.of(), &name, &number).await?;
    let given = app.store.grants(key.of(), &name).await?;
    let manifest = version.manifest.as_ref();
    let asked = manifest.map(|manifest| manifest.asks()).unwrap_or_default();
    let missing = manifest.map(|manifest| manifest.missing(given.iter().map(|grant| &grant.ask))).unwrap_or_default();
    let usage = app.store.plugin_usage(key.of(), &name).await?;
    let usage = usage.into_iter().filter(|row| row.version == number).map(DayOfUse::from).collect();
    Ok(Json(VersionInFull { version, grants: Grants { asked, given, missing }, usage }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn what_it_asks_for_is_held_against_what_was_granted() {
        let host = Host::new().await;
        host.staged_plugin("1.0.0").await;
        host.grant("1.0.0", json!({"hosts": ["api.acme.example"]})).await;
        let read = host.get(Some(&host.live), "/v1/plugins/acme-voice/versions/1.0.0").await;
        let of = |list: &str| read.body["grants"][list].as_array().unwrap().len();
        assert_eq!((of("asked"), of("given"), of("missing")), (3, 1, 2), "{}", read.text);
        let none = host.get(Some(&host.live), "/v1/plugins/acme-voice/versions/2.0.0").await;
        assert_eq!(none.problem(), (404, "CE0004"));
    }
}
