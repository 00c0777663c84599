//! `POST /hooks/sources/{id}/{token}`: what another system pushes.
//!
//! As with [`super::gateways`]: token, size, durable, 2xx; only then does the importer verify and read it.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use campanile_domain::ids::SourceId;
use http::StatusCode;

use super::incoming;
use crate::app::App;
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
    let Ok(id) = id.parse::<SourceId>() else { return Err(no_such_path().await) };
    let found = app.store.source_by_id(id).await;
    let Some(source) = incoming::owner(found, |source| &source.hook_token, &token)? else {
        return Err(no_such_path().await);
    };
    let webhook = incoming::webhook(&app, request).await?;
    app.store.put_push(app.engine_clock.now(), source.key, webhook).await?;
    app.sources.due();
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use campanile_domain::ports::gateway::Webhook;

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

    #[tokio::test]
    async fn what_cannot_be_kept_is_refused() {
        let host = Host::new().await;
        let (id, hook) = host.source_with_hook().await;
        assert_eq!(host.hook(&hook, vec![0; (1 << 20) + 1]).await.problem(), (413, "CE0010"));
        assert_eq!(host.broken_hook(&hook).await.problem(), (400, "CE0008"));
        let (store, now) = (&host.app.store, host.app.engine_clock.now());
        let source = store.source_by_id(id.parse().unwrap()).await.unwrap().key;
        let push =
            || Webhook { method: "POST".into(), url: hook.clone(), headers: vec![], body: vec![], received_at: now };
        // As many as may wait.
        let all = (0..10_000).map(|_| store.put_push(now, source, push()));
        futures::future::try_join_all(all).await.unwrap();
        let full = host.hook(&hook, b"{}".to_vec()).await;
        assert_eq!((full.problem(), full.codes()), ((409, "CE0015"), vec!["too_many_waiting".to_owned()]));
    }
}
