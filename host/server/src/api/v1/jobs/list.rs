//! `GET /v1/jobs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Job, Listed};

use crate::app::App;
use crate::auth::{JobsRead, Key};
use crate::paging::Paging;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists jobs, the latest first, without their results.
#[utoipa::path(get, path = "/v1/jobs", tag = "jobs", params(Paging),
    responses((status = 200, body = schema::Listed<schema::replay::Job>)), security(("key" = ["campaigns:read"]), ("key" = ["leads:read"]), ("key" = ["plugins:read"])))]
pub(crate) async fn list_jobs(
    State(app): State<Arc<App>>,
    key: Key<JobsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<Job>>, Problem> {
    Ok(Json(app.store.jobs(key.of(), &paging.page()?).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn the_latest_come_first_and_a_stranger_has_none() {
        let host = Host::new().await;
        let (first, second) = (host.running_job().await, host.running_job().await);
        let listed = host.get(Some(&host.live), "/v1/jobs?limit=1").await;
        assert_eq!((listed.status, &listed.body["data"][0]["id"]), (200, &second.into()), "{}", listed.text);
        let cursor = listed.body["next_cursor"].as_str().unwrap();
        let rest = host.get(Some(&host.live), &format!("/v1/jobs?limit=1&cursor={cursor}")).await;
        assert_eq!((&rest.body["data"][0]["id"], &rest.body["next_cursor"]), (&first.into(), &serde_json::Value::Null));
        let none = host.get(Some(&host.stranger), "/v1/jobs").await;
        assert_eq!(none.body["data"].as_array().map(Vec::len), Some(0));
    }
}
