//! `GET /v1/gateways/{id}/options`: the choices for a setting, so that a form can be filled in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::GatewayId;

use super::{failed, owned};
use crate::api::v1::installing::{Choices, Wanted};
use crate::app::App;
use crate::auth::{AssistantsWrite, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::query::Query;

/// Asks the provider for the choices of a setting: which numbers, which assistants.
#[utoipa::path(get, path = "/v1/gateways/{id}/options", tag = "gateways",
    params(("id" = String, Path, description = "`gw_...`"), Wanted),
    responses((status = 200, body = Choices)), security(("key" = ["assistants:write"])))]
pub(crate) async fn gateway_options(
    State(app): State<Arc<App>>,
    key: Key<AssistantsWrite>,
    Id(id): Id<GatewayId>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Choices>, Problem> {
    let gateway = owned(&app, key.of(), id).await?;
    let (setting, query) = wanted.read()?;
    let choices = app.gateways.options(&gateway, &setting, &query).await;
    choices.map(|choices| Json(Choices { choices })).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn choices_come_and_failures_are_told() {
        let host = Host::new().await;
        let path = format!("/v1/gateways/{}/options", host.gateway().await);
        let lists = host.get(Some(&host.live), &format!("{path}?setting=number&query=sp")).await;
        assert_eq!((lists.status, &lists.body["choices"][0]["value"]), (200, &"sp-1".into()), "{}", lists.text);
        let broken = host.get(Some(&host.live), &format!("{path}?setting=broken")).await;
        assert_eq!((broken.problem(), broken.codes()), ((502, "CE0041"), vec!["http_unreachable".to_owned()]));
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (400, "CE0011"));
        assert_eq!(host.get(Some(&host.stranger), &format!("{path}?setting=x")).await.problem(), (404, "CE0004"));
    }
}
