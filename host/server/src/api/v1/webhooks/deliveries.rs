//! `GET /v1/webhooks/{id}/deliveries`: what became of every event that it was to be told.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::WebhookId;
use campanile_domain::ports::store::{Listed, WebhookDelivery};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::api::v1::delivery_status;
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::paging::page;
use crate::path::Id;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebhookDeliveriesQuery {
    /// `waiting`, `delivered`, `skipped` or `failed`.
    #[param(pattern = "^(waiting|delivered|skipped|failed)$")]
    status: Option<String>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists what a webhook was told, newest first, with what it answered. What is over is kept for 30 days.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks",
    params(("id" = String, Path, description = "`whk_...`"), WebhookDeliveriesQuery),
    responses((status = 200, body = schema::Listed<schema::webhooks::WebhookDelivery>)),
    security(("key" = ["admin"])))]
pub(crate) async fn list_webhook_deliveries(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<WebhookId>,
    Query(query): Query<WebhookDeliveriesQuery>,
) -> Result<Json<Listed<WebhookDelivery>>, Problem> {
    // A stranger's webhook is not found, whatever is asked for.
    app.store.webhook(key.of(), id).await?;
    let status = delivery_status(query.status.as_deref())?;
    let page = page(query.limit, query.cursor)?;
    Ok(Json(app.store.webhook_deliveries(key.of(), id, status, &page).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_it_answered_is_shown() {
        let host = Host::new().await;
        let (webhook, event) = host.answered_delivery(503).await;
        let path = format!("/v1/webhooks/{webhook}/deliveries");
        let listed = host.get(Some(&host.live), &path).await;
        let row = &listed.body["data"][0];
        assert_eq!(
            (&row["event"], &row["type"], &row["status"]),
            (&event.as_str().into(), &"lead.created".into(), &"waiting".into())
        );
        assert_eq!(
            (&row["attempts"], &row["response_status"], &row["response"]),
            (&1.into(), &503.into(), &"ok".into())
        );
        assert!(row["next_try_at"].is_string(), "{row}");
        let none = host.get(Some(&host.live), &format!("{path}?status=delivered")).await;
        assert_eq!(none.body["data"].as_array().map(Vec::len), Some(0));
        assert_eq!(host.get(Some(&host.live), &format!("{path}?status=lost")).await.problem(), (400, "CE0011"));
        assert_eq!(host.get(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
    }
}
