//! `POST /v1/webhooks/{id}/rotate_secret`: another secret, while the old one goes on signing for a day.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::WebhookId;
use campanile_domain::webhook::OLD_SECRET_MS;

use super::{WebhookWithSecret, mint};
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;

/// Signs with another secret from now on. For 24 hours the one before signs, too: messages then carry two signatures, and an
/// endpoint takes whichever it can check, so nothing is lost while it is given the new one.
#[utoipa::path(post, path = "/v1/webhooks/{id}/rotate_secret", tag = "webhooks",
    params(("id" = String, Path, description = "`whk_...`")),
    responses((status = 200, body = WebhookWithSecret)), security(("key" = ["admin"])))]
pub(crate) async fn rotate_webhook_secret(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Id(id): Id<WebhookId>,
    _: Empty,
) -> Result<Json<WebhookWithSecret>, Problem> {
    let (ctx, secret) = (key.writes(&app), mint(&*app.entropy));
    let until = ctx.now + OLD_SECRET_MS;
    let webhook = app.store.rotate_webhook_secret(&ctx, id, secret.clone(), until).await?;
    Ok(Json(WebhookWithSecret::new(webhook, &secret)))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn the_new_one_is_shown_and_the_old_one_ends_a_day_later() {
        let host = Host::new().await;
        let (webhook, old) = host.webhook().await;
        let path = format!("/v1/webhooks/{webhook}/rotate_secret");
        let rotated = host.post_empty(Some(&host.live), &path).await;
        let new = rotated.body["secret"].as_str().unwrap();
        assert!(rotated.status == 200 && new.starts_with("whsec_") && new != old, "{}", rotated.text);
        assert_eq!(rotated.body["old_secret_until"], "2026-03-03T15:00:00Z");
        assert_eq!(host.post_empty(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
    }
}
