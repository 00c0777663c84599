//! `GET /v1/campaigns/{id}/explain`: how many leads wait at which gate, and which gates hold for all of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::explain::{Explained, explain};
use campanile_domain::gate::{Gate, Verdict};
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{Campaign, GateCount, LiveFacts, Tenant};
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use serde::Serialize;
use utoipa::ToSchema;

use super::standing;
use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::codes;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::explain as schema;

/// Why the leads of a campaign are not being called.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignExplanation {
    /// The instant that the answer is about.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Every gate that holds for all leads is open.
    open: bool,
    /// The gates that hold for all leads alike, calling hours among them.
    #[schema(value_type = Vec<schema::Explained>)]
    gates: Vec<Explained>,
    /// How many leads wait at which of their own gates.
    #[schema(value_type = Vec<schema::GateCount>)]
    leads: Vec<GateCount>,
}

/// Says which gates hold a campaign back, and how many leads wait at which of their own.
#[utoipa::path(get, path = "/v1/campaigns/{id}/explain", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = CampaignExplanation)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn explain_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Id(id): Id<CampaignId>,
) -> Result<Json<CampaignExplanation>, Problem> {
    let campaign = app.store.campaign(key.of(), id).await?;
    let at = app.engine_clock.now();
    let leads = app.store.gate_counts(key.of(), id, at).await?;
    let live = app.engine.live_facts(campaign.key).await;
    let live =
        live.ok_or_else(|| Problem::new(&codes::NOT_READY, "the engine is starting or shutting down; ask again"))?;
    let quarantine = standing::quarantine(&app, &campaign).await?;
    let gates = gates(&campaign, &key.tenant, (&live, quarantine), at)?;
    let open = gates.iter().all(|gate| gate.verdict.is_pass());
    Ok(Json(CampaignExplanation { at, open, gates, leads }))
}

/// A lead that nothing of its own holds back shows what holds back all.
fn gates(
    campaign: &Campaign,
    tenant: &Tenant,
    live: (&LiveFacts, Verdict),
    now: Timestamp,
) -> Result<Vec<Explained>, Problem> {
    let zone = campaign.config.time_zone.clone().unwrap_or_else(Zone::utc);
    let facts = standing::facts((campaign, &zone), tenant, live, campaign.status, now)?;
    let for_all = |gate: &Explained| gate.scope == "campaign" || gate.gate == Gate::CallingHours.code();
    Ok(explain(&facts, now).gates.into_iter().filter(for_all).collect())
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn the_gates_of_all_leads_and_the_counts_of_each() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        let answer = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/explain")).await;
        assert_eq!((answer.status, &answer.body["open"]), (200, &false.into()), "{}", answer.text);
        let gates = answer.body["gates"].as_array().unwrap();
        let verdict = |code: &str| gates.iter().find(|gate| gate["gate"] == code).map(|gate| gate["verdict"].clone());
        assert_eq!(verdict("campaign_running"), Some("wait".into()), "it is a draft");
        assert_eq!(verdict("calling_hours"), Some("pass".into()), "Monday morning in New York");
        assert_eq!(verdict("lead_status"), None);
        assert_eq!(
            answer.body["leads"].as_array().unwrap().iter().map(|gate| gate["leads"].as_u64().unwrap()).sum::<u64>(),
            1
        );
    }

    #[tokio::test]
    async fn without_an_engine_nobody_knows() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/explain", host.campaign().await);
        host.app.engine.drain().await;
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (503, "CE0019"));
    }
}
