//! `GET /v1/erasures/{id}`: how much was erased, and whether anything is left.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::ErasureId;
use campanile_domain::ports::store::Erasure;

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::privacy as schema;

/// Reads an erasure.
#[utoipa::path(get, path = "/v1/erasures/{id}", tag = "erasures", params(("id" = String, Path, description = "`ers_...`")),
    responses((status = 200, body = schema::Erasure)), security(("key" = ["admin"])))]
pub(crate) async fn get_erasure(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<ErasureId>,
) -> Result<Json<Erasure>, Problem> {
    Ok(Json(app.store.erasure(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_is_finished_when_nothing_is_left() {
        let host = Host::new().await;
        let path = format!("/v1/erasures/{}", host.erasure("+14155552671").await);
        let read = host.get(Some(&host.live), &path).await;
        assert_eq!((&read.body["status"], &read.body["keep_suppressed"]), (&"finished".into(), &true.into()));
        assert_eq!(host.get(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
    }
}
