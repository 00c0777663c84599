//! `POST /v1/sources/{id}/check`: asks the importer whether it can pull.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SourceId;
use campanile_domain::plugin::instance::Checked;

use super::failed;
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sources as schema;

/// Asks the other system who we are there, and what is missing. Waits for a page that is being pulled.
#[utoipa::path(post, path = "/v1/sources/{id}/check", tag = "sources", params(("id" = String, Path, description = "`src_...`")),
    responses((status = 200, body = schema::Checked)), security(("key" = ["leads:write"])))]
pub(crate) async fn check_source(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SourceId>,
    _: Empty,
) -> Result<Json<Checked>, Problem> {
    let source = app.store.source(key.of(), id).await?;
    app.sources.check(&source).await.answer.map(Json).map_err(|failure| failed(&failure))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn what_the_importer_says_is_told() {
        let host = Host::new().await;
        let path = format!("/v1/sources/{}/check", host.source().await);
        let checked = host.post_empty(Some(&host.live), &path).await;
        assert_eq!((checked.status, &checked.body["health"]), (200, &"ready".into()), "{}", checked.text);
    }

    #[tokio::test]
    async fn an_importer_that_does_not_answer_is_told() {
        let host = Host::new().await;
        let path = format!("/v1/sources/{}", host.source().await);
        let broken = host.patch(Some(&host.live), &path, json!({"settings": {"broken": true}})).await;
        assert_eq!(broken.status, 200, "{}", broken.text);
        let checked = host.post_empty(Some(&host.live), &format!("{path}/check")).await;
        assert_eq!((checked.problem(), checked.codes()), ((502, "CE0033"), vec!["http_unreachable".to_owned()]));
    }
}
