//! `POST /v1/connections/{id}/authorize`: another consent, because the first was not given in time or is not taken any
//! more.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::ConnectionId;
use campanile_domain::ports::store::ConnectionStatus;

use super::{ConsentWanted, ask, block, speaking};
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;

/// Asks a person for consent again. The address given before is worth nothing from now on; tokens that are there stay
/// until new ones come.
#[utoipa::path(post, path = "/v1/connections/{id}/authorize", tag = "connections", params(("id" = String, Path, description = "`con_...`")),
    responses((status = 200, body = ConsentWanted)), security(("key" = ["plugins:write"])))]
pub(crate) async fn authorize_connection(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Id(id): Id<ConnectionId>,
    _: Empty,
) -> Result<Json<ConsentWanted>, Problem> {
    let connection = app.store.connection(key.of(), id).await?;
    if connection.status == ConnectionStatus::Revoked {
        let message = format!("{id} was revoked, which is final; make a new connection");
        return Err(Problem::conflict("connection_revoked", message));
    }
    let version = speaking(&app, key.of(), &connection.plugin).await?;
    let Some(block) = block(&version, &connection.auth) else {
        let message = format!("{}@{} has no block {:?} any more", connection.plugin, version.version, connection.auth);
        return Err(Problem::conflict("unknown_block", message));
    };
    ask(&app, &key.writes(&app), connection, &version, block).await.map(Json)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn the_older_address_is_worth_nothing() {
        let host = Host::new().await;
        let (id, older) = host.connection().await;
        let path = format!("/v1/connections/{id}/authorize");
        let again = host.post_empty(Some(&host.live), &path).await;
        assert_eq!(again.status, 200, "{}", again.text);
        let callback = |state: &str| format!("/hooks/connections/{id}/callback?code=good&state={state}");
        assert_eq!(host.get(None, &callback(&older)).await.problem(), (400, "CE0029"));
        let state = Host::state_in(&again);
        assert_eq!(host.get(None, &callback(&state)).await.status, 200);
        host.post_empty(Some(&host.live), &format!("/v1/connections/{id}/revoke")).await;
        let gone = host.post_empty(Some(&host.live), &path).await;
        assert_eq!((gone.problem(), gone.codes()), ((409, "CE0015"), vec!["connection_revoked".to_owned()]));
    }
}
