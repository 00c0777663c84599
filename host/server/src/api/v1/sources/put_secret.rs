//! `PUT /v1/sources/{id}/secrets/{name}`: a secret's new value, which is never shown again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SourceId;
use campanile_domain::ports::store::{SecretName, SecretOwner};

use crate::api::v1::installing::{SecretValue, set_secret};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::path::{Id, Name};
use crate::problem::Problem;
use crate::schema::plugins as schema;

/// Sets a secret that the source's importer asks for. The next request is sent with it.
#[utoipa::path(put, path = "/v1/sources/{id}/secrets/{name}", tag = "sources",
    params(("id" = String, Path, description = "`src_...`"), ("name" = String, Path, description = "The secret's name in the manifest")),
    request_body(content = SecretValue, example = json!({"value": "the new token"})),
    responses((status = 200, body = schema::SecretName)), security(("key" = ["leads:write"])))]
pub(crate) async fn put_source_secret(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SourceId>,
    Name(name): Name,
    Body(value): Body<SecretValue>,
) -> Result<Json<SecretName>, Problem> {
    let source = app.store.source(key.of(), id).await?;
    let owner = (SecretOwner::Source(id), "secret of this source's importer");
    let set = set_secret(&app, &key.writes(&app), owner, Some(&source.plugin), name, value).await?;
    app.sources.installed(&source).await;
    Ok(Json(set))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_secret_changes_and_is_never_shown() {
        let host = Host::new().await;
        let source = format!("/v1/sources/{}", host.source().await);
        let put = |name: &str, value: &str| {
            let path = format!("{source}/secrets/{name}");
            let body = json!({ "value": value });
            let host = &host;
            async move { host.send(Some(&host.live), "PUT", &path, Some(body)).await }
        };
        let set = put("client_secret", "n3w-s3cr3t").await;
        assert_eq!((set.status, &set.body["name"]), (200, &"client_secret".into()), "{}", set.text);
        assert!(!host.get(Some(&host.live), &source).await.text.contains("n3w-s3cr3t"));
        assert_eq!(put("other", "x").await.problem(), (404, "CE0004"));
        assert_eq!(put("client_secret", "").await.pointers(), ["/value"]);
    }
}
