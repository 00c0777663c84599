//! `POST /v1/campaigns/{id}/leads`: one lead.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{Lead, LeadAdded};
use http::StatusCode;
use serde_json::Value;

use super::body::{LeadBody, read};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Object;
use crate::codes;
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::leads as schema;

/// Adds a lead to a campaign, or updates the one with the same external id.
#[utoipa::path(post, path = "/v1/campaigns/{id}/leads", tag = "leads", params(("id" = String, Path, description = "`cmp_...`")),
    request_body(content = LeadBody, example = json!({
        "phone": "+1 415-555-2690", "variables": {"first_name": "Ann"}, "external_id": "crm-1042",
        "secondary_contacts": [{"phone": "+14155552672", "label": "office"}]})),
    responses((status = 201, body = schema::Lead), (status = 200, body = schema::Lead, description = "Its external id was known; the lead was updated"),
        (status = 409, description = "The campaign has its primary phone already")),
    security(("key" = ["leads:write"])))]
pub(crate) async fn create_lead(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<CampaignId>,
    Object(body): Object,
) -> Result<(StatusCode, Json<Lead>), Problem> {
    let campaign = app.store.campaign(key.of(), id).await?;
    let zone = campaign.config.time_zone.as_ref().map(|zone| zone.name());
    let lead = read(Value::Object(body), zone, None).map_err(Problem::invalid)?;
    let added = app.store.add_leads(&key.writes(&app), id, vec![lead]).await?;
    let (status, lead) = match added.first() {
        Some(LeadAdded::Created { id }) => (StatusCode::CREATED, *id),
        Some(LeadAdded::Updated { id }) => (StatusCode::OK, *id),
        Some(LeadAdded::Duplicate { of }) => return Err(duplicate(*of)),
        None => return Err(Problem::internal("a lead was added without a result")),
    };
    app.leads_came(&campaign);
    Ok((status, Json(app.store.lead(key.of(), lead).await?)))
}

pub(super) fn duplicate(of: campanile_domain::ids::LeadId) -> Problem {
    let detail = format!(
        "the lead {of} of this campaign has this primary phone already; change that one, or send allow_duplicate: true"
    );
    Problem::new(&codes::DUPLICATE_LEAD, detail.clone()).with([FieldProblem::new("/phone", "duplicate", detail)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_lead_is_made_with_its_phones_in_order() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/leads", host.campaign().await);
        let body = json!({"phone": "(415) 555-2671", "secondary_contacts": [{"phone": "+14155552672", "label": "office"}], "variables": {"n": 1}});
        let made = host.post(Some(&host.live), &path, body).await;
        assert_eq!((made.status, &made.body["status"]), (201, &"created".into()), "{}", made.text);
        assert_eq!(made.body["contacts"][0]["phone"], "+14155552671");
        assert_eq!((&made.body["contacts"][1]["label"], &made.body["variables"]["n"]), (&"office".into(), &1.into()));
    }

    #[tokio::test]
    async fn a_known_phone_is_refused_unless_it_is_allowed() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let first = host.lead(&campaign, "+14155552671").await;
        let path = format!("/v1/campaigns/{campaign}/leads");
        let again = host.post(Some(&host.live), &path, json!({"phone": "415 555 2671"})).await;
        assert_eq!((again.problem(), again.codes()), ((409, "CE0023"), vec!["duplicate".to_owned()]));
        assert!(again.body["detail"].as_str().unwrap().contains(&first));
        let allowed =
            host.post(Some(&host.live), &path, json!({"phone": "415 555 2671", "allow_duplicate": true})).await;
        assert_eq!(allowed.status, 201);
    }

    #[tokio::test]
    async fn a_known_external_id_updates() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/leads", host.campaign().await);
        let lead =
            |name: &str| json!({"phone": "+14155552671", "external_id": "crm-1", "variables": {"first_name": name}});
        let made = host.post(Some(&host.live), &path, lead("Ann")).await;
        let updated = host.post(Some(&host.live), &path, lead("Anna")).await;
        assert_eq!((updated.status, &updated.body["id"]), (200, &made.body["id"]));
        assert_eq!(updated.body["variables"]["first_name"], "Anna");
    }

    #[tokio::test]
    async fn a_bad_phone_is_told() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/leads", host.campaign().await);
        let answer = host.post(Some(&host.live), &path, json!({"phone": "1.41556E+10"})).await;
        assert_eq!((answer.problem(), answer.codes()), ((422, "CE0007"), vec!["damaged_by_spreadsheet".to_owned()]));
        assert_eq!(answer.pointers(), ["/phone"]);
    }
}
