//! `DELETE /v1/sources/{id}`: takes a source out; its leads stay.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::SourceId;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::path::Id;
use crate::problem::Problem;

/// Takes a source out. Its leads stay where they are and are changed by nobody from then on; its secrets are forgotten.
#[utoipa::path(delete, path = "/v1/sources/{id}", tag = "sources", params(("id" = String, Path, description = "`src_...`")),
    responses((status = 204)), security(("key" = ["leads:write"])))]
pub(crate) async fn delete_source(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SourceId>,
) -> Result<StatusCode, Problem> {
    let source = app.store.source(key.of(), id).await?;
    app.store.delete_source(&key.writes(&app), id).await?;
    app.sources.removed(&source);
    app.engine.campaign_changed(source.campaign_key);
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_goes_with_its_hook_and_is_told() {
        let host = Host::new().await;
        let id = host.source().await;
        let path = format!("/v1/sources/{id}");
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 204);
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (404, "CE0004"));
        assert!(!host.installed().contains(&id));
    }
}
