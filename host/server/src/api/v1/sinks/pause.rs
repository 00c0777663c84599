//! `POST /v1/sinks/{id}/pause`: nothing is written until it is resumed.

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

/// Pauses a sink. A batch that is being written is finished. What happens meanwhile waits and loses nothing.
#[utoipa::path(post, path = "/v1/sinks/{id}/pause", tag = "sinks", params(("id" = String, Path, description = "`snk_...`")),
    responses((status = 200, body = schema::Sink)), security(("key" = ["leads:write"])))]
pub(crate) async fn pause_sink(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SinkId>,
    _: Empty,
) -> Result<Json<SinkRow>, Problem> {
    let sink = app.store.pause_sink(&key.writes(&app), id).await?;
    app.sinks.ring();
    Ok(Json(sink))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_says_who_paused_it() {
        let host = Host::new().await;
        let path = format!("/v1/sinks/{}/pause", host.sink().await);
        let paused = host.post_empty(Some(&host.live), &path).await;
        assert_eq!((paused.status, &paused.body["status"]), (200, &"paused".into()), "{}", paused.text);
        assert_eq!(paused.body["status_reason"]["code"], "by_hand");
        assert!(paused.body["status_reason"]["by"].as_str().unwrap().starts_with("key_"));
        assert_eq!(host.post_empty(Some(&host.live), &path).await.status, 200, "nothing to change");
    }
}
