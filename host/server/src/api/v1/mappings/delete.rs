//! `DELETE /v1/mappings/{name}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::path::Name;
use crate::problem::Problem;

/// Forgets a saved mapping. Imports that it was applied to stay as they are.
#[utoipa::path(delete, path = "/v1/mappings/{name}", tag = "imports", params(("name" = String, Path, description = "As it was saved")),
    responses((status = 204, description = "It is gone")), security(("key" = ["leads:write"])))]
pub(crate) async fn delete_mapping(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Name(name): Name,
) -> Result<StatusCode, Problem> {
    app.store.delete_mapping(&key.writes(&app), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_is_gone_and_then_not_found() {
        let host = Host::new().await;
        host.mapping("CRM").await;
        assert_eq!(host.delete(Some(&host.live), "/v1/mappings/CRM").await.status, 204);
        assert_eq!(host.delete(Some(&host.live), "/v1/mappings/CRM").await.status, 404);
    }
}
