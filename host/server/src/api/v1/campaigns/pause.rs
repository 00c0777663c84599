//! `POST /v1/campaigns/{id}/pause`: drains; nobody who is on the phone is cut off.

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

/// Pauses a campaign: no new dial; calls under way finish and are settled.
#[utoipa::path(post, path = "/v1/campaigns/{id}/pause", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = schema::Campaign)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn pause_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    _: Empty,
) -> Result<Tagged<Campaign>, Problem> {
    run(&app, &key, id, Verb::Pause).await
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_pause_says_why_and_a_second_one_changes_nothing() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        let path = format!("/v1/campaigns/{campaign}");
        assert_eq!(host.post_empty(Some(&host.live), &format!("{path}/pause")).await.problem(), (409, "CE0013"));
        host.post_empty(Some(&host.live), &format!("{path}/start")).await;
        let paused = host.post_empty(Some(&host.live), &format!("{path}/pause")).await;
        assert_eq!(
            (&paused.body["status"], &paused.body["status_reason"]["code"]),
            (&"paused".into(), &"pause".into())
        );
        let again = host.post_empty(Some(&host.live), &format!("{path}/pause")).await;
        assert_eq!((again.status, &again.body["revision"]), (200, &paused.body["revision"]));
    }
}
