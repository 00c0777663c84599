//! `GET /v1/sinks/{id}`: where it stands and why, with the names of its secrets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SinkId;
use campanile_domain::ports::store::{SecretName, SecretOwner, SinkRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{CallsRead, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sinks as schema;

/// A sink and what is set of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct SinkWithSecrets {
    /// The sink.
    #[serde(flatten)]
    #[schema(value_type = schema::Sink, inline)]
    sink: SinkRow,
    /// The secrets that are set, without their values.
    #[schema(value_type = Vec<crate::schema::plugins::SecretName>)]
    secrets: Vec<SecretName>,
}

/// Reads a sink.
#[utoipa::path(get, path = "/v1/sinks/{id}", tag = "sinks", params(("id" = String, Path, description = "`snk_...`")),
    responses((status = 200, body = SinkWithSecrets)), security(("key" = ["calls:read"])))]
pub(crate) async fn get_sink(
    State(app): State<Arc<App>>,
    key: Key<CallsRead>,
    Id(id): Id<SinkId>,
) -> Result<Json<SinkWithSecrets>, Problem> {
    let sink = app.store.sink(key.of(), id).await?;
    let secrets = app.store.secret_names(key.of(), SecretOwner::Sink(id)).await?;
    Ok(Json(SinkWithSecrets { sink, secrets }))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_strangers_sink_is_not_found() {
        let host = Host::new().await;
        let path = format!("/v1/sinks/{}", host.sink().await);
        assert_eq!(host.get(Some(&host.live), &path).await.body["plugin"], "acme-results@active");
        assert_eq!(host.get(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
    }
}
