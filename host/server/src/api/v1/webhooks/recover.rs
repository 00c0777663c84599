//! `POST /v1/webhooks/{id}/recover`: what it missed since an instant.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::WebhookId;
use campanile_domain::ports::store::Recovery;
use campanile_domain::time::Timestamp;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Body;
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::webhooks as schema;

/// From when on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoveryRequest {
    /// At most 30 days ago.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// Looks through the event log again from an instant on: what the webhook asks for and did not take (because it was down,
/// disabled or not made yet) is sent. What it took is not sent again, and what happens meanwhile is told as ever. The answer
/// says which stretch of the log it is; deliveries appear as it is read.
#[utoipa::path(post, path = "/v1/webhooks/{id}/recover", tag = "webhooks",
    params(("id" = String, Path, description = "`whk_...`")),
    request_body(content = RecoveryRequest, example = json!({"since": "2026-03-01T00:00:00Z"})),
    responses((status = 202, body = schema::Recovery)), security(("key" = ["admin"])))]
pub(crate) async fn recover_webhook(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<WebhookId>,
    Body(RecoveryRequest { since }): Body<RecoveryRequest>,
) -> Result<(StatusCode, Json<Recovery>), Problem> {
    // A stranger's webhook is not found, whatever is asked for.
    app.store.webhook(key.of(), id).await?;
    let ctx = key.writes(&app);
    if since > ctx.now {
        let message = format!("{since} is yet to come, it is {} now; name when the endpoint went missing", ctx.now);
        return Err(Problem::invalid(vec![FieldProblem::new("/since", "range", message)]));
    }
    let recovery = app.store.recover(&ctx, id, since).await?;
    app.webhooks.ring();
    Ok((StatusCode::ACCEPTED, Json(recovery)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn what_was_before_it_is_told_once() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552674").await;
        let webhook = host.webhook().await.0;
        assert_eq!(host.answer_deliveries(&webhook, 200).await, 0);
        let path = format!("/v1/webhooks/{webhook}/recover");
        let since = json!({"since": "2026-03-01T00:00:00Z"});
        for told in [1, 0] {
            let recovered = host.post(Some(&host.live), &path, since.clone()).await;
            assert_eq!((recovered.status, &recovered.body), (202, &json!({"after_sequence": 0, "until_sequence": 1})));
            assert_eq!(host.answer_deliveries(&webhook, 200).await, told);
        }
    }

    #[tokio::test]
    async fn neither_the_future_nor_what_nobody_knows_any_more_is_recovered() {
        let host = Host::new().await;
        let path = format!("/v1/webhooks/{}/recover", host.webhook().await.0);
        let future = host.post(Some(&host.live), &path, json!({"since": "2026-03-03T00:00:00Z"})).await;
        assert_eq!((future.problem(), future.pointers()), ((422, "CE0007"), vec!["/since".to_owned()]));
        let past = host.post(Some(&host.live), &path, json!({"since": "2026-01-01T00:00:00Z"})).await;
        assert_eq!((past.problem(), past.codes()), ((409, "CE0015"), vec!["since_too_old".to_owned()]));
    }
}
