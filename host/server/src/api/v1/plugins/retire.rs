//! `POST /v1/plugins/{name}/versions/{version}/retire`: not wanted any more.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::PluginVersion;

use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Empty;
use crate::path::{Name, Version};
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// Retires a version; refused while a gateway or a campaign that may still call uses it. It can be activated again.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{version}/retire", tag = "plugins",
    params(("name" = String, Path, description = "Its name"), ("version" = String, Path, description = "Its number")),
    responses((status = 200, body = schema::PluginVersion)), security(("key" = ["plugins:write"])))]
pub(crate) async fn retire_plugin(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    Version(number): Version,
    _: Empty,
) -> Result<Json<PluginVersion>, Problem> {
    let retired = app.store.retire_plugin(&key.writes(&app), &name, &number).await?;
    app.plugins.changed(key.of(), &retired).await;
    Ok(Json(retired))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_version_that_a_gateway_is_pinned_to_stays() {
        let host = Host::new().await;
        host.active_plugin("1.0.0").await;
        let body = json!({"name": "Acme", "kind": "plugin", "plugin": "acme-voice@1.0.0", "settings": {"account": "a"},
            "secrets": {"token": "t"}});
        let made = host.post(Some(&host.live), "/v1/gateways", body).await;
        let gateway = format!("/v1/gateways/{}", made.body["id"].as_str().unwrap());
        let path = "/v1/plugins/acme-voice/versions/1.0.0/retire";
        let refused = host.post_empty(Some(&host.live), path).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["plugin_in_use".to_owned()]));
        assert_eq!(host.delete(Some(&host.live), &gateway).await.status, 204);
        let retired = host.post_empty(Some(&host.live), path).await;
        assert_eq!((retired.status, &retired.body["state"]), (200, &"retired".into()));
    }
}
