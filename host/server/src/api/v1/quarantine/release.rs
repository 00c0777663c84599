//! `POST /v1/quarantine/release`: the operator's word on how a restored host goes on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantKey;
use campanile_domain::quarantine::Resumption;
use serde::Deserialize;
use utoipa::ToSchema;

use super::QuarantineState;
use crate::app::App;
use crate::auth::Operator;
use crate::body::Body;
use crate::problem::Problem;

/// How to go on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseBody {
    /// `after_retry_interval`: each campaign after its own retry interval, counted from the first start on the restored
    /// data, so that nobody who was called since the backup is called again too soon. `at_once`: nobody was called since.
    #[schema(value_type = super::Resume)]
    resume: Resumption,
}

/// Lets a host that was restored from a backup dial again.
#[utoipa::path(post, path = "/v1/quarantine/release", tag = "system",
    request_body(content = ReleaseBody, example = json!({"resume": "after_retry_interval"})),
    responses((status = 200, body = QuarantineState), (status = 409, description = "This host was never restored")),
    security(("operator" = [])))]
pub(crate) async fn release_quarantine(
    State(app): State<Arc<App>>,
    operator: Operator,
    Body(body): Body<ReleaseBody>,
) -> Result<Json<QuarantineState>, Problem> {
    let released = app.store.release_quarantine(&operator.writes(&app, TenantKey(0)), body.resume).await?;
    app.engine.every_campaign_changed();
    Ok(Json(Some(released).into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn there_is_nothing_to_release_on_a_host_that_was_never_restored() {
        let host = Host::new().await;
        let path = "/v1/quarantine/release";
        let answer = host.post(Some(&host.operator), path, json!({"resume": "at_once"})).await;
        assert_eq!((answer.problem(), answer.codes()), ((409, "CE0015"), vec!["not_in_quarantine".to_owned()]));
        let word = host.post(Some(&host.operator), path, json!({"resume": "now"})).await;
        assert_eq!((word.problem(), word.pointers()), ((422, "CE0007"), vec!["/resume".to_owned()]));
    }
}
