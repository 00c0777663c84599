//! `PUT /v1/campaigns/{id}/leads/external/{external_id}`: the lead that another system calls so, made or brought up to date.
//!
//! For whoever syncs: one request says what a person is now, and it may be sent again. Where the lead stands in its calls is
//! not the other system's to say, so a lead that ended stays so unless the body asks for it to be called again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{Lead, LeadAdded, LeadUpsert};
use http::StatusCode;
use serde_json::{Map, Value};

use super::body::read;
use super::create::duplicate;
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Object;
use crate::path::{ExternalId, Id};
use crate::problem::{FieldProblem, Problem};
use crate::schema::leads as schema;

/// Makes the lead with this external id, or brings it up to date: its phones are those of the body, its variables are merged, and
/// what is left out stays as it is. A lead that ended stays ended unless `reopen` is true. The id is percent-encoded, a slash
/// as `%2F`.
#[utoipa::path(put, path = "/v1/campaigns/{id}/leads/external/{external_id}", tag = "leads",
    params(("id" = String, Path, description = "`cmp_...`"),
        ("external_id" = String, Path, description = "1 to 255 characters, percent-encoded")),
    request_body(content = schema::LeadUpsert, example = json!({
        "phone": "+1 415-555-2691", "variables": {"first_name": "Ann", "stage": "trial"}, "reopen": true})),
    responses((status = 201, body = schema::Lead, description = "It is new"), (status = 200, body = schema::Lead, description = "It was known"),
        (status = 409, description = "Another lead of the campaign has the primary phone, or the lead cannot be called again")),
    security(("key" = ["leads:write"])))]
pub(crate) async fn upsert_lead(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<CampaignId>,
    ExternalId(external): ExternalId,
    Object(body): Object,
) -> Result<(StatusCode, Json<Lead>), Problem> {
    let campaign = app.store.campaign(key.of(), id).await?;
    let zone = campaign.config.time_zone.as_ref().map(|zone| zone.name());
    let upsert = understood(body, external, zone).map_err(Problem::invalid)?;
    let (status, lead) = match app.store.upsert_lead(&key.writes(&app), id, upsert).await? {
        LeadAdded::Created { id } => (StatusCode::CREATED, id),
        LeadAdded::Updated { id } => (StatusCode::OK, id),
        LeadAdded::Duplicate { of } => return Err(duplicate(of)),
    };
    app.leads_came(&campaign);
    Ok((status, Json(app.store.lead(key.of(), lead).await?)))
}

fn understood(
    mut body: Map<String, Value>,
    external: String,
    zone: Option<&str>,
) -> Result<LeadUpsert, Vec<FieldProblem>> {
    let mut faults = Vec::new();
    let reopen = match body.shift_remove("reopen") {
        None => false,
        Some(Value::Bool(reopen)) => reopen,
        Some(_) => {
            let message = "reopen is true or false; true calls a lead again that has ended";
            faults.push(FieldProblem::new("/reopen", "wrong_type", message));
            false
        }
    };
    if body.contains_key("external_id") {
        let message = "the external id stands in the path; leave it out of the body";
        faults.push(FieldProblem::new("/external_id", "in_the_path", message));
    }
    let sent = |field: &str| body.get(field).is_some_and(|value| !value.is_null());
    let [priority, not_before, expires_at, time_zone] = ["priority", "not_before", "expires_at", "time_zone"].map(sent);
    body.insert("external_id".to_owned(), Value::String(external));
    match read(Value::Object(body), zone, None) {
        Ok(lead) if faults.is_empty() => Ok(LeadUpsert {
            priority: priority.then_some(lead.priority),
            not_before: lead.not_before.filter(|_| not_before),
            expires_at: lead.expires_at.filter(|_| expires_at),
            time_zone: lead.time_zone.clone().filter(|_| time_zone),
            lead,
            reopen,
        }),
        Ok(_) => Err(faults),
        Err(found) => {
            faults.extend(found);
            Err(faults)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, Host};

    async fn put(host: &Host, campaign: &str, external: &str, body: Value) -> Answer {
        let path = format!("/v1/campaigns/{campaign}/leads/external/{external}");
        host.send(Some(&host.live), "PUT", &path, Some(body)).await
    }

    #[tokio::test]
    async fn a_lead_is_made_once_and_then_brought_up_to_date() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let body = json!({"phone": "(415) 555-2671", "variables": {"a": 1, "b": 1}, "priority": 4});
        let made = put(&host, &campaign, "crm-1", body).await;
        assert_eq!((made.status, &made.body["external_id"]), (201, &"crm-1".into()), "{}", made.text);
        let body =
            json!({"phone": "415-555-2672", "variables": {"b": 2}, "secondary_contacts": [{"phone": "+14155552673"}]});
        let known = put(&host, &campaign, "crm-1", body.clone()).await;
        assert_eq!((known.status, &known.body["id"]), (200, &made.body["id"]), "{}", known.text);
        assert_eq!((&known.body["variables"], &known.body["priority"]), (&json!({"a": 1, "b": 2}), &4.into()));
        let phones: Vec<_> =
            known.body["contacts"].as_array().unwrap().iter().map(|one| one["phone"].clone()).collect();
        assert_eq!(phones, ["+14155552672", "+14155552673"]);
        let same = put(&host, &campaign, "crm-1", body).await;
        assert_eq!(same.body, known.body, "what says the same changes nothing");
        let stats = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}/stats")).await;
        assert_eq!(stats.body["leads"], 1);
    }

    #[tokio::test]
    async fn any_id_that_can_be_written_is_one() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let ids =
            [("a%2Fb%20c", "a/b c"), ("%C3%A9t%C3%A9", "été"), ("%25", "%"), ("..", ".."), ("x%3Fy%23z", "x?y#z")];
        for (place, (written, meant)) in ids.into_iter().enumerate() {
            let body = json!({"phone": format!("+1415555268{place}")});
            let made = put(&host, &campaign, written, body).await;
            assert_eq!((made.status, &made.body["external_id"]), (201, &meant.into()), "{}", made.text);
        }
        let long = put(&host, &campaign, &"x".repeat(256), json!({"phone": "+14155552671"})).await;
        assert_eq!((long.problem(), long.pointers()), ((422, "CE0007"), vec!["/external_id".to_owned()]));
        let bytes = put(&host, &campaign, "%FF", json!({"phone": "+14155552671"})).await;
        assert_eq!(bytes.problem(), (404, "CE0004"));
    }

    #[tokio::test]
    async fn the_phone_of_another_lead_is_refused_with_its_name() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let other = host.lead(&campaign, "+14155552671").await;
        for known in [false, true] {
            if known {
                assert_eq!(put(&host, &campaign, "crm-1", json!({"phone": "+14155552672"})).await.status, 201);
            }
            let refused = put(&host, &campaign, "crm-1", json!({"phone": "+14155552671"})).await;
            assert_eq!((refused.problem(), refused.codes()), ((409, "CE0023"), vec!["duplicate".to_owned()]));
            assert!(refused.text.contains(&other), "{}", refused.text);
        }
        let shared = json!({"phone": "+14155552671", "allow_duplicate": true});
        assert_eq!(put(&host, &campaign, "crm-1", shared).await.status, 200);
        let again = put(&host, &campaign, "crm-1", json!({"phone": "+14155552671", "variables": {"a": 1}})).await;
        assert_eq!(again.status, 200, "the phone that it has is no news: {}", again.text);
    }

    #[tokio::test]
    async fn who_ended_is_called_again_when_the_body_says_so() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let body = |reopen: bool| json!({"phone": "+14155552671", "reopen": reopen});
        let made = put(&host, &campaign, "crm-1", body(true)).await;
        assert_eq!((made.status, &made.body["era"]), (201, &1.into()), "{}", made.text);
        let lead = format!("/v1/leads/{}", made.body["id"].as_str().unwrap());
        host.patch(Some(&host.live), &lead, json!({"status": "completed"})).await;
        assert_eq!(put(&host, &campaign, "crm-1", body(false)).await.body["status"], "completed");
        let again = put(&host, &campaign, "crm-1", body(true)).await;
        assert_eq!((&again.body["status"], &again.body["era"]), (&"created".into(), &2.into()), "{}", again.text);
        let waits = put(&host, &campaign, "crm-1", body(true)).await;
        assert_eq!(waits.body["era"], 2, "a lead that waits needs no reopening");
        host.suppress("+14155552671").await;
        host.patch(Some(&host.live), &lead, json!({"status": "completed"})).await;
        let refused = put(&host, &campaign, "crm-1", body(true)).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["lead_suppressed".to_owned()]));
        let other = put(&host, &campaign, "crm-1", json!({"phone": "+14155552672", "reopen": true})).await;
        assert_eq!((other.status, &other.body["status"]), (200, &"created".into()), "its new phone may be called");
    }

    #[tokio::test]
    async fn faults_are_told_together() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let body = json!({"phone": "12", "reopen": "yes", "external_id": "other", "colour": "red"});
        let refused = put(&host, &campaign, "crm-1", body).await;
        assert_eq!(refused.problem(), (422, "CE0007"));
        for pointer in ["/reopen", "/external_id", "/colour"] {
            assert!(refused.pointers().contains(&pointer.to_owned()), "{}", refused.text);
        }
        let theirs = format!("/v1/campaigns/{campaign}/leads/external/crm-1");
        let body = Some(json!({"phone": "+14155552671"}));
        assert_eq!(host.send(Some(&host.stranger), "PUT", &theirs, body).await.problem(), (404, "CE0004"));
    }
}
