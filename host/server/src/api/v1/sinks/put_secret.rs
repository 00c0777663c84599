//! `PUT /v1/sinks/{id}/secrets/{name}`: a secret's new value, which is never shown again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SinkId;
use campanile_domain::ports::store::{SecretName, SecretOwner};

use crate::api::v1::installing::{SecretValue, set_secret};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::path::{Id, Name};
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// Sets a secret that the sink's plugin asks for. The next request is sent with it.
#[utoipa::path(put, path = "/v1/sinks/{id}/secrets/{name}", tag = "sinks",
    params(("id" = String, Path, description = "`snk_...`"), ("name" = String, Path, description = "The secret's name in the manifest")),
    request_body(content = SecretValue, example = json!({"value": "the new token"})),
    responses((status = 200, body = schema::SecretName)), security(("key" = ["leads:write"])))]
pub(crate) async fn put_sink_secret(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SinkId>,
    Name(name): Name,
    Body(value): Body<SecretValue>,
) -> Result<Json<SecretName>, Problem> {
    let sink = app.store.sink(key.of(), id).await?;
    let owner = (SecretOwner::Sink(id), "secret of this sink's plugin");
    let set = set_secret(&app, &key.writes(&app), owner, Some(&sink.plugin), name, value).await?;
    app.sinks.installed(&sink).await;
    Ok(Json(set))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_secret_changes_and_is_never_shown() {
        let host = Host::new().await;
        let sink = format!("/v1/sinks/{}", host.sink().await);
        let put = |name: &str, value: &str| {
            let path = format!("{sink}/secrets/{name}");
            let body = json!({ "value": value });
            let host = &host;
            async move { host.send(Some(&host.live), "PUT", &path, Some(body)).await }
        };
        let set = put("token", "n3w-s3cr3t").await;
        assert_eq!((set.status, &set.body["name"]), (200, &"token".into()), "{}", set.text);
        assert!(!host.get(Some(&host.live), &sink).await.text.contains("n3w-s3cr3t"));
        assert_eq!(put("other", "x").await.problem(), (404, "CE0004"));
        assert_eq!(put("token", "").await.pointers(), ["/value"]);
    }
}
