//! `DELETE /api/user/campaign/{id}`: a campaign is gone with its leads; its calls stay.
//!
//! One that runs is stopped first, as on those platforms. Calls that are on the phone are hung up by that, but it takes a moment:
//! as long as one is not over the deletion is refused, and the campaign stands stopped.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::campaign::{CampaignState, Verb};
use serde_json::{Value, json};

use crate::api::hosted::caller::{Caller, Number};
use crate::api::hosted::campaigns;
use crate::api::hosted::refusal::Refusal;
use crate::api::v1::campaigns::delete::clear;
use crate::api::v1::campaigns::verb::act;
use crate::app::App;
use crate::auth::CampaignsWrite;

/// Stops a campaign that runs, and deletes it.
pub(crate) async fn delete_campaign(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsWrite>,
    Number(number): Number,
) -> Result<Json<Value>, Refusal> {
    let campaign = campaigns::of(&app, caller.key.of(), number).await?;
    if campaign.status == CampaignState::InProgress {
        act(&app, &caller.key, campaign.id, Verb::Stop).await?;
    }
    let gone = app.store.delete_campaign(&caller.key.writes(&app), campaign.id, None).await?;
    clear(&app, &gone);
    Ok(Json(json!({"message": "The campaign was deleted."})))
}

#[cfg(test)]
mod tests {
    use campanile_domain::ports::store::{ClaimRequest, Fence};
    use serde_json::{Value, json};

    use crate::testing::Host;

    async fn number(host: &Host) -> Value {
        host.get(Some(&host.live), "/api/user/campaigns").await.body[0]["id"].clone()
    }

    #[tokio::test]
    async fn a_campaign_that_runs_is_stopped_and_gone_with_its_leads_and_its_calls_stay() {
        let host = Host::new().await;
        host.called_lead().await;
        let (number, before) = (number(&host).await, host.get(Some(&host.live), "/api/user/calls").await.body);
        let lead = host.get(Some(&host.live), "/api/user/leads").await.body["data"][0]["id"].clone();
        let path = format!("/api/user/campaign/{number}");
        let gone = host.delete(Some(&host.live), &path).await;
        assert_eq!((gone.status, gone.body["message"].is_string()), (200, true), "{}", gone.text);
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 404);
        assert_eq!(host.get(Some(&host.live), "/api/user/campaigns").await.body, json!([]));
        for query in [String::new(), format!("?campaign_id={number}"), "?phone_number=415".into()] {
            let leads = host.get(Some(&host.live), &format!("/api/user/leads{query}")).await.body;
            assert_eq!((&leads["total"], &leads["data"]), (&0.into(), &json!([])), "{query}");
        }
        assert_eq!(
            host.send(Some(&host.live), "PUT", &format!("/api/leads/{lead}"), Some(json!({}))).await.status,
            404
        );
        let start = json!({"campaign_id": number, "action": "start"});
        assert_eq!(host.post(Some(&host.live), "/api/user/campaigns/update-status", start).await.status, 404);
        let calls = host.get(Some(&host.live), "/api/user/calls").await.body;
        assert_eq!((&calls["total"], &calls["data"][0]["id"]), (&1.into(), &before["data"][0]["id"]));
        let of_it = host.get(Some(&host.live), &format!("/api/user/calls?campaign_id={number}")).await;
        assert_eq!(of_it.body["total"], 0);
    }

    #[tokio::test]
    async fn while_somebody_is_on_the_phone_it_stands_stopped() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        host.post_empty(Some(&host.live), &format!("/v1/campaigns/{campaign}/start")).await;
        let (tenant, store) = (host.tenant_key().await, &host.app.store);
        let key = store.campaign(tenant, campaign.parse().unwrap()).await.unwrap().key;
        let ctx = host.app.context(tenant);
        store.claim(&ctx, Fence::SOLE, ClaimRequest { campaign: key, slots: 1 }).await.unwrap();
        let refused = host.delete(Some(&host.live), &format!("/api/user/campaign/{}", number(&host).await)).await;
        assert_eq!((refused.status, refused.body["message"].is_string()), (409, true), "{}", refused.text);
        assert_eq!(host.get(Some(&host.live), "/api/user/campaigns").await.body[0]["status"], "stopped");
    }
}
