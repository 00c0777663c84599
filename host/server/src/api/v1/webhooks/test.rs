//! `POST /v1/webhooks/{id}/test`: a message to try it with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::WebhookId;
use campanile_domain::ports::store::WebhookDelivery;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::webhooks as schema;

/// Sends `webhook.test` to this webhook and to no other, signed and tried again like any event. What it answers is among its
/// deliveries a moment later.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", tag = "webhooks",
    params(("id" = String, Path, description = "`whk_...`")),
    responses((status = 202, body = schema::WebhookDelivery)), security(("key" = ["admin"])))]
pub(crate) async fn test_webhook(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<WebhookId>,
    _: Empty,
) -> Result<(StatusCode, Json<WebhookDelivery>), Problem> {
    let delivery = app.store.test_webhook(&key.writes(&app), id).await?;
    app.webhooks.ring();
    Ok((StatusCode::ACCEPTED, Json(delivery)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn only_the_one_that_is_tried_is_told() {
        let host = Host::new().await;
        let (one, other) = (host.webhook().await.0, host.webhook().await.0);
        let tried = host.post_empty(Some(&host.live), &format!("/v1/webhooks/{one}/test")).await;
        let row = &tried.body;
        assert_eq!((tried.status, &row["type"], &row["status"]), (202, &"webhook.test".into(), &"waiting".into()));
        assert_eq!((host.answer_deliveries(&one, 200).await, host.answer_deliveries(&other, 200).await), (1, 0));
    }
}
