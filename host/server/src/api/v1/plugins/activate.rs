//! `POST /v1/plugins/{name}/versions/{version}/activate`: `name@active` follows this version from now on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::PluginVersion;

use super::in_force;
use super::ready::{must_be_granted, must_fit};
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Empty;
use crate::path::{Name, Version};
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// Activates a version that passed every gate. Refused with the difference while it asks for something that was not
/// granted, and with every fault while settings in use do not fit it. Decisions that were made stay as they are.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{version}/activate", tag = "plugins",
    params(("name" = String, Path, description = "Its name"), ("version" = String, Path, description = "Its number")),
    responses((status = 200, body = schema::PluginVersion)), security(("key" = ["plugins:write"])))]
pub(crate) async fn activate_plugin(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    Version(number): Version,
    _: Empty,
) -> Result<Json<PluginVersion>, Problem> {
    let version = app.store.plugin_version(key.of(), &name, &number).await?;
    if version.active {
        return Ok(Json(version));
    }
    must_be_granted(&app, key.of(), &version).await?;
    must_fit(&app, key.of(), &version).await?;
    let active = app.store.activate_plugin(&key.writes(&app), &name, &number).await?;
    in_force(&app, key.of(), &active).await;
    Ok(Json(active))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    fn path(version: &str) -> String {
        format!("/v1/plugins/acme-voice/versions/{version}/activate")
    }

    #[tokio::test]
    async fn it_waits_for_the_gates_and_for_every_grant() {
        let host = Host::new().await;
        host.compiling_plugin().await;
        host.grant_all("1.0.0").await;
        let early = host.post_empty(Some(&host.live), &path("1.0.0")).await;
        assert_eq!((early.problem(), early.codes()), ((409, "CE0015"), vec!["plugin_state".to_owned()]));
        host.staged_plugin("1.1.0").await;
        host.revoke("secret=token").await;
        let refused = host.post_empty(Some(&host.live), &path("1.1.0")).await;
        assert_eq!((refused.problem(), refused.pointers()), ((409, "CE0027"), vec!["/secret/token".to_owned()]));
        host.grant_all("1.1.0").await;
        let active = host.post_empty(Some(&host.live), &path("1.1.0")).await;
        assert_eq!((active.status, &active.body["state"]), (200, &"active".into()), "{}", active.text);
        assert!(active.body["activated_by"].as_str().unwrap().starts_with("key_"));
        assert_eq!(host.post_empty(Some(&host.live), &path("1.1.0")).await.status, 200, "nothing to change");
        assert_eq!(host.told().last().unwrap(), "acme-voice@1.1.0 active");
    }

    #[tokio::test]
    async fn settings_in_use_must_fit_the_new_version() {
        let host = Host::new().await;
        host.active_plugin("1.0.0").await;
        let body = json!({"name": "Acme", "kind": "plugin", "plugin": "acme-voice@active", "settings": {"account": "a"},
            "secrets": {"token": "t"}});
        let made = host.post(Some(&host.live), "/v1/gateways", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        host.staged_plugin("2.0.0").await;
        let refused = host.post_empty(Some(&host.live), &path("2.0.0")).await;
        assert_eq!(refused.problem(), (409, "CE0028"));
        assert_eq!(refused.pointers(), [format!("/gateways/{}/settings/region", made.body["id"].as_str().unwrap())]);
        let gateway = format!("/v1/gateways/{}", made.body["id"].as_str().unwrap());
        let settings = json!({"settings": {"account": "a", "region": "eu"}});
        assert_eq!(host.patch(Some(&host.live), &gateway, settings).await.status, 200);
        assert_eq!(host.post_empty(Some(&host.live), &path("2.0.0")).await.status, 200);
    }
}
