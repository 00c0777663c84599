//! `PUT /v1/gateways/{id}/secrets/{name}`: a secret's new value, which is never shown again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::GatewayId;
use campanile_domain::ports::store::{SecretName, SecretOwner};

use super::owned;
use crate::api::v1::installing::{SecretValue, set_secret};
use crate::app::App;
use crate::auth::{AssistantsWrite, Key};
use crate::body::Body;
use crate::path::{Id, Name};
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// Sets a secret that the gateway's plugin asks for. The next request is sent with it.
#[utoipa::path(put, path = "/v1/gateways/{id}/secrets/{name}", tag = "gateways",
    params(("id" = String, Path, description = "`gw_...`"), ("name" = String, Path, description = "The secret's name in the manifest")),
    request_body(content = SecretValue, example = json!({"value": "the new token"})),
    responses((status = 200, body = schema::SecretName)), security(("key" = ["assistants:write"])))]
pub(crate) async fn put_gateway_secret(
    State(app): State<Arc<App>>,
    key: Key<AssistantsWrite>,
    Id(id): Id<GatewayId>,
    Name(name): Name,
    Body(value): Body<SecretValue>,
) -> Result<Json<SecretName>, Problem> {
    let gateway = owned(&app, key.of(), id).await?;
    let owner = (SecretOwner::Gateway(id), "secret of this gateway's plugin");
    let set = set_secret(&app, &key.writes(&app), owner, gateway.plugin.as_ref(), name, value).await?;
    app.gateways.installed(&gateway).await;
    Ok(Json(set))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_secret_changes_and_is_never_shown() {
        let host = Host::new().await;
        host.active_plugin("1.0.0").await;
        let gateway = format!("/v1/gateways/{}", host.plugin_gateway("acme-voice@active").await);
        let path = format!("{gateway}/secrets/token");
        let set = host.send(Some(&host.live), "PUT", &path, Some(json!({"value": "n3w-s3cr3t"}))).await;
        assert_eq!((set.status, &set.body["name"]), (200, &"token".into()), "{}", set.text);
        let read = host.get(Some(&host.live), &gateway).await;
        assert_eq!(read.body["secrets"][0]["name"], "token", "{}", read.text);
        assert!(![&set.text, &read.text].iter().any(|text| text.contains("n3w-s3cr3t")));
        assert_eq!(host.secret_of(&gateway, "token").await, "n3w-s3cr3t");
        let strange =
            host.send(Some(&host.live), "PUT", &format!("{gateway}/secrets/other"), Some(json!({"value": "x"}))).await;
        assert_eq!(strange.problem(), (404, "CE0004"));
        let empty = host.send(Some(&host.live), "PUT", &path, Some(json!({"value": ""}))).await;
        assert_eq!(empty.pointers(), ["/value"]);
    }
}
