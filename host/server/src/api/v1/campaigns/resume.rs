//! `POST /v1/campaigns/{id}/resume`: goes on after a pause or an end.

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

/// Goes on with a paused or completed campaign. Every start check has to hold; 409 lists all that do not.
#[utoipa::path(post, path = "/v1/campaigns/{id}/resume", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = schema::Campaign)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn resume_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    _: Empty,
) -> Result<Tagged<Campaign>, Problem> {
    run(&app, &key, id, Verb::Resume).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_pause_is_left_and_a_draft_is_not_resumed() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        let path = format!("/v1/campaigns/{campaign}");
        let draft = host.post_empty(Some(&host.live), &format!("{path}/resume")).await;
        assert_eq!(draft.problem(), (409, "CE0013"));
        for (verb, status) in [("start", "in_progress"), ("pause", "paused"), ("resume", "in_progress")] {
            let answer = host.post_empty(Some(&host.live), &format!("{path}/{verb}")).await;
            assert_eq!((answer.status, &answer.body["status"]), (200, &status.into()), "{verb}");
        }
    }

    #[tokio::test]
    async fn start_checks_hold_again() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        let path = format!("/v1/campaigns/{campaign}");
        for verb in ["start", "pause"] {
            host.post_empty(Some(&host.live), &format!("{path}/{verb}")).await;
        }
        let assistant = host.get(Some(&host.live), &path).await.body["assistant"].as_str().unwrap().to_owned();
        host.patch(Some(&host.live), &format!("/v1/assistants/{assistant}"), json!({"outbound": false})).await;
        let refused = host.post_empty(Some(&host.live), &format!("{path}/resume")).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0012"), vec!["assistant_not_outbound".to_owned()]));
    }
}
