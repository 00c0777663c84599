//! `GET /v1/sources/{id}/runs`: what came of asking it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SourceId;
use campanile_domain::ports::store::{Listed, SourceRun};

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::paging::Paging;
use crate::path::Id;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the last runs of a source, newest first: what they did, how long they took, why they failed and what to do.
#[utoipa::path(get, path = "/v1/sources/{id}/runs", tag = "sources",
    params(("id" = String, Path, description = "`src_...`"), Paging),
    responses((status = 200, body = schema::Listed<schema::sources::SourceRun>)), security(("key" = ["leads:read"])))]
pub(crate) async fn list_source_runs(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Id(id): Id<SourceId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<SourceRun>>, Problem> {
    // A stranger's source is not found, whatever page is asked for.
    app.store.source(key.of(), id).await?;
    let page = paging.page()?;
    Ok(Json(app.store.source_runs(key.of(), id, &page).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_failed_run_says_what_why_and_what_next() {
        let host = Host::new().await;
        let source = host.source().await;
        host.failed_run(&source).await;
        let runs = host.get(Some(&host.live), &format!("/v1/sources/{source}/runs")).await;
        let run = &runs.body["data"][0];
        assert_eq!((runs.status, &run["status"]), (200, &"failed".into()), "{}", runs.text);
        assert_eq!(run["error"]["code"], "http_not_permitted");
        assert!(run["error"]["next"].as_str().unwrap().contains("resume"), "{run}");
        let read = host.get(Some(&host.live), &format!("/v1/sources/{source}")).await;
        assert_eq!(read.body["status"], "needs_attention", "{}", read.text);
    }
}
