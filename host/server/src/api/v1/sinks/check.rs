//! `POST /v1/sinks/{id}/check`: asks the sink whether it can write.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SinkId;
use campanile_domain::plugin::instance::Checked;

use super::failed;
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sources as schema;

/// Asks the other system who we are there, and what is missing. Waits for a batch that is being written.
#[utoipa::path(post, path = "/v1/sinks/{id}/check", tag = "sinks", params(("id" = String, Path, description = "`snk_...`")),
    responses((status = 200, body = schema::Checked)), security(("key" = ["leads:write"])))]
pub(crate) async fn check_sink(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SinkId>,
    _: Empty,
) -> Result<Json<Checked>, Problem> {
    let sink = app.store.sink(key.of(), id).await?;
    app.sinks.check(&sink).await.answer.map(Json).map_err(|failure| failed(&failure))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn what_it_says_is_told() {
        let host = Host::new().await;
        let path = format!("/v1/sinks/{}/check", host.sink().await);
        let checked = host.post_empty(Some(&host.live), &path).await;
        assert_eq!((checked.status, &checked.body["health"]), (200, &"ready".into()), "{}", checked.text);
    }

    #[tokio::test]
    async fn one_that_does_not_answer_is_told() {
        let host = Host::new().await;
        let path = format!("/v1/sinks/{}", host.sink().await);
        let broken = host.patch(Some(&host.live), &path, json!({"settings": {"broken": true}})).await;
        assert_eq!(broken.status, 200, "{}", broken.text);
        let checked = host.post_empty(Some(&host.live), &format!("{path}/check")).await;
        assert_eq!((checked.problem(), checked.codes()), ((502, "CE0034"), vec!["http_unreachable".to_owned()]));
    }
}
