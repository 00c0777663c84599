//! `PATCH /v1/leads/{id}`: its data, and "call again" or "stop" by hand.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::LeadId;
use campanile_domain::ports::store::{Lead, LeadPatch};

use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::leads as schema;

/// Changes a lead. Variables are merged; `status` is `created` (call again) or `completed` (stop).
#[utoipa::path(patch, path = "/v1/leads/{id}", tag = "leads", params(("id" = String, Path, description = "`lead_...`")),
    request_body(content = schema::LeadPatch, example = json!({"variables": {"first_name": "Anna"}, "priority": 5})),
    responses((status = 200, body = schema::Lead)), security(("key" = ["leads:write"])))]
pub(crate) async fn patch_lead(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<LeadId>,
    Body(patch): Body<LeadPatch>,
) -> Result<Json<Lead>, Problem> {
    change(&app, &key, id, patch).await.map(Json)
}

/// Changes a lead and tells the engine.
pub(crate) async fn change(app: &App, key: &Key<LeadsWrite>, id: LeadId, patch: LeadPatch) -> Result<Lead, Problem> {
    let set_status = patch.status.is_some();
    let lead = app.store.patch_lead(&key.writes(app), id, patch).await?;
    if set_status {
        // "Call again" may have reopened a completed campaign.
        app.engine.campaign_changed(lead.campaign_key);
    }
    app.engine.leads_changed(lead.campaign_key);
    Ok(lead)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn variables_merge_and_a_hand_stops_and_calls_again() {
        let host = Host::new().await;
        let id = host.lead(&host.campaign().await, "+14155552671").await;
        let path = format!("/v1/leads/{id}");
        host.patch(Some(&host.live), &path, json!({"variables": {"a": 1, "b": 2}})).await;
        let merged = host.patch(Some(&host.live), &path, json!({"variables": {"b": 3}, "priority": 7})).await;
        assert_eq!((merged.status, &merged.body["variables"]), (200, &json!({"a": 1, "b": 3})));
        assert_eq!(merged.body["priority"], 7);
        let stopped = host.patch(Some(&host.live), &path, json!({"status": "completed"})).await;
        assert_eq!((&stopped.body["status"], &stopped.body["reason"]), (&"completed".into(), &"by_hand".into()));
        let again = host.patch(Some(&host.live), &path, json!({"status": "created"})).await;
        assert_eq!((&again.body["status"], &again.body["era"]), (&"created".into(), &2.into()));
    }

    #[tokio::test]
    async fn a_suppressed_lead_is_not_called_again() {
        let host = Host::new().await;
        let id = host.lead(&host.campaign().await, "+14155552671").await;
        host.suppress("+14155552671").await;
        let path = format!("/v1/leads/{id}");
        host.patch(Some(&host.live), &path, json!({"status": "completed"})).await;
        let answer = host.patch(Some(&host.live), &path, json!({"status": "created"})).await;
        assert_eq!((answer.problem(), answer.codes()), ((409, "CE0015"), vec!["lead_suppressed".to_owned()]));
    }

    #[tokio::test]
    async fn other_statuses_are_not_a_hands_to_set() {
        let host = Host::new().await;
        let id = host.lead(&host.campaign().await, "+14155552671").await;
        let patch = json!({"status": "max_retries", "phone": "1"});
        let answer = host.patch(Some(&host.live), &format!("/v1/leads/{id}"), patch).await;
        let mut pointers = answer.pointers();
        pointers.sort();
        assert_eq!((answer.problem(), pointers), ((422, "CE0007"), vec!["/phone".to_owned(), "/status".to_owned()]));
    }
}
