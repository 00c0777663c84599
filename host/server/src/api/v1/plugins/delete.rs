//! `DELETE /v1/plugins/{name}/versions/{version}`: a version goes, so that there is room for another.
//!
//! Only one that nobody uses: staged, retired or rejected, with no gateway or campaign pinned to it. A rollback does not find
//! it any more, and a replay of what it decided cannot be made.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::path::{Name, Version};
use crate::problem::Problem;

/// Deletes a version with its bytes; refused while it is active, being compiled or tested, or used by a gateway or a campaign
/// that may still call. What it decided stays recorded. Its number may come again.
#[utoipa::path(delete, path = "/v1/plugins/{name}/versions/{version}", tag = "plugins",
    params(("name" = String, Path, description = "Its name"), ("version" = String, Path, description = "Its number")),
    responses((status = 204)), security(("key" = ["plugins:write"])))]
pub(crate) async fn delete_plugin_version(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    Version(number): Version,
) -> Result<StatusCode, Problem> {
    let deleted = app.store.delete_plugin(&key.writes(&app), &name, &number).await?;
    app.plugins.deleted(key.of(), &deleted).await;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn only_what_nobody_uses_goes() {
        let host = Host::new().await;
        host.active_plugin("1.0.0").await;
        let path = "/v1/plugins/acme-voice/versions/1.0.0";
        let active = host.delete(Some(&host.live), path).await;
        assert_eq!((active.problem(), active.codes()), ((409, "CE0015"), vec!["plugin_state".to_owned()]));
        let gateway = host.plugin_gateway("acme-voice@1.0.0").await;
        host.active_plugin("1.0.1").await;
        let pinned = host.delete(Some(&host.live), path).await;
        assert_eq!((pinned.problem(), pinned.codes()), ((409, "CE0015"), vec!["plugin_in_use".to_owned()]));
        assert_eq!(host.delete(Some(&host.live), &format!("/v1/gateways/{gateway}")).await.status, 204);
        assert_eq!(host.delete(Some(&host.live), path).await.status, 204);
        assert_eq!(host.get(Some(&host.live), path).await.problem(), (404, "CE0004"));
        assert_eq!(host.told().last().map(String::as_str), Some("acme-voice@1.0.0 deleted"));
        let back = host.post(Some(&host.live), "/v1/plugins/acme-voice/rollback", json!({})).await;
        assert_eq!(back.codes(), ["nothing_to_roll_back_to"], "{}", back.text);
    }

    #[tokio::test]
    async fn an_account_that_is_full_makes_room_with_it() {
        let host = Host::new().await;
        let account = format!("/v1/tenants/{}", host.tenant);
        let content = "acme-voice 1.0.0 voice-gateway";
        let limits = json!({"stored_bytes": content.len() + 4, "unfinished_uploads": 1});
        assert_eq!(host.patch_plugins(&account, limits).await.status, 200);
        let upload = async |number: &str| {
            let content = content.replace("1.0.0", number);
            host.upload("/v1/plugins", "application/wasm", &content).await
        };
        assert_eq!(upload("1.0.0").await.status, 202);
        let second = upload("1.0.1").await;
        assert_eq!((second.problem(), second.codes()), ((429, "CE0032"), vec!["unfinished_uploads".to_owned()]));
        assert_eq!(second.header("retry-after"), "30");
        host.background_done().await;
        let full = upload("1.0.1").await;
        assert_eq!((full.problem(), full.codes()), ((409, "CE0031"), vec!["stored_bytes".to_owned()]));
        assert!(full.text.contains("DELETE /v1/plugins/"), "{}", full.text);
        let twin = host.post(Some(&host.test), "/v1/scripts", json!({"name": "mine", "source": "fn decide()"})).await;
        assert_eq!(twin.problem(), (409, "CE0031"), "the twin has the same cupboard: {}", twin.text);
        assert_eq!(host.delete(Some(&host.live), "/v1/plugins/acme-voice/versions/1.0.0").await.status, 204);
        assert_eq!(upload("1.0.1").await.status, 202);
    }
}
