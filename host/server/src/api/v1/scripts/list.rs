//! `GET /v1/scripts`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Listed, PluginVersion};

use super::KIND;
use crate::app::App;
use crate::auth::{Key, PluginsRead};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the versions of all scripts, by name and age.
#[utoipa::path(get, path = "/v1/scripts", tag = "scripts", params(Paging),
    responses((status = 200, body = schema::Listed<schema::plugins::PluginVersion>)), security(("key" = ["plugins:read"])))]
pub(crate) async fn list_scripts(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<PluginVersion>>, Problem> {
    let page = paging.page()?;
    let versions = app.store.plugin_versions(Some(key.of()), None).await?;
    let scripts = versions.into_iter().map(|(_, version)| version).filter(|version| version.kind == KIND).collect();
    cut(scripts, &page, |version: &PluginVersion| version.id.to_string()).map(Json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_sees_its_own() {
        let host = Host::new().await;
        let script = json!({"name": "mine", "source": "fn decide(input) { 1 }"});
        host.post(Some(&host.live), "/v1/scripts", script).await;
        let listed = host.get(Some(&host.live), "/v1/scripts").await;
        assert_eq!((listed.status, &listed.body["data"][0]["name"]), (200, &"mine".into()));
        assert!(!listed.text.contains("fn decide"));
        let other = host.get(Some(&host.test), "/v1/scripts").await;
        assert_eq!(other.body["data"].as_array().map(Vec::len), Some(0));
    }
}
