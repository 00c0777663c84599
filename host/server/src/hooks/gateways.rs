//! `POST /hooks/gateways/{id}/{token}`: what a voice provider tells about calls.
//!
//! Token, size, durable inbox, 2xx; only then does anybody read it. A plugin that fails loses nothing, and whoever
//! guesses a URL learns nothing: a wrong token, an unknown gateway and a text that is no id are one answer.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use campanile_domain::ids::GatewayId;
use campanile_domain::ports::gateway::Webhook;
use campanile_domain::ports::store::{GatewayRow, StoreError};
use http::StatusCode;
use subtle::ConstantTimeEq;

use crate::app::{App, Config};
use crate::body::bytes;
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
    let Some(gateway) = owner(&app, &id, &token).await? else { return Err(no_such_path().await) };
    let (method, uri) = (request.method().to_string(), request.uri().clone());
    let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
    let url = format!("{}{path}", app.config.public_url);
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = bytes(request, Config::MAX_HOOK_BYTES).await?.to_vec();
    // Signatures are checked against the time of the world outside, whatever clock calls live in.
    let webhook = Webhook { method, url, headers, body, received_at: app.wall_clock.now() };
    app.store.inbox_put(app.engine_clock.now(), gateway.key, webhook).await?;
    app.engine.webhook_arrived();
    Ok(StatusCode::NO_CONTENT)
}

async fn owner(app: &App, id: &str, token: &str) -> Result<Option<GatewayRow>, Problem> {
    let Ok(id) = id.parse::<GatewayId>() else { return Ok(None) };
    match app.store.gateway_by_id(id).await {
        Ok(gateway) => {
            let right = bool::from(gateway.hook_token.as_bytes().ct_eq(token.as_bytes()));
            Ok(right.then_some(gateway))
        }
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
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
        assert!(host.app.store.inbox_take(0, 10).await.unwrap().is_empty());
    }
}
