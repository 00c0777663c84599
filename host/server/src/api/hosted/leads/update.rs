//! `PUT /api/leads/{id}` and `PUT /api/user/leads/{id}`: variables, and "call again" or "stop".
//!
//! A lead keeps its campaign and its phone: what was dialled and when counts for the number it was dialled under. The same
//! campaign and the same phone again are taken, because clients send the whole lead; others are refused. So is a hand that
//! says `reached-max-retries`: here that is what came of dialling, and a lead that a hand stops is `completed`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Lead, LeadPatch, SetStatus};
use campanile_domain::region::region_of_zone;
use serde_json::{Value, json};

use crate::api::hosted::caller::{Caller, Number, Sent};
use crate::api::hosted::given::Given;
use crate::api::hosted::refusal::Refusal;
use crate::api::hosted::{leads, words};
use crate::api::v1::leads::patch::change;
use crate::app::App;
use crate::auth::LeadsWrite;

const MAX_RETRIES: &str = "reached-max-retries";

/// Changes a lead.
pub(crate) async fn update_lead(
    State(app): State<Arc<App>>,
    caller: Caller<LeadsWrite>,
    Number(number): Number,
    Sent(mut given): Sent,
) -> Result<Json<Value>, Refusal> {
    let lead = leads::of(&app, caller.key.of(), number).await?.lead;
    same_campaign(&mut given, &lead);
    same_phone(&app, &mut given, &lead).await?;
    let patch = LeadPatch {
        variables: given.variables("variables"),
        status: status(&mut given, &lead),
        ..LeadPatch::default()
    };
    given.finish()?;
    if patch != LeadPatch::default() {
        change(&app, &caller.key, lead.id, patch).await?;
    }
    Ok(Json(json!({"message": "The lead was updated."})))
}

fn same_campaign(given: &mut Given, lead: &Lead) {
    let own = lead.campaign_key.0;
    if given.number("campaign_id").is_some_and(|wanted| wanted != own) {
        let message = format!(
            "The lead belongs to campaign {own} and stays there; add it to the other one with POST /api/user/lead, and complete or delete this one."
        );
        given.refuse("campaign_id", message);
    }
}

async fn same_phone(app: &App, given: &mut Given, lead: &Lead) -> Result<(), Refusal> {
    if !given.is_sent("phone_number") {
        return Ok(());
    }
    let campaign = app.store.campaign_by_key(lead.campaign_key).await?;
    let region = campaign.config.time_zone.as_ref().and_then(|zone| region_of_zone(zone.name()));
    let own = lead.contacts.first().map(|primary| primary.phone);
    if given.phone("phone_number", region).is_some_and(|wanted| Some(wanted) != own) {
        let message = "The lead keeps its phone number; add the other number as a lead of its own with POST /api/user/lead, and complete or delete this one.";
        given.refuse("phone_number", message);
    }
    Ok(())
}

fn status(given: &mut Given, lead: &Lead) -> Option<SetStatus> {
    match given.word("status", &["created", "completed", MAX_RETRIES])?.as_str() {
        "created" => Some(SetStatus::Created),
        "completed" => Some(SetStatus::Completed),
        _ => {
            if words::lead(lead.state) != MAX_RETRIES {
                let message = "The status reached-max-retries comes of dialling and is not set by hand here; send completed, and the lead is not called any more.";
                given.refuse("status", message);
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, Host};

    async fn put(host: &Host, path: &str, body: Value) -> Answer {
        host.send(Some(&host.live), "PUT", path, Some(body)).await
    }

    async fn host_with_lead() -> (Host, Value) {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        host.lead(&campaign, "+14155552671").await;
        let lead = host.get(Some(&host.live), "/api/user/leads").await.body["data"][0].clone();
        (host, lead)
    }

    async fn read(host: &Host) -> Value {
        host.get(Some(&host.live), "/api/user/leads").await.body["data"][0].clone()
    }

    #[tokio::test]
    async fn variables_merge_and_a_hand_stops_and_calls_again_on_either_path() {
        let (host, lead) = host_with_lead().await;
        let (short, long) = (format!("/api/leads/{}", lead["id"]), format!("/api/user/leads/{}", lead["id"]));
        put(&host, &short, json!({"variables": {"a": 1, "b": 2}})).await;
        let whole = json!({"campaign_id": lead["campaign_id"], "phone_number": "(415) 555-2671", "status": "completed",
            "variables": {"b": "x"}});
        let done = put(&host, &long, whole).await;
        assert_eq!((done.status, done.body.as_object().unwrap().len()), (200, 1), "{}", done.text);
        let stopped = read(&host).await;
        assert_eq!((&stopped["status"], &stopped["variables"]), (&"completed".into(), &json!({"a": 1, "b": "x"})));
        assert_eq!(put(&host, &short, json!({"status": "created"})).await.status, 200);
        assert_eq!(read(&host).await["status"], "created");
        let nothing = host.get(Some(&host.live), "/v1/leads").await.body["data"][0]["revision"].clone();
        assert_eq!(put(&host, &short, json!({"status": null})).await.status, 200);
        assert_eq!(host.get(Some(&host.live), "/v1/leads").await.body["data"][0]["revision"], nothing);
    }

    #[tokio::test]
    async fn what_a_lead_keeps_is_refused_and_nothing_else_is_changed() {
        let (host, lead) = host_with_lead().await;
        let path = format!("/api/leads/{}", lead["id"]);
        let wrong = [
            ("campaign_id", json!(4_000)),
            ("campaign_id", json!("x")),
            ("phone_number", json!("+14155552672")),
            ("phone_number", json!("12")),
            ("status", json!("reached-max-retries")),
            ("status", json!("scheduled")),
            ("status", json!("blacklisted")),
            ("status", json!("max_retries")),
            ("status", json!(1)),
            ("variables", json!("x")),
        ];
        for (field, value) in wrong {
            let mut body = json!({"variables": {"changed": true}});
            body[field] = value.clone();
            let refused = put(&host, &path, body).await;
            assert_eq!(refused.status, 422, "{field} {value}: {}", refused.text);
            assert_eq!(refused.body["errors"][field][0], refused.body["message"], "{}", refused.text);
        }
        assert_eq!(read(&host).await, lead);
        for id in ["4000", "x", "-1", "0", "99999999999999999999"] {
            let stranger = put(&host, &format!("/api/leads/{id}"), json!({"status": "completed"})).await;
            assert_eq!((stranger.status, stranger.body["message"].is_string()), (404, true), "{id}");
        }
    }

    #[tokio::test]
    async fn a_blacklisted_lead_is_not_called_again() {
        let (host, lead) = host_with_lead().await;
        host.suppress("+14155552671").await;
        let path = format!("/api/leads/{}", lead["id"]);
        put(&host, &path, json!({"status": "completed"})).await;
        let again = put(&host, &path, json!({"status": "created"})).await;
        assert_eq!(again.status, 409, "{}", again.text);
        assert!(again.body["message"].as_str().unwrap().contains("do-not-call"), "{}", again.text);
    }
}
