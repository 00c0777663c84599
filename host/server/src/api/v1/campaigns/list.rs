//! `GET /v1/campaigns`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::campaign::{CampaignKind, CampaignState};
use campanile_domain::ports::store::{Campaign, Listed};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::paging::page;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Which campaigns.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CampaignsQuery {
    /// `draft`, `in_progress`, `paused` or `completed`.
    #[param(value_type = Option<String>, pattern = "^(draft|in_progress|paused|completed)$")]
    status: Option<CampaignState>,
    /// `campaign` if it is left out; `single_calls` or `single_calls_at_any_hour` for those that hold an assistant's single calls.
    #[param(value_type = Option<String>, pattern = "^(campaign|single_calls|single_calls_at_any_hour)$")]
    kind: Option<CampaignKind>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the campaigns, newest first.
#[utoipa::path(get, path = "/v1/campaigns", tag = "campaigns", params(CampaignsQuery),
    responses((status = 200, body = schema::Listed<schema::campaigns::Campaign>)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn list_campaigns(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Query(query): Query<CampaignsQuery>,
) -> Result<Json<Listed<Campaign>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    Ok(Json(app.store.campaigns(key.of(), Some(query.kind.unwrap_or_default()), query.status, &page).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn newest_first_by_status_and_page() {
        let host = Host::new().await;
        let (old, new) = (host.campaign().await, host.campaign().await);
        let first = host.get(Some(&host.live), "/v1/campaigns?limit=1").await;
        assert_eq!((first.status, &first.body["data"][0]["id"]), (200, &new.as_str().into()));
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let second = host.get(Some(&host.live), &format!("/v1/campaigns?limit=1&cursor={cursor}")).await;
        assert_eq!(second.body["data"][0]["id"], old.as_str());
        let paused = host.get(Some(&host.live), "/v1/campaigns?status=paused").await;
        assert_eq!(paused.body["data"].as_array().map(Vec::len), Some(0));
        let wrong = host.get(Some(&host.live), "/v1/campaigns?status=running").await;
        assert_eq!((wrong.problem(), wrong.pointers()), ((400, "CE0011"), vec!["?status".to_owned()]));
        let strange = host.get(Some(&host.live), "/v1/campaigns?cursor=nonsense").await;
        assert_eq!(strange.problem(), (400, "CE0011"));
    }
}
