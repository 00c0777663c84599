//! `POST /v1/sinks/{id}/resume`: what waited is written.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SinkId;
use campanile_domain::ports::store::SinkRow;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sinks as schema;

/// Resumes a sink that was paused or needs attention. What waited is written at once.
#[utoipa::path(post, path = "/v1/sinks/{id}/resume", tag = "sinks", params(("id" = String, Path, description = "`snk_...`")),
    responses((status = 200, body = schema::Sink)), security(("key" = ["leads:write"])))]
pub(crate) async fn resume_sink(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SinkId>,
    _: Empty,
) -> Result<Json<SinkRow>, Problem> {
    let sink = app.store.resume_sink(&key.writes(&app), id).await?;
    app.sinks.ring();
    Ok(Json(sink))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_is_active_again() {
        let host = Host::new().await;
        let path = format!("/v1/sinks/{}", host.sink().await);
        host.post_empty(Some(&host.live), &format!("{path}/pause")).await;
        let resumed = host.post_empty(Some(&host.live), &format!("{path}/resume")).await;
        assert_eq!((resumed.status, &resumed.body["status"]), (200, &"active".into()), "{}", resumed.text);
    }
}
