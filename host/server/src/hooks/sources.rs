//! `POST /hooks/sources/{id}/{token}`: what another system pushes.
//!
//! As with [`super::gateways`]: token, size, durable, 2xx; only then does the importer verify and read it.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use campanile_domain::ids::SourceId;
use campanile_domain::ports::gateway::Webhook;
use campanile_domain::ports::store::{SourceRow, StoreError};
use http::StatusCode;
use subtle::ConstantTimeEq;

use crate::app::{App, Config};
use crate::body::bytes;
use crate::frame::no_such_path;
use crate::problem::Problem;

/// Keeps a push of another system. It is answered before it is read.
#[utoipa::path(post, path = "/hooks/sources/{id}/{token}", tag = "hooks",
    params(("id" = String, Path, description = "`src_...`"), ("token" = String, Path, description = "The secret of the hook's URL")),
    request_body(content = String, content_type = "application/octet-stream", description = "Whatever the other system sends, at most 1 MiB"),
    responses((status = 204, description = "It is kept"), (status = 404, description = "There is no such hook")))]
pub(crate) async fn source_hook(
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let Ok(Path((id, token))) = path else { return Err(no_such_path().await) };
    let Some(source) = owner(&app, &id, &token).await? else { return Err(no_such_path().await) };
    let (method, uri) = (request.method().to_string(), request.uri().clone());
    let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
    let url = format!("{}{path}", app.config.public_url);
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = bytes(request, Config::MAX_HOOK_BYTES).await?.to_vec();
    // Signatures are checked against the time of the world outside, whatever clock calls live in.
    let webhook = Webhook { method, url, headers, body, received_at: app.wall_clock.now() };
    app.store.put_push(app.engine_clock.now(), source.key, webhook).await?;
    app.sources.due();
    Ok(StatusCode::NO_CONTENT)
}

async fn owner(app: &App, id: &str, token: &str) -> Result<Option<SourceRow>, Problem> {
    let Ok(id) = id.parse::<SourceId>() else { return Ok(None) };
    match app.store.source_by_id(id).await {
        Ok(source) => {
            let right = bool::from(source.hook_token.as_bytes().ct_eq(token.as_bytes()));
            Ok(right.then_some(source))
        }
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_push_is_kept_before_it_is_answered_and_a_guess_learns_nothing() {
        let host = Host::new().await;
        let (id, hook) = host.source_with_hook().await;
        assert_eq!(host.hook(&format!("{hook}?try=1"), b"{}".to_vec()).await.status, 204);
        let kept = host.app.store.due_pushes(host.app.engine_clock.now(), 10).await.unwrap();
        assert_eq!(
            (kept.len(), kept[0].webhook.url.as_str()),
            (1, format!("https://calls.example{hook}?try=1").as_str())
        );
        for path in [format!("/hooks/sources/{id}/wrong"), "/hooks/sources/nonsense/%FF".into()] {
            assert_eq!(host.hook(&path, Vec::new()).await.problem(), (404, "CE0005"), "{path}");
        }
    }
}
