//! `POST /v1/campaigns/{id}/stop`: no new dial, and live calls are hung up.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::campaign::Verb;
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::Campaign;

use super::tagged::Tagged;
use super::verb::run;
use crate::app::App;
use crate::auth::{CampaignsWrite, Key};
use crate::body::Empty;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::campaigns as schema;

/// Stops a campaign: no new dial, and calls under way are hung up.
#[utoipa::path(post, path = "/v1/campaigns/{id}/stop", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = schema::Campaign)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn stop_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    _: Empty,
) -> Result<Tagged<Campaign>, Problem> {
    run(&app, &key, id, Verb::Stop).await
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_stop_is_a_pause_with_its_own_reason() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        let path = format!("/v1/campaigns/{campaign}");
        host.post_empty(Some(&host.live), &format!("{path}/start")).await;
        let stopped = host.post_empty(Some(&host.live), &format!("{path}/stop")).await;
        assert_eq!((stopped.status, &stopped.body["status"]), (200, &"paused".into()));
        assert_eq!(stopped.body["status_reason"]["code"], "stop");
    }

    #[tokio::test]
    async fn a_draft_is_not_stopped() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/stop", host.campaign().await);
        assert_eq!(host.post_empty(Some(&host.live), &path).await.problem(), (409, "CE0013"));
    }
}
