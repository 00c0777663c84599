//! `DELETE /v1/gateways/{id}`: refused while an assistant uses it or a call is open through it.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::GatewayId;
use http::StatusCode;

use super::owned;
use crate::app::App;
use crate::auth::{AssistantsWrite, Key};
use crate::path::Id;
use crate::problem::Problem;

/// Takes a gateway out that no assistant uses. Its secrets are forgotten; the calls that it placed stay.
#[utoipa::path(delete, path = "/v1/gateways/{id}", tag = "gateways", params(("id" = String, Path, description = "`gw_...`")),
    responses((status = 204)), security(("key" = ["assistants:write"])))]
pub(crate) async fn delete_gateway(
    State(app): State<Arc<App>>,
    key: Key<AssistantsWrite>,
    Id(id): Id<GatewayId>,
) -> Result<StatusCode, Problem> {
    let gateway = owned(&app, key.of(), id).await?;
    app.store.delete_gateway(&key.writes(&app), id).await?;
    app.gateways.removed(&gateway).await;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_gateway_in_use_stays_and_an_unused_one_goes_with_its_hook() {
        let host = Host::new().await;
        let assistant = host.assistant().await;
        let assistant = host.get(Some(&host.live), &format!("/v1/assistants/{assistant}")).await;
        let used = format!("/v1/gateways/{}", assistant.body["gateway"].as_str().unwrap());
        let refused = host.delete(Some(&host.live), &used).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["gateway_in_use".to_owned()]));
        let (id, hook) = host.gateway_with_hook().await;
        let unused = format!("/v1/gateways/{id}");
        assert_eq!(host.delete(Some(&host.live), &unused).await.status, 204);
        assert_eq!(host.get(Some(&host.live), &unused).await.problem(), (404, "CE0004"));
        assert_eq!(host.hook(&hook, Vec::new()).await.problem(), (404, "CE0005"));
        assert!(!host.installed().contains(&id));
    }
}
