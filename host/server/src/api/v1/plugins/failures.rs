//! `GET /v1/plugins/{name}/failures`: the last failures of each version.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Listed, PluginFailure};

use super::versions_of;
use crate::app::App;
use crate::auth::{Key, PluginsRead};
use crate::paging::{Paging, cut};
use crate::path::Name;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the last failures of a plugin or script, the latest first; a hundred are kept of each version.
#[utoipa::path(get, path = "/v1/plugins/{name}/failures", tag = "plugins", params(("name" = String, Path, description = "Its name"), Paging),
    responses((status = 200, body = schema::Listed<schema::plugins::PluginFailure>)), security(("key" = ["plugins:read"])))]
pub(crate) async fn plugin_failures(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Name(name): Name,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<PluginFailure>>, Problem> {
    let page = paging.page()?;
    versions_of(&app, key.of(), &name).await?;
    let failures = app.store.plugin_failures(key.of(), &name).await?;
    // A failure has no id; its place from the end is one, as long as nothing new comes between two pages.
    let numbered: Vec<_> = failures.into_iter().rev().enumerate().rev().collect();
    let Listed { data, next_cursor } = cut(numbered, &page, |(place, _)| place.to_string())?;
    Ok(Json(Listed { data: data.into_iter().map(|(_, failure)| failure).collect(), next_cursor }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn failures_come_latest_first_and_in_pages() {
        let host = Host::new().await;
        host.staged_plugin("1.0.0").await;
        host.failed("1.0.0", 3).await;
        let path = "/v1/plugins/acme-voice/failures";
        let first = host.get(Some(&host.live), &format!("{path}?limit=2")).await;
        assert_eq!(
            first.body["data"][0]["message"], "wasm trap: out of bounds memory access (call 2)",
            "{}",
            first.text
        );
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let rest = host.get(Some(&host.live), &format!("{path}?limit=2&cursor={cursor}")).await;
        assert_eq!(rest.body["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(rest.body["data"][0]["code"], "plugin_trapped");
    }
}
