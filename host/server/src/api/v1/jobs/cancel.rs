//! `POST /v1/jobs/{id}/cancel`: its work ends where it is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::JobId;
use campanile_domain::ports::store::Job;

use crate::app::App;
use crate::auth::{JobsWrite, Key};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::replay as schema;

/// Cancels a job. One that is over stays as it is.
#[utoipa::path(post, path = "/v1/jobs/{id}/cancel", tag = "jobs", params(("id" = String, Path, description = "`job_...`")),
    responses((status = 200, body = schema::Job)), security(("key" = ["campaigns:write"]), ("key" = ["leads:write"]), ("key" = ["plugins:write"])))]
pub(crate) async fn cancel_job(
    State(app): State<Arc<App>>,
    key: Key<JobsWrite>,
    Id(id): Id<JobId>,
    _: Empty,
) -> Result<Json<Job>, Problem> {
    let job = app.store.cancel_job(&key.writes(&app), id).await?;
    app.jobs.cancel(id);
    Ok(Json(job))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_cancelled_job_stays_cancelled() {
        let host = Host::new().await;
        let path = format!("/v1/jobs/{}", host.running_job().await);
        for _ in 0..2 {
            let cancelled = host.post_empty(Some(&host.live), &format!("{path}/cancel")).await;
            assert_eq!((cancelled.status, &cancelled.body["state"]), (200, &"cancelled".into()), "{}", cancelled.text);
        }
        crate::interrupt_jobs(&host.app).await.unwrap();
        assert_eq!(host.get(Some(&host.live), &path).await.body["state"], "cancelled");
    }

    #[tokio::test]
    async fn so_many_run_at_one_time_and_a_cancelled_one_makes_room() {
        let host = Host::new().await;
        let mut jobs = Vec::new();
        for _ in 0..4 {
            jobs.push(host.running_job().await);
        }
        let body = || serde_json::json!({"version": "@active"});
        host.active_policy().await;
        let refused = host.post(Some(&host.live), "/v1/plugins/acme-policy/replay", body()).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["too_many_jobs".to_owned()]));
        host.post_empty(Some(&host.live), &format!("/v1/jobs/{}/cancel", jobs[0])).await;
        let begun = host.post(Some(&host.live), "/v1/plugins/acme-policy/replay", body()).await;
        assert_eq!(begun.status, 202, "{}", begun.text);
        host.background_done().await;
    }
}
