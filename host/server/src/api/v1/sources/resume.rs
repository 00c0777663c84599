//! `POST /v1/sources/{id}/resume`: it is asked again, from where it was.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SourceId;
use campanile_domain::ports::store::SourceRow;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sources as schema;

/// Resumes a source that was paused or needs attention. It is asked at once, from where it was.
#[utoipa::path(post, path = "/v1/sources/{id}/resume", tag = "sources", params(("id" = String, Path, description = "`src_...`")),
    responses((status = 200, body = schema::Source)), security(("key" = ["leads:write"])))]
pub(crate) async fn resume_source(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SourceId>,
    _: Empty,
) -> Result<Json<SourceRow>, Problem> {
    let source = app.store.resume_source(&key.writes(&app), id).await?;
    app.sources.due();
    // A campaign that nothing feeds any more may be over, and one that is fed is not.
    app.engine.campaign_changed(source.campaign_key);
    Ok(Json(source))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_is_active_again() {
        let host = Host::new().await;
        let path = format!("/v1/sources/{}", host.source().await);
        host.post_empty(Some(&host.live), &format!("{path}/pause")).await;
        let resumed = host.post_empty(Some(&host.live), &format!("{path}/resume")).await;
        assert_eq!((resumed.status, &resumed.body["status"]), (200, &"active".into()), "{}", resumed.text);
    }
}
