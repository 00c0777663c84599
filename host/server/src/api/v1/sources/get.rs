//! `GET /v1/sources/{id}`: where it stands and why, with the names of its secrets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SourceId;
use campanile_domain::ports::store::{SecretName, SecretOwner, SourceRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sources as schema;

/// A source and what is set of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct SourceWithSecrets {
    /// The source.
    #[serde(flatten)]
    #[schema(value_type = schema::Source, inline)]
    source: SourceRow,
    /// The secrets that are set, without their values.
    #[schema(value_type = Vec<crate::schema::plugins::SecretName>)]
    secrets: Vec<SecretName>,
}

/// Reads a source.
#[utoipa::path(get, path = "/v1/sources/{id}", tag = "sources", params(("id" = String, Path, description = "`src_...`")),
    responses((status = 200, body = SourceWithSecrets)), security(("key" = ["leads:read"])))]
pub(crate) async fn get_source(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Id(id): Id<SourceId>,
) -> Result<Json<SourceWithSecrets>, Problem> {
    let source = app.store.source(key.of(), id).await?;
    let secrets = app.store.secret_names(key.of(), SecretOwner::Source(id)).await?;
    Ok(Json(SourceWithSecrets { source, secrets }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_strangers_source_is_not_found() {
        let host = Host::new().await;
        let path = format!("/v1/sources/{}", host.source().await);
        assert_eq!(host.get(Some(&host.live), &path).await.body["plugin"], "acme-crm@active");
        assert_eq!(host.get(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
    }
}
