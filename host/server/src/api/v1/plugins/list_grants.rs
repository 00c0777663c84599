//! `GET /v1/plugins/{name}/grants`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::Grant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Key, PluginsRead};
use crate::path::Name;
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// What a plugin may have.
#[derive(Serialize, ToSchema)]
pub(crate) struct GrantList {
    /// By kind and name.
    #[schema(value_type = Vec<schema::Grant>)]
    pub(super) data: Vec<Grant>,
}

/// Lists what a plugin may have: hosts, secrets and auth blocks, by whom and when they were granted.
#[utoipa::path(get, path = "/v1/plugins/{name}/grants", tag = "plugins", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = GrantList)), security(("key" = ["plugins:read"])))]
pub(crate) async fn list_grants(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Name(name): Name,
) -> Result<Json<GrantList>, Problem> {
    Ok(Json(GrantList { data: app.store.grants(key.of(), &name).await? }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn grants_say_who_gave_them() {
        let host = Host::new().await;
        host.staged_plugin("1.0.0").await;
        host.grant_all("1.0.0").await;
        let listed = host.get(Some(&host.live), "/v1/plugins/acme-voice/grants").await;
        let what: Vec<_> = listed.body["data"].as_array().unwrap().iter().map(|grant| grant["what"].clone()).collect();
        assert_eq!(what, ["auth", "host", "secret"]);
        assert!(listed.body["data"][0]["by"].as_str().unwrap().starts_with("key_"), "{}", listed.text);
    }
}
