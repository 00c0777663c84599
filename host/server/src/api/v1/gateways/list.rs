//! `GET /v1/gateways`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{GatewayRow, Listed};

use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the gateways, oldest first.
#[utoipa::path(get, path = "/v1/gateways", tag = "gateways", params(Paging),
    responses((status = 200, body = schema::Listed<schema::assistants::Gateway>)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn list_gateways(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<GatewayRow>>, Problem> {
    let page = paging.page()?;
    let gateways = app.store.gateways(Some(key.of())).await?;
    cut(gateways, &page, |gateway| gateway.id.to_string()).map(Json)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_sees_its_own() {
        let host = Host::new().await;
        let id = host.gateway().await;
        let listed = host.get(Some(&host.live), "/v1/gateways").await;
        assert_eq!((listed.status, &listed.body["data"][0]["id"]), (200, &id.as_str().into()));
        let other = host.get(Some(&host.stranger), "/v1/gateways").await;
        assert_eq!(other.body["data"].as_array().map(Vec::len), Some(0));
    }
}
