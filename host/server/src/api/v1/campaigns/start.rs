//! `POST /v1/campaigns/{id}/start`: begins calling, when every start check holds.

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

/// Starts a campaign, or goes on with a paused or completed one. Every start check has to hold; 409 lists all that do not.
#[utoipa::path(post, path = "/v1/campaigns/{id}/start", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = schema::Campaign)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn start_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    _: Empty,
) -> Result<Tagged<Campaign>, Problem> {
    run(&app, &key, id, Verb::Start).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_campaign_with_a_lead_starts_once() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        let path = format!("/v1/campaigns/{campaign}/start");
        let started = host.post_empty(Some(&host.live), &path).await;
        assert_eq!((started.status, &started.body["status"]), (200, &"in_progress".into()), "{}", started.text);
        let again = host.post_empty(Some(&host.live), &path).await;
        assert_eq!((again.status, &again.body["revision"]), (200, &started.body["revision"]));
    }

    #[tokio::test]
    async fn a_wish_that_nobody_reads_starts_nothing() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        let path = format!("/v1/campaigns/{campaign}/start");
        let answer = host.post(Some(&host.live), &path, json!({"dry_run": true})).await;
        assert_eq!((answer.problem(), answer.pointers()), ((422, "CE0007"), vec!["/dry_run".to_owned()]));
        let answer = host.post_empty(Some(&host.live), &format!("{path}?dry_run=true")).await;
        assert_eq!((answer.problem(), answer.pointers()), ((400, "CE0011"), vec!["?dry_run".to_owned()]));
        assert_eq!(host.post(Some(&host.live), &path, json!({})).await.status, 200);
    }

    #[tokio::test]
    async fn every_start_check_that_fails_is_listed() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/campaigns/{campaign}");
        let assistant = host.get(Some(&host.live), &path).await.body["assistant"].as_str().unwrap().to_owned();
        let patch = json!({"outbound": false, "phone_numbers": []});
        host.patch(Some(&host.live), &format!("/v1/assistants/{assistant}"), patch).await;
        let answer = host.post_empty(Some(&host.live), &format!("{path}/start")).await;
        assert_eq!(answer.problem(), (409, "CE0012"));
        assert_eq!(answer.codes(), ["assistant_not_outbound", "no_caller_id", "no_callable_lead"]);
    }
}
