//! `GET /v1/campaigns/{id}/stats`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::Stats;

use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::campaigns as schema;

/// Counts leads by status and reason, attempts by outcome, and what it came to.
#[utoipa::path(get, path = "/v1/campaigns/{id}/stats", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = schema::Stats)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn campaign_stats(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Id(id): Id<CampaignId>,
) -> Result<Json<Stats>, Problem> {
    Ok(Json(app.store.stats(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn leads_are_counted_by_status() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        host.lead(&campaign, "+14155552672").await;
        let stats = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/stats")).await;
        assert_eq!((stats.status, &stats.body["leads"]), (200, &2.into()));
        assert_eq!(stats.body["by_status"]["created"][""], 2);
    }
}
