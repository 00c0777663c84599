//! `POST /v1/webhooks/{id}/deliveries/{event}/resend`: told again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::{EventId, WebhookId};
use campanile_domain::ports::store::WebhookDelivery;

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Empty;
use crate::path::{Event, Id};
use crate::problem::Problem;
use crate::schema::webhooks as schema;

/// Sends one event again at once, whatever became of it, with the same `webhook-id`.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{event}/resend", tag = "webhooks",
    params(("id" = String, Path, description = "`whk_...`"), ("event" = String, Path, description = "`evt_...`")),
    responses((status = 200, body = schema::WebhookDelivery)), security(("key" = ["admin"])))]
pub(crate) async fn resend_webhook_delivery(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<WebhookId>,
    Event(event): Event<EventId>,
    _: Empty,
) -> Result<Json<WebhookDelivery>, Problem> {
    let delivery = app.store.resend_to_webhook(&key.writes(&app), id, event).await?;
    app.webhooks.ring();
    Ok(Json(delivery))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_was_taken_is_sent_again() {
        let host = Host::new().await;
        let (webhook, event) = host.answered_delivery(200).await;
        assert_eq!(host.answer_deliveries(&webhook, 200).await, 0);
        let path = format!("/v1/webhooks/{webhook}/deliveries");
        let again = host.post_empty(Some(&host.live), &format!("{path}/{event}/resend")).await;
        assert_eq!((&again.body["status"], &again.body["attempts"]), (&"waiting".into(), &0.into()), "{}", again.text);
        assert_eq!(host.answer_deliveries(&webhook, 200).await, 1);
        let unknown = format!("{path}/evt_00000000000000000000000000/resend");
        assert_eq!(host.post_empty(Some(&host.live), &unknown).await.problem(), (404, "CE0004"));
    }
}
