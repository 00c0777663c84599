//! `GET /api/user/assistants` and `GET /api/user/assistant`: all of them, a bare list. `GET /api/user/assistants/outbound`: those
//! that call out. `GET /api/user/assistants/get`: by page number.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::Counted;

use super::shown::Shown;
use super::webhook::Webhooks;
use crate::api::hosted::caller::{Asked, Caller};
use crate::api::hosted::paginator::{self, Paginated, Place};
use crate::api::hosted::refusal::Refusal;
use crate::app::App;
use crate::auth::CampaignsRead;

/// Rows on a page when nobody says how many; this list has fewer than the others.
const USUAL: u32 = 10;

/// Lists the assistants, oldest first.
pub(crate) async fn list_assistants(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsRead>,
) -> Result<Json<Vec<Shown>>, Refusal> {
    let webhooks = Webhooks::seen(&app, &caller.key).await?;
    let known = app.store.assistants(caller.key.of()).await?;
    Ok(Json(Shown::all(&webhooks, known)))
}

/// Lists the assistants that call out, oldest first.
pub(crate) async fn list_outbound(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsRead>,
) -> Result<Json<Vec<Shown>>, Refusal> {
    let webhooks = Webhooks::seen(&app, &caller.key).await?;
    let known = app.store.assistants(caller.key.of()).await?;
    Ok(Json(Shown::all(&webhooks, known.into_iter().filter(|assistant| assistant.config.outbound))))
}

/// Lists the assistants by page number, oldest first.
pub(crate) async fn page_assistants(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsRead>,
    Asked(mut given): Asked,
) -> Result<Json<Paginated<Shown>>, Refusal> {
    let path = format!("{}/api/user/assistants/get", app.config.public_url);
    let place = Place::of(path, &given, &["per_page"]);
    let asked = paginator::Asked::read(&mut given, USUAL);
    given.finish()?;
    let webhooks = Webhooks::seen(&app, &caller.key).await?;
    let known = app.store.assistants(caller.key.of()).await?;
    let (total, slice) = (known.len() as u64, asked.slice());
    let before = usize::try_from(slice.offset).unwrap_or(usize::MAX);
    let rows = Shown::all(&webhooks, known.into_iter().skip(before).take(slice.limit as usize));
    Ok(Json(Paginated::of(&place, asked, Counted { rows, total })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn lists_come_bare_and_by_page() {
        let host = Host::new().await;
        let silent = host.assistant().await;
        host.assistant().await;
        host.patch(Some(&host.live), &format!("/v1/assistants/{silent}"), json!({"outbound": false})).await;
        for path in ["/api/user/assistants", "/api/user/assistant"] {
            let all = host.get(Some(&host.live), path).await;
            assert_eq!((all.status, all.body.as_array().map(Vec::len)), (200, Some(2)), "{path}");
            assert_eq!((&all.body[0]["type"], &all.body[1]["type"]), (&"inbound".into(), &"outbound".into()));
        }
        let outbound = host.get(Some(&host.live), "/api/user/assistants/outbound").await;
        assert_eq!(outbound.body.as_array().map(Vec::len), Some(1));
        let second = host.get(Some(&host.live), "/api/user/assistants/get?per_page=1&page=2").await;
        assert_eq!((&second.body["total"], &second.body["data"][0]), (&2.into(), &outbound.body[0]));
        assert_eq!(host.get(Some(&host.live), "/api/user/assistants/get").await.body["per_page"], 10);
        let beyond = host.get(Some(&host.live), "/api/user/assistants/get?page=9").await;
        assert_eq!((beyond.status, &beyond.body["data"]), (200, &json!([])));
        assert_eq!(host.get(Some(&host.live), "/api/user/assistants/get?per_page=101").await.status, 422);
        assert_eq!(host.get(Some(&host.stranger), "/api/user/assistants").await.body, json!([]));
    }
}
