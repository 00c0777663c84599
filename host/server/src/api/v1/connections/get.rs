//! `GET /v1/connections/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::ConnectionId;
use campanile_domain::ports::store::Connection;

use crate::app::App;
use crate::auth::{Key, PluginsRead};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// Reads a connection: whether it holds, and why not.
#[utoipa::path(get, path = "/v1/connections/{id}", tag = "connections", params(("id" = String, Path, description = "`con_...`")),
    responses((status = 200, body = schema::Connection)), security(("key" = ["plugins:read"])))]
pub(crate) async fn get_connection(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Id(id): Id<ConnectionId>,
) -> Result<Json<Connection>, Problem> {
    Ok(Json(app.store.connection(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_tells_where_it_stands() {
        let host = Host::new().await;
        let (id, _) = host.connection().await;
        let read = host.get(Some(&host.live), &format!("/v1/connections/{id}")).await;
        assert_eq!((read.status, &read.body["status"]), (200, &"pending".into()), "{}", read.text);
    }
}
