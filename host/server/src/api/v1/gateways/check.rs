//! `POST /v1/gateways/{id}/check`: asks the provider whether calls can be placed. Nobody is called.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::GatewayId;
use campanile_domain::plugin::instance::Checked;

use super::{failed, owned};
use crate::app::App;
use crate::auth::{AssistantsWrite, Key};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sources as schema;

/// Asks the provider who we are there and what is missing, without placing a call. A provider that does not answer is told as
/// `unreachable`, a plugin that fails is 502.
#[utoipa::path(post, path = "/v1/gateways/{id}/check", tag = "gateways", params(("id" = String, Path, description = "`gw_...`")),
    responses((status = 200, body = schema::Checked)), security(("key" = ["assistants:write"])))]
pub(crate) async fn check_gateway(
    State(app): State<Arc<App>>,
    key: Key<AssistantsWrite>,
    Id(id): Id<GatewayId>,
    _: Empty,
) -> Result<Json<Checked>, Problem> {
    let gateway = owned(&app, key.of(), id).await?;
    app.engine.check_gateway(gateway.key).await.map(Json).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_it_says_is_told() {
        let host = Host::new().await;
        let path = format!("/v1/gateways/{}/check", host.gateway().await);
        let checked = host.post_empty(Some(&host.live), &path).await;
        assert_eq!((checked.status, &checked.body["health"]), (200, &"ready".into()), "{}", checked.text);
        assert_eq!(host.post_empty(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
        host.app.engine.drain().await;
        assert_eq!(host.post_empty(Some(&host.live), &path).await.problem(), (502, "CE0041"));
    }
}
