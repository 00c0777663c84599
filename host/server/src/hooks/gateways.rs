//! `POST /hooks/gateways/{id}/{token}`: what a voice provider tells about calls.
//!
//! Token, size, durable inbox, 2xx; only then does anybody read it. A plugin that fails loses nothing, and whoever
//! guesses a URL learns nothing: a wrong token, an unknown gateway and a text that is no id are one answer.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use campanile_domain::ids::GatewayId;
use http::StatusCode;

use super::incoming;
use crate::app::App;
use crate::frame::no_such_path;
use crate::problem::Problem;

/// Takes a provider's webhook into the inbox. It is answered before it is read.
#[utoipa::path(post, path = "/hooks/gateways/{id}/{token}", tag = "hooks",
    params(("id" = String, Path, description = "`gw_...`"), ("token" = String, Path, description = "The secret of the hook's URL")),
    request_body(content = String, content_type = "application/octet-stream", description = "Whatever the provider sends, at most 1 MiB"),
    responses((status = 204, description = "It is kept"), (status = 404, description = "There is no such hook")))]
pub(crate) async fn gateway_hook(
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Ok(Path((id, token))) = path else { return Err(no_such_path().await) };
    let Ok(id) = id.parse::<GatewayId>() else { return Err(no_such_path().await) };
    let found = app.store.gateway_by_id(id).await;
    let Some(gateway) = incoming::owner(found, |gateway| &gateway.hook_token, &token)? else {
        return Err(no_such_path().await);
    };
    let webhook = incoming::webhook(&app, request).await?;
    app.store.inbox_put(app.engine_clock.now(), gateway.key, webhook).await?;
    app.engine.webhook_arrived();
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_webhook_is_in_the_inbox_before_it_is_answered() {
        let host = Host::new().await;
        let (_, hook) = host.gateway_with_hook().await;
        let answer = host.hook(&format!("{hook}?try=1"), b"{\"any\": \"thing\"}".to_vec()).await;
        assert_eq!(answer.status, 204);
        let inbox = host.app.store.inbox_take(0, 10).await.unwrap();
        assert_eq!(inbox.len(), 1);
        let webhook = &inbox[0].webhook;
        assert_eq!(webhook.body, b"{\"any\": \"thing\"}");
        assert_eq!(webhook.url, format!("https://calls.example{hook}?try=1"));
        assert!(webhook.headers.iter().any(|(name, value)| name == "x-signature" && value == "s"));
    }

    #[tokio::test]
    async fn a_guess_learns_nothing() {
        let host = Host::new().await;
        let (id, hook) = host.gateway_with_hook().await;
        let mut answers = Vec::new();
        for path in [
            format!("/hooks/gateways/{id}/wrong"),
            format!("/hooks/gateways/{id}/{}", "x".repeat(hook.len())),
            "/hooks/gateways/gw_00000000000000000000000000/wrong".into(),
            "/hooks/gateways/nonsense/%FF".into(),
            "/hooks/other".into(),
        ] {
            let answer = host.hook(&path, Vec::new()).await;
            assert_eq!(answer.problem(), (404, "CE0005"), "{path}");
            answers.push(answer.body["detail"].clone());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1);
        let large = host.hook(&hook, vec![0; (1 << 20) + 1]).await;
        assert_eq!(large.problem(), (413, "CE0010"));
        assert_eq!(host.broken_hook(&hook).await.problem(), (400, "CE0008"));
        assert!(host.app.store.inbox_take(0, 10).await.unwrap().is_empty());
    }
}
