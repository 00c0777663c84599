//! `GET /v1/connections`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Connection, Listed};

use crate::app::App;
use crate::auth::{Key, PluginsRead};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the connections, oldest first.
#[utoipa::path(get, path = "/v1/connections", tag = "connections", params(Paging),
    responses((status = 200, body = schema::Listed<schema::plugins::Connection>)), security(("key" = ["plugins:read"])))]
pub(crate) async fn list_connections(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<Connection>>, Problem> {
    let page = paging.page()?;
    let connections = app.store.connections(key.of()).await?;
    cut(connections, &page, |connection| connection.id.to_string()).map(Json)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_sees_its_own() {
        let host = Host::new().await;
        let (id, _) = host.connection().await;
        let listed = host.get(Some(&host.live), "/v1/connections").await;
        assert_eq!((listed.status, &listed.body["data"][0]["id"]), (200, &id.into()), "{}", listed.text);
        let other = host.get(Some(&host.stranger), "/v1/connections").await;
        assert_eq!(other.body["data"].as_array().map(Vec::len), Some(0));
    }
}
