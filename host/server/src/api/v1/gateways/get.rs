//! `GET /v1/gateways/{id}`: with what its health check says.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::GatewayId;
use campanile_domain::ports::store::{GatewayRow, SecretName, SecretOwner};
use serde::Serialize;
use utoipa::ToSchema;

use super::owned;
use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::assistants as schema;

/// A gateway and how it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct GatewayWithHealth {
    /// The gateway.
    #[serde(flatten)]
    #[schema(value_type = schema::Gateway, inline)]
    gateway: GatewayRow,
    /// The secrets that are set, without their values.
    #[schema(value_type = Vec<crate::schema::plugins::SecretName>)]
    secrets: Vec<SecretName>,
    /// It can place calls.
    healthy: bool,
    /// Why it cannot.
    unhealthy_because: Option<String>,
}

/// Reads a gateway and whether it can place calls.
#[utoipa::path(get, path = "/v1/gateways/{id}", tag = "gateways", params(("id" = String, Path, description = "`gw_...`")),
    responses((status = 200, body = GatewayWithHealth)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn get_gateway(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Id(id): Id<GatewayId>,
) -> Result<Json<GatewayWithHealth>, Problem> {
    let gateway = owned(&app, key.of(), id).await?;
    let secrets = app.store.secret_names(key.of(), SecretOwner::Gateway(id)).await?;
    let health = app.engine.gateway_health(gateway.key).await;
    Ok(Json(GatewayWithHealth { gateway, secrets, healthy: health.is_ok(), unhealthy_because: health.err() }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn its_health_is_shown() {
        let host = Host::new().await;
        let path = format!("/v1/gateways/{}", host.gateway().await);
        let read = host.get(Some(&host.live), &path).await;
        assert_eq!((read.status, &read.body["kind"]), (200, &"simulated".into()));
        assert_eq!(read.body["healthy"], true);
    }
}
