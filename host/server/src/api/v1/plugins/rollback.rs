//! `POST /v1/plugins/{name}/rollback`: back to the version that was active before.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::PluginVersion;

use super::ready::{must_be_granted, must_fit};
use super::{in_force, versions_of};
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Empty;
use crate::path::Name;
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// Activates the version that was active before this one; again, the one before that.
#[utoipa::path(post, path = "/v1/plugins/{name}/rollback", tag = "plugins", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = schema::PluginVersion)), security(("key" = ["plugins:write"])))]
pub(crate) async fn rollback_plugin(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    _: Empty,
) -> Result<Json<PluginVersion>, Problem> {
    versions_of(&app, key.of(), &name).await?;
    let before = app.store.rollback_target(key.of(), &name).await?;
    must_be_granted(&app, key.of(), &before).await?;
    must_fit(&app, key.of(), &before).await?;
    let active = app.store.rollback_plugin(&key.writes(&app), &name).await?;
    in_force(&app, key.of(), &active).await;
    Ok(Json(active))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_plugin_and_a_script_go_back_one_step() {
        let host = Host::new().await;
        for version in ["1.0.0", "1.1.0"] {
            host.active_plugin(version).await;
        }
        for source in ["fn decide(input) { 1 }", "fn decide(input) { 2 }"] {
            host.post(Some(&host.live), "/v1/scripts", json!({"name": "patient", "source": source})).await;
        }
        for (name, version) in [("acme-voice", "1.0.0"), ("patient", "1")] {
            let path = format!("/v1/plugins/{name}/rollback");
            let back = host.post_empty(Some(&host.live), &path).await;
            assert_eq!((back.status, &back.body["version"]), (200, &version.into()), "{}", back.text);
            let again = host.post_empty(Some(&host.live), &path).await;
            assert_eq!((again.problem(), again.codes()), ((409, "CE0015"), vec!["nothing_to_roll_back_to".to_owned()]));
        }
    }

    #[tokio::test]
    async fn what_would_not_come_into_force_is_not_gone_back_to() {
        let host = Host::new().await;
        for version in ["2.0.0", "1.0.0"] {
            host.active_plugin(version).await;
        }
        host.plugin_gateway("acme-voice@active").await;
        let back = host.post_empty(Some(&host.live), "/v1/plugins/acme-voice/rollback").await;
        assert_eq!((back.problem(), back.codes()), ((409, "CE0028"), vec!["required".to_owned()]), "{}", back.text);
        host.revoke("host=api.acme.example").await;
        let back = host.post_empty(Some(&host.live), "/v1/plugins/acme-voice/rollback").await;
        assert_eq!((back.problem(), back.codes()), ((409, "CE0027"), vec!["not_granted".to_owned()]), "{}", back.text);
    }
}
