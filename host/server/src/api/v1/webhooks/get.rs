//! `GET /v1/webhooks/{id}`: whether it is told, and why not.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::WebhookId;
use campanile_domain::ports::store::Webhook;

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::webhooks as schema;

/// Reads a webhook.
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "`whk_...`")),
    responses((status = 200, body = schema::Webhook)), security(("key" = ["admin"])))]
pub(crate) async fn get_webhook(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<WebhookId>,
) -> Result<Json<Webhook>, Problem> {
    Ok(Json(app.store.webhook(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn one_that_answered_410_says_so() {
        let host = Host::new().await;
        let (webhook, _) = host.answered_delivery(410).await;
        let path = format!("/v1/webhooks/{webhook}");
        let read = host.get(Some(&host.live), &path).await;
        assert_eq!((&read.body["enabled"], &read.body["status_reason"]["code"]), (&false.into(), &"gone".into()));
        assert!(read.body["failing_since"].is_string() && read.body["waiting"] == 1, "{}", read.text);
        assert_eq!(host.get(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
    }
}
