//! `GET /v1/plugins`: one row a name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Listed, PluginVersion};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::v1::scripts;
use crate::app::App;
use crate::auth::{Key, PluginsRead};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// A plugin in a few words.
#[derive(Serialize, ToSchema)]
pub(crate) struct PluginSummary {
    /// The name that campaigns and gateways use.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// One sentence, of the active version or else the latest.
    pub summary: String,
    /// The version that `name@active` follows.
    pub active: Option<String>,
    /// The version that came last.
    pub latest: String,
    /// Where that one is in its life.
    pub latest_state: String,
}

impl PluginSummary {
    /// Of all versions of a name, oldest first.
    pub(super) fn of(versions: &[PluginVersion]) -> Option<Self> {
        let latest = versions.last()?;
        let active = versions.iter().find(|version| version.active);
        let speaks = active.unwrap_or(latest).manifest.as_ref();
        Some(Self {
            name: latest.name.clone(),
            kind: latest.kind.clone(),
            summary: speaks.map(|manifest| manifest.summary.clone()).unwrap_or_default(),
            active: active.map(|version| version.version.clone()),
            latest: latest.version.clone(),
            latest_state: latest.state.word().to_owned(),
        })
    }
}

/// Lists the account's plugins by name. Scripts have a list of their own.
#[utoipa::path(get, path = "/v1/plugins", tag = "plugins", params(Paging),
    responses((status = 200, body = schema::Listed<PluginSummary>)), security(("key" = ["plugins:read"])))]
pub(crate) async fn list_plugins(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<PluginSummary>>, Problem> {
    let page = paging.page()?;
    let versions = app.store.plugin_versions(Some(key.of()), None).await?;
    let versions: Vec<_> =
        versions.into_iter().map(|(_, version)| version).filter(|version| version.kind != scripts::KIND).collect();
    let names = versions.chunk_by(|one, other| one.name == other.name).filter_map(PluginSummary::of).collect();
    cut(names, &page, |plugin: &PluginSummary| plugin.name.clone()).map(Json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_name_is_one_row_and_scripts_are_none() {
        let host = Host::new().await;
        for version in ["1.0.0", "1.1.0"] {
            host.staged_plugin(version).await;
        }
        host.post(Some(&host.live), "/v1/scripts", json!({"name": "mine", "source": "fn decide(input) { 1 }"})).await;
        let listed = host.get(Some(&host.live), "/v1/plugins").await;
        assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(1), "{}", listed.text);
        let row = &listed.body["data"][0];
        assert_eq!(
            (&row["name"], &row["latest"], &row["active"]),
            (&"acme-voice".into(), &"1.1.0".into(), &json!(null))
        );
        let other = host.get(Some(&host.stranger), "/v1/plugins").await;
        assert_eq!(other.body["data"].as_array().map(Vec::len), Some(0));
    }
}
