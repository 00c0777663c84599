//! `POST /v1/connections/{id}/revoke`: its tokens and secrets are forgotten, for good.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::ConnectionId;
use campanile_domain::ports::store::Connection;

use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// Revokes a connection. Whoever uses it sends nothing with it from now on; the other system is not told.
#[utoipa::path(post, path = "/v1/connections/{id}/revoke", tag = "connections", params(("id" = String, Path, description = "`con_...`")),
    responses((status = 200, body = schema::Connection)), security(("key" = ["plugins:write"])))]
pub(crate) async fn revoke_connection(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Id(id): Id<ConnectionId>,
    _: Empty,
) -> Result<Json<Connection>, Problem> {
    Ok(Json(app.store.revoke_connection(&key.writes(&app), id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_revoked_connection_stays_revoked() {
        let host = Host::new().await;
        let (id, state) = host.connection().await;
        for _ in 0..2 {
            let revoked = host.post_empty(Some(&host.live), &format!("/v1/connections/{id}/revoke")).await;
            assert_eq!((revoked.status, &revoked.body["status"]), (200, &"revoked".into()), "{}", revoked.text);
        }
        let late = host.get(None, &format!("/hooks/connections/{id}/callback?code=good&state={state}")).await;
        assert_eq!(late.problem(), (400, "CE0029"));
    }
}
