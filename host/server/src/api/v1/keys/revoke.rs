//! `DELETE /v1/keys/{id}`: from now on the key opens nothing.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::KeyId;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::path::Id;
use crate::problem::Problem;

/// Revokes a key, at once and for ever.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path, description = "`key_...`")),
    responses((status = 204)), security(("key" = ["admin"])))]
pub(crate) async fn revoke_key(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<KeyId>,
) -> Result<StatusCode, Problem> {
    app.store.revoke_key(&key.writes(&app), id, app.wall_clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_revoked_key_opens_nothing() {
        let host = Host::new().await;
        let made = host.post(Some(&host.live), "/v1/keys", json!({"name": "x", "scopes": ["admin"]})).await;
        let secret = made.body["secret"].as_str().unwrap();
        let path = format!("/v1/keys/{}", made.body["id"].as_str().unwrap());
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 204);
        assert_eq!(host.get(Some(secret), "/v1/me").await.problem(), (401, "CE0001"));
        let listed = host.get(Some(&host.live), "/v1/keys").await;
        assert!(listed.body["data"].as_array().unwrap().iter().any(|key| !key["revoked_at"].is_null()));
    }
}
