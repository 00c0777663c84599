//! `GET /api/user/campaigns`: all of them, a bare list.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::campaign::CampaignKind;
use campanile_domain::ports::store::Page;

use super::shown::Shown;
use crate::api::hosted::caller::Caller;
use crate::api::hosted::refusal::Refusal;
use crate::app::App;
use crate::auth::CampaignsRead;

/// Lists the campaigns, newest first.
pub(crate) async fn list_campaigns(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsRead>,
) -> Result<Json<Vec<Shown>>, Refusal> {
    let mut page = Page { cursor: None, limit: 200 };
    let mut campaigns = Vec::new();
    loop {
        let listed = app.store.campaigns(caller.key.of(), Some(CampaignKind::Campaign), None, &page).await?;
        campaigns.extend(listed.data.into_iter().map(Shown::from));
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(Json(campaigns)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn all_are_listed_without_pages_and_only_ones_own() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}", host.campaign().await);
        let assistant = host.get(Some(&host.live), &path).await.body["assistant"].clone();
        for number in 0..201 {
            let body = json!({"assistant": assistant, "name": format!("Spring {number}")});
            assert_eq!(host.post(Some(&host.live), "/v1/campaigns", body).await.status, 201);
        }
        let listed = host.get(Some(&host.live), "/api/user/campaigns").await;
        assert_eq!((listed.status, listed.body.as_array().map(Vec::len)), (200, Some(202)));
        assert_eq!(listed.body[0]["name"], "Spring 200");
        assert_eq!(host.get(Some(&host.stranger), "/api/user/campaigns").await.body, json!([]));
        assert_eq!(host.get(Some(&host.test), "/api/user/campaigns?page=2").await.body, json!([]));
    }
}
