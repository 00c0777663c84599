//! `GET /v1/leads/{id}/explain`: why a lead is not being called now, and when it will be.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::explain::{Explained, explain};
use campanile_domain::ids::{CallId, CampaignId, LeadId};
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::explain_facts;
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::codes;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::explain as schema;

/// Why a lead is not being called.
#[derive(Serialize, ToSchema)]
pub(crate) struct LeadExplanation {
    /// `lead_...`
    #[schema(value_type = String)]
    lead: LeadId,
    /// `cmp_...`
    #[schema(value_type = String)]
    campaign: CampaignId,
    /// The instant that the answer is about.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Every gate is open: only a turn is missing.
    callable_now: bool,
    /// The first gate that is closed.
    blocked_by: Option<&'static str>,
    /// The earliest instant at which the lead could be called; null when no clock brings it.
    #[schema(value_type = Option<String>, format = DateTime)]
    earliest: Option<Timestamp>,
    /// `earliest` also needs something that has no instant: see the gates whose verdict is `wait`.
    conditional: bool,
    /// The phone that would be dialled.
    #[schema(value_type = Option<String>)]
    phone: Option<Phone>,
    /// A call of this lead that is under way.
    #[schema(value_type = Option<String>)]
    open_call: Option<CallId>,
    /// Every gate, in order.
    #[schema(value_type = Vec<schema::Explained>)]
    gates: Vec<Explained>,
}

/// Says why a lead is not being called now, gate by gate, and the earliest instant at which it could be.
#[utoipa::path(get, path = "/v1/leads/{id}/explain", tag = "leads", params(("id" = String, Path, description = "`lead_...`")),
    responses((status = 200, body = LeadExplanation)), security(("key" = ["leads:read"])))]
pub(crate) async fn explain_lead(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Id(id): Id<LeadId>,
) -> Result<Json<LeadExplanation>, Problem> {
    let at = app.engine_clock.now();
    let facts = app.store.explain_facts(key.of(), id, at).await?;
    let live = app.engine.live_facts(facts.campaign.key).await;
    let live =
        live.ok_or_else(|| Problem::new(&codes::NOT_READY, "the engine is starting or shutting down; ask again"))?;
    let zone = facts.campaign.config.time_zone.clone().unwrap_or_else(Zone::utc);
    let said = explain(&explain_facts(&facts, &zone, &live), at);
    Ok(Json(LeadExplanation {
        lead: id,
        campaign: facts.campaign.id,
        at,
        callable_now: said.callable_now,
        blocked_by: said.blocked_by,
        earliest: said.earliest,
        conditional: said.conditional,
        phone: said.phone,
        open_call: facts.open_call,
        gates: said.gates,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn the_first_closed_gate_and_the_earliest_instant() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let lead = host.lead(&campaign, "+14155552671").await;
        let path = format!("/v1/leads/{lead}/explain");
        let draft = host.get(Some(&host.live), &path).await;
        assert_eq!((draft.status, &draft.body["blocked_by"]), (200, &"campaign_running".into()), "{}", draft.text);
        host.post_empty(Some(&host.live), &format!("/v1/campaigns/{campaign}/start")).await;
        let open = host.get(Some(&host.live), &path).await;
        assert_eq!(
            (&open.body["callable_now"], &open.body["phone"]),
            (&true.into(), &"+14155552671".into()),
            "{}",
            open.text
        );
        assert_eq!(open.body["gates"].as_array().map(Vec::len), Some(21));
        let later = json!({"not_before": "2026-03-02T20:00:00Z"});
        host.patch(Some(&host.live), &format!("/v1/leads/{lead}"), later).await;
        let waits = host.get(Some(&host.live), &path).await;
        assert_eq!(
            (&waits.body["blocked_by"], &waits.body["earliest"]),
            (&"lead_not_before".into(), &"2026-03-02T20:00:00Z".into())
        );
    }

    #[tokio::test]
    async fn without_an_engine_nobody_knows() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/leads/{}/explain", host.lead(&campaign, "+14155552671").await);
        host.app.engine.drain().await;
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (503, "CE0019"));
    }
}
