//! `DELETE /v1/sinks/{id}`: takes a sink out; what it wrote stays.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::SinkId;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::path::Id;
use crate::problem::Problem;

/// Takes a sink out. What it wrote stays in the other system; what waited is forgotten with its secrets.
#[utoipa::path(delete, path = "/v1/sinks/{id}", tag = "sinks", params(("id" = String, Path, description = "`snk_...`")),
    responses((status = 204)), security(("key" = ["leads:write"])))]
pub(crate) async fn delete_sink(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SinkId>,
) -> Result<StatusCode, Problem> {
    let sink = app.store.sink(key.of(), id).await?;
    app.store.delete_sink(&key.writes(&app), id).await?;
    app.sinks.removed(&sink);
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_goes_and_is_told() {
        let host = Host::new().await;
        let id = host.sink().await;
        let path = format!("/v1/sinks/{id}");
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 204);
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (404, "CE0004"));
        assert!(!host.installed().contains(&id));
    }
}
