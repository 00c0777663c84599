//! `POST /v1/sources/{id}/pause`: no page is asked for until it is resumed.

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

/// Pauses a source. A page that is being pulled is not kept. Its leads go on as they are.
#[utoipa::path(post, path = "/v1/sources/{id}/pause", tag = "sources", params(("id" = String, Path, description = "`src_...`")),
    responses((status = 200, body = schema::Source)), security(("key" = ["leads:write"])))]
pub(crate) async fn pause_source(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SourceId>,
    _: Empty,
) -> Result<Json<SourceRow>, Problem> {
    let source = app.store.pause_source(&key.writes(&app), id).await?;
    app.sources.due();
    // A campaign that nothing feeds any more may be over, and one that is fed is not.
    app.engine.campaign_changed(source.campaign_key);
    Ok(Json(source))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_says_who_paused_it() {
        let host = Host::new().await;
        let path = format!("/v1/sources/{}/pause", host.source().await);
        let paused = host.post_empty(Some(&host.live), &path).await;
        assert_eq!((paused.status, &paused.body["status"]), (200, &"paused".into()), "{}", paused.text);
        assert_eq!(paused.body["status_reason"]["code"], "by_hand");
        assert!(paused.body["status_reason"]["by"].as_str().unwrap().starts_with("key_"));
        assert_eq!(host.post_empty(Some(&host.live), &path).await.status, 200, "nothing to change");
    }
}
