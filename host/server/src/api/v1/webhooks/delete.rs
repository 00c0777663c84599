//! `DELETE /v1/webhooks/{id}`: nobody is told any more.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::WebhookId;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Admin, Key};
use crate::path::Id;
use crate::problem::Problem;

/// Takes a webhook out with what waits for it and what signed its messages.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "`whk_...`")),
    responses((status = 204)), security(("key" = ["admin"])))]
pub(crate) async fn delete_webhook(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<WebhookId>,
) -> Result<StatusCode, Problem> {
    app.store.delete_webhook(&key.writes(&app), id).await?;
    app.webhooks.ring();
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn it_goes() {
        let host = Host::new().await;
        let path = format!("/v1/webhooks/{}", host.webhook().await.0);
        assert_eq!(host.delete(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 204);
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (404, "CE0004"));
    }
}
