//! `DELETE /v1/leads/{id}`: a lead is called no more and shown no more; its calls stay.
//!
//! Refused while a call is under way, rather than done later: somebody who reads 204 must not hear the phone ring.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::LeadId;
use http::StatusCode;

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::path::Id;
use crate::problem::Problem;

/// Deletes a lead with its contacts and variables. It is in no list and no count of leads any more, its phone and its external
/// id are free for another lead, and no source brings it back. Its past calls stay readable and counted, and the gaps and
/// caps of its phone still count them.
#[utoipa::path(delete, path = "/v1/leads/{id}", tag = "leads", params(("id" = String, Path, description = "`lead_...`")),
    responses((status = 204, description = "It is gone"), (status = 409, description = "A call of it is not over")),
    security(("key" = ["leads:write"])))]
pub(crate) async fn delete_lead(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<LeadId>,
) -> Result<StatusCode, Problem> {
    remove(&app, &key, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a lead and tells the engine.
pub(crate) async fn remove(app: &App, key: &Key<LeadsWrite>, id: LeadId) -> Result<(), Problem> {
    let campaign = app.store.delete_lead(&key.writes(app), id).await?;
    // It may have been the last one that could be called.
    app.engine.campaign_changed(campaign);
    app.engine.leads_changed(campaign);
    Ok(())
}

#[cfg(test)]
mod tests {
    use campanile_domain::ports::store::{ClaimRequest, Fence};
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_lead_that_nobody_called_is_gone_and_its_phone_and_id_are_free() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/campaigns/{campaign}/leads");
        let body = json!({"phone": "+14155552671", "external_id": "crm-1"});
        let made = host.post(Some(&host.live), &path, body.clone()).await;
        let lead = format!("/v1/leads/{}", made.body["id"].as_str().unwrap());
        assert_eq!(host.delete(Some(&host.live), &lead).await.status, 204);
        assert_eq!(host.delete(Some(&host.live), &lead).await.problem(), (404, "CE0004"));
        assert_eq!(host.get(Some(&host.live), &lead).await.problem(), (404, "CE0004"));
        let again = host.post(Some(&host.live), &path, body).await;
        assert_eq!(again.status, 201, "{}", again.text);
        assert_ne!(again.body["id"], made.body["id"]);
    }

    #[tokio::test]
    async fn a_called_lead_is_hidden_everywhere_and_its_call_stays() {
        let host = Host::new().await;
        let (lead, call) = host.called_lead().await;
        let path = format!("/v1/leads/{lead}");
        let campaign = host.get(Some(&host.live), &path).await.body["campaign"].as_str().unwrap().to_owned();
        let stats = format!("/v1/campaigns/{campaign}/stats");
        let before = host.get(Some(&host.live), &stats).await.body;
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 204);
        for under in ["", "/timeline", "/explain"] {
            let read = host.get(Some(&host.live), &format!("{path}{under}")).await;
            assert_eq!(read.problem(), (404, "CE0004"), "{under}");
        }
        assert_eq!(host.patch(Some(&host.live), &path, json!({"status": "created"})).await.status, 404);
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 404);
        for list in
            [format!("/v1/campaigns/{campaign}/leads"), "/v1/leads".into(), "/v1/leads?phone=%2B14155552671".into()]
        {
            assert_eq!(host.get(Some(&host.live), &list).await.body["data"], json!([]), "{list}");
        }
        let after = host.get(Some(&host.live), &stats).await.body;
        assert_eq!((&after["leads"], &after["by_status"]), (&0.into(), &json!({})));
        for kept in ["attempts", "answered_by", "talk_ms", "cost_micros", "last_call_at"] {
            assert_eq!(after[kept], before[kept], "{kept}");
        }
        let read = host.get(Some(&host.live), &format!("/v1/calls/{call}")).await;
        assert_eq!((read.status, &read.body["lead"]), (200, &lead.as_str().into()), "{}", read.text);
        let of_it = host.get(Some(&host.live), &format!("/v1/calls?lead={lead}")).await;
        assert_eq!(of_it.body["data"][0]["id"], call.as_str());
        let again = host.lead(&campaign, "+14155552671").await;
        assert_ne!(again, lead);
    }

    #[tokio::test]
    async fn while_a_call_is_under_way_it_stays() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let lead = host.lead(&campaign, "+14155552671").await;
        host.post_empty(Some(&host.live), &format!("/v1/campaigns/{campaign}/start")).await;
        let (tenant, store) = (host.tenant_key().await, &host.app.store);
        let key = store.campaign(tenant, campaign.parse().unwrap()).await.unwrap().key;
        let ctx = host.app.context(tenant);
        let claim = store.claim(&ctx, Fence::SOLE, ClaimRequest { campaign: key, slots: 1 }).await.unwrap();
        let path = format!("/v1/leads/{lead}");
        let refused = host.delete(Some(&host.live), &path).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["lead_in_call".to_owned()]));
        assert!(refused.text.contains(&claim.orders[0].open.id.to_string()), "{}", refused.text);
        assert_eq!(host.get(Some(&host.live), &path).await.body["status"], "processing");
    }
}
