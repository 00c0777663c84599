//! `GET /v1/campaigns/{id}/preflight`: what a start would meet, before anybody is called.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::campaign::{CampaignState, StartCheck};
use campanile_domain::ids::CampaignId;
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use serde::Serialize;
use utoipa::ToSchema;

use super::look_ahead::{FirstCall, Leads, STARTED};
use super::reckoned::{Reckoned, reckoned};
use super::{standing, verb};
use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::codes;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::campaigns as schema;

/// What a start would meet.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preflight {
    /// The instant that the answer is about.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Where the campaign stands: `draft`, `in_progress`, `paused` or `completed`. One that runs is looked at as it would
    /// go on.
    #[schema(value_type = String)]
    status: CampaignState,
    /// Every check passes: `start` would not refuse.
    can_start: bool,
    /// Every start check, in order, those that pass among them. `start` refuses with exactly those that do not.
    #[schema(value_type = Vec<schema::StartCheck>)]
    checks: Vec<StartCheck>,
    /// Who would be called, who would wait where, and who never will be called.
    leads: Leads,
    /// When the first call could be; null when nobody can be called.
    first_call: Option<FirstCall>,
    /// How long it would take and what it would cost; null when nobody can be called.
    estimate: Option<Reckoned>,
}

/// Tells what a start would meet: every start check, where the leads would wait, when the first call could be, and how long
/// it would take and what it would cost. Nothing changes. The estimate is worked out from the account's past calls and lies
/// near what a rehearsal comes to; a rehearsal also shows how much may differ.
#[utoipa::path(get, path = "/v1/campaigns/{id}/preflight", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = Preflight)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn preflight_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Id(id): Id<CampaignId>,
) -> Result<Json<Preflight>, Problem> {
    let campaign = app.store.campaign(key.of(), id).await?;
    let at = app.engine_clock.now();
    let mut facts = app.store.start_facts(key.of(), id, at).await?;
    verb::look_outside(&app, &campaign, &mut facts).await?;
    let checks = campaign.config.start_checks(&facts);
    let live = app.engine.live_facts(campaign.key).await;
    let live =
        live.ok_or_else(|| Problem::new(&codes::NOT_READY, "the engine is starting or shutting down; ask again"))?;

    let zone = campaign.config.time_zone.clone().unwrap_or_else(Zone::utc);
    let quarantine = standing::quarantine(&app, &campaign).await?;
    let standing = |due| standing::facts((&campaign, &zone), &key.tenant, (&live, quarantine), STARTED, due);
    let now = standing(at)?;
    // A lead that expires before the doors open is as lost as one that has.
    let opens = campanile_domain::explain::earliest(&now, at).unwrap_or(at);
    let outlook = app.store.outlook(key.of(), id, opens).await?;
    let stats = app.store.stats(key.of(), id).await?;
    let leads = Leads::of(&stats, &outlook, app.store.gate_counts(key.of(), id, at).await?, &now, at);
    let first_call = leads.first(at, |due| standing(due).ok());
    let estimate = match first_call {
        Some(_) => reckoned(&app, &key.tenant, &campaign, outlook, at).await?,
        None => None,
    };
    let can_start = checks.iter().all(|check| check.passed);
    Ok(Json(Preflight { at, status: campaign.status, can_start, checks, leads, first_call, estimate }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    async fn preflight(host: &Host, campaign: &str) -> Value {
        let told = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/preflight")).await;
        assert_eq!(told.status, 200, "{}", told.text);
        told.body
    }

    fn failing(told: &Value) -> Vec<String> {
        let checks = told["checks"].as_array().unwrap().iter();
        checks
            .filter(|check| check["passed"] == false)
            .map(|check| check["code"].as_str().unwrap().to_owned())
            .collect()
    }

    #[tokio::test]
    async fn start_refuses_what_is_shown_failing_and_nothing_else() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/campaigns/{campaign}");
        let assistant = host.get(Some(&host.live), &path).await.body["assistant"].as_str().unwrap().to_owned();
        for (outbound, numbers, lead) in
            [(false, json!([]), false), (true, json!([]), true), (true, json!(["+14155552670"]), true)]
        {
            let patch = json!({"outbound": outbound, "phone_numbers": numbers});
            host.patch(Some(&host.live), &format!("/v1/assistants/{assistant}"), patch).await;
            if lead && host.get(Some(&host.live), &format!("{path}/stats")).await.body["leads"] == 0 {
                host.lead(&campaign, "+14155552671").await;
            }
            let told = preflight(&host, &campaign).await;
            let shown = failing(&told);
            let started = host.post_empty(Some(&host.live), &format!("{path}/start")).await;
            let refused = if started.status == 200 { Vec::new() } else { started.codes() };
            assert_eq!((shown.clone(), &told["can_start"]), (refused, &json!(shown.is_empty())));
        }
    }

    #[tokio::test]
    async fn leads_are_told_by_where_they_would_wait_and_why_they_never_will() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/campaigns/{campaign}");
        // On the list before they come in: a lead that is there already ends with its last number.
        host.suppress("+14155552671").await;
        host.suppress("+14155552672").await;
        for index in 0..10 {
            host.lead(&campaign, &format!("+1415555267{index}")).await;
        }
        let soon = json!({"phone": "+14155552690", "expires_at": "2026-03-02T15:30:00Z"});
        assert_eq!(host.post(Some(&host.live), &format!("{path}/leads"), soon).await.status, 201);
        let later = json!({"phone": "+14155552691", "not_before": "2026-03-05T15:00:00Z"});
        assert_eq!(host.post(Some(&host.live), &format!("{path}/leads"), later).await.status, 201);

        let told = preflight(&host, &campaign).await;
        assert_eq!((&told["leads"]["total"], &told["leads"]["callable"]), (&json!(12), &json!(10)), "{told:#}");
        assert_eq!(told["leads"]["never"], json!([{"reason": "contact_suppressed", "leads": 2}]));
        let waits = json!([{"gate": "ready", "leads": 9, "until": null},
            {"gate": "lead_not_before", "leads": 1, "until": "2026-03-05T15:00:00Z"}]);
        assert_eq!(told["leads"]["waiting"], waits);
        assert_eq!(told["first_call"], json!({"at": told["at"], "delayed_by": null, "conditional": false}));

        let hours = json!({"start": "12:00", "end": "13:00", "days": ["tuesday"]});
        assert_eq!(host.patch(Some(&host.live), &path, json!({"calling_hours": hours})).await.status, 200);
        let told = preflight(&host, &campaign).await;
        let never = json!([{"reason": "contact_suppressed", "leads": 2}, {"reason": "lead_expired", "leads": 1}]);
        assert_eq!(told["leads"]["never"], never, "it expires before the hours open");
        let opens = "2026-03-03T17:00:00Z";
        assert_eq!(told["leads"]["waiting"][0], json!({"gate": "calling_hours", "leads": 8, "until": opens}));
        assert_eq!(told["first_call"], json!({"at": opens, "delayed_by": "calling_hours", "conditional": false}));

        let ends = json!({"ends_at": "2026-03-03T16:00:00Z"});
        assert_eq!(host.patch(Some(&host.live), &path, ends).await.status, 200);
        let told = preflight(&host, &campaign).await;
        assert_eq!((&told["leads"]["callable"], &told["first_call"]), (&json!(0), &Value::Null), "{told:#}");
        assert!(told["leads"]["never"].as_array().unwrap().contains(&json!({"reason": "campaign_dates", "leads": 10})));
        assert_eq!(told["estimate"], Value::Null);
    }

    #[tokio::test]
    async fn an_estimate_says_what_it_rests_on() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        for index in 0..20 {
            host.lead(&campaign, &format!("+141555527{index:02}")).await;
        }
        let estimate = preflight(&host, &campaign).await["estimate"].clone();
        let rests = &estimate["rests_on"];
        assert_eq!(rests["people"], json!({"of": "nobody", "calls": 0}), "{estimate:#}");
        assert_eq!((&rests["slots"], &rests["leads_read"]), (&json!(3), &json!(20)));
        assert!(rests["assumptions"][1].as_str().unwrap().contains("100 tell how people behave"), "{estimate:#}");
        assert!((20..80).contains(&estimate["calls"].as_i64().unwrap()), "{estimate:#}");
        assert!(estimate["duration_ms"].as_i64().unwrap() > 0 && estimate["currency"].is_null(), "{estimate:#}");
    }

    #[tokio::test]
    async fn a_stranger_learns_nothing() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/preflight", host.campaign().await);
        assert_eq!(host.get(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
    }

    #[tokio::test]
    async fn without_an_engine_nobody_knows() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/preflight", host.campaign().await);
        host.app.engine.drain().await;
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (503, "CE0019"));
    }
}
