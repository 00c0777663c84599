//! `POST /v1/sources/{id}/run`: asks it now instead of at its interval.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SourceId;
use campanile_domain::ports::store::SourceRow;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sources as schema;

/// Makes an active source due at once. What came of it is the newest of its runs.
#[utoipa::path(post, path = "/v1/sources/{id}/run", tag = "sources", params(("id" = String, Path, description = "`src_...`")),
    responses((status = 202, body = schema::Source)), security(("key" = ["leads:write"])))]
pub(crate) async fn run_source(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SourceId>,
    _: Empty,
) -> Result<(StatusCode, Json<SourceRow>), Problem> {
    let source = app.store.run_source(&key.writes(&app), id).await?;
    app.sources.due();
    Ok((StatusCode::ACCEPTED, Json(source)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn only_an_active_one_runs() {
        let host = Host::new().await;
        let path = format!("/v1/sources/{}", host.source().await);
        let run = format!("{path}/run");
        assert_eq!(host.post_empty(Some(&host.live), &run).await.status, 202);
        host.post_empty(Some(&host.live), &format!("{path}/pause")).await;
        let refused = host.post_empty(Some(&host.live), &run).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["source_not_active".to_owned()]));
    }
}
