//! `GET /readyz`: whether this host can do its work: it is not stopping, the database reads and the engine answers.
//!
//! A host that was told to stop says no at once and answers requests until it has finished what is under way, so that
//! whoever shares requests out over hosts has time to send them elsewhere.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignKey;
use campanile_domain::ports::store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::codes;
use crate::problem::{FieldProblem, Problem};

/// Ready.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// `ready`
    status: &'static str,
}

/// Says whether the database and the engine answer.
#[utoipa::path(get, path = "/readyz", tag = "system",
    responses((status = 200, body = Readiness), (status = 503, description = "What does not answer is in errors")))]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Readiness>, Problem> {
    let mut faults = Vec::new();
    if app.shutdown.is_cancelled() {
        let message = "this host was told to stop; it finishes what is under way and dials nobody new";
        faults.push(FieldProblem::new("", "stopping", message));
    }
    // A hash that nobody has: an indexed read that finds nothing is the cheapest question there is.
    if let Err(error) = app.store.authenticate(&[0; 32]).await
        && !matches!(error, StoreError::NotFound(_))
    {
        tracing::warn!(%error, "the database does not answer");
        faults.push(FieldProblem::new("", "database", "the database does not answer"));
    }
    if app.engine.live_facts(CampaignKey(0)).await.is_none() {
        faults.push(FieldProblem::new("", "engine", "the engine does not answer; it is starting or shutting down"));
    }
    if faults.is_empty() {
        return Ok(Json(Readiness { status: "ready" }));
    }
    Err(Problem::new(&codes::NOT_READY, "this host is not ready; try again in a few seconds").with(faults))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn ready_means_database_and_engine() {
        let answer = Host::new().await.get(None, "/readyz").await;
        assert_eq!((answer.status, answer.body["status"].as_str()), (200, Some("ready")));
    }

    #[tokio::test]
    async fn a_host_that_stops_is_not_ready() {
        let host = Host::new().await;
        host.app.shutdown.cancel();
        let answer = host.get(None, "/readyz").await;
        assert_eq!((answer.problem(), answer.codes()), ((503, "CE0019"), vec!["stopping".to_owned()]));
        assert_eq!(host.get(None, "/healthz").await.status, 200, "it is alive all the same");
    }
}
