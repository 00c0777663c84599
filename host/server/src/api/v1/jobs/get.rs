//! `GET /v1/jobs/{id}`: how far it is, and in the end what came of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::JobId;
use campanile_domain::ports::store::Job;

use crate::app::App;
use crate::auth::{JobsRead, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::replay as schema;

/// Reads a job: its progress, and in the end its result or why there is none.
#[utoipa::path(get, path = "/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path, description = "`job_...`")),
    responses((status = 200, body = schema::Job)), security(("key" = ["campaigns:read"]), ("key" = ["leads:read"]), ("key" = ["plugins:read"])))]
pub(crate) async fn get_job(
    State(app): State<Arc<App>>,
    key: Key<JobsRead>,
    Id(id): Id<JobId>,
) -> Result<Json<Job>, Problem> {
    Ok(Json(app.store.job(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_job_that_a_dead_host_left_running_is_told_as_interrupted() {
        let host = Host::new().await;
        let job = host.running_job().await;
        let path = format!("/v1/jobs/{job}");
        assert_eq!(host.get(Some(&host.live), &path).await.body["state"], "running");
        crate::interrupt_jobs(&host.app).await.unwrap();
        let read = host.get(Some(&host.live), &path).await;
        assert_eq!(
            (&read.body["state"], &read.body["error"]["code"], &read.body["result"]),
            (&"failed".into(), &"interrupted".into(), &json!(null)),
            "{}",
            read.text
        );
        assert_eq!(host.get(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
    }
}
