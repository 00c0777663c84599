//! `DELETE /api/user/leads/{id}` and `DELETE /api/leads/{id}`: a lead is called no more and shown no more; its calls stay.
//!
//! While a call of it is under way it is refused: nobody reads "deleted" and hears the phone ring.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::api::hosted::caller::{Caller, Number};
use crate::api::hosted::leads;
use crate::api::hosted::refusal::Refusal;
use crate::api::v1::leads::delete::remove;
use crate::app::App;
use crate::auth::LeadsWrite;

/// Deletes a lead.
pub(crate) async fn delete_lead(
    State(app): State<Arc<App>>,
    caller: Caller<LeadsWrite>,
    Number(number): Number,
) -> Result<Json<Value>, Refusal> {
    let lead = leads::of(&app, caller.key.of(), number).await?.lead;
    remove(&app, &caller.key, lead.id).await?;
    Ok(Json(json!({"message": "The lead was deleted."})))
}

#[cfg(test)]
mod tests {
    use campanile_domain::ports::store::{ClaimRequest, Fence};

    use crate::testing::Host;

    #[tokio::test]
    async fn a_lead_is_gone_on_either_path_and_its_calls_stay() {
        let host = Host::new().await;
        host.called_lead().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552672").await;
        let leads = host.get(Some(&host.live), "/api/user/leads").await.body;
        let path = |prefix: &str, index: usize| format!("{prefix}/{}", leads["data"][index]["id"]);
        for path in [path("/api/user/leads", 0), path("/api/leads", 1)] {
            let gone = host.delete(Some(&host.live), &path).await;
            assert_eq!((gone.status, gone.body["message"].is_string()), (200, true), "{}", gone.text);
            assert_eq!(host.delete(Some(&host.live), &path).await.status, 404);
        }
        for query in ["", "?status=completed", "?phone_number=415", "?date_from=2026-01-01"] {
            let listed = host.get(Some(&host.live), &format!("/api/user/leads{query}")).await;
            assert_eq!(
                (&listed.body["total"], listed.body["data"].as_array().map(Vec::len)),
                (&0.into(), Some(0)),
                "{query}"
            );
        }
        let calls = host.get(Some(&host.live), "/api/user/calls").await.body;
        assert_eq!((&calls["total"], &calls["data"][0]["client_phone_number"]), (&1.into(), &"+14155552671".into()));
    }

    #[tokio::test]
    async fn while_a_call_is_under_way_it_stays() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        host.post_empty(Some(&host.live), &format!("/v1/campaigns/{campaign}/start")).await;
        let (tenant, store) = (host.tenant_key().await, &host.app.store);
        let key = store.campaign(tenant, campaign.parse().unwrap()).await.unwrap().key;
        let ctx = host.app.context(tenant);
        store.claim(&ctx, Fence::SOLE, ClaimRequest { campaign: key, slots: 1 }).await.unwrap();
        let lead = host.get(Some(&host.live), "/api/user/leads?status=processing").await.body["data"][0]["id"].clone();
        let refused = host.delete(Some(&host.live), &format!("/api/leads/{lead}")).await;
        assert_eq!((refused.status, refused.body["message"].is_string()), (409, true), "{}", refused.text);
        assert_eq!(host.get(Some(&host.live), "/api/user/leads").await.body["total"], 1);
    }
}
