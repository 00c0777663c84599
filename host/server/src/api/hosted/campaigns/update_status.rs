//! `POST /api/user/campaigns/update-status`: start or stop.
//!
//! `stop` is this host's stop: nobody is dialled any more and calls under way are hung up. What is already so is answered
//! as done, because flows repeat themselves.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::campaign::Verb;
use campanile_domain::ports::store::Campaign;
use http::StatusCode;
use serde_json::{Value, json};

use crate::api::hosted::caller::{Caller, Sent};
use crate::api::hosted::refusal::Refusal;
use crate::api::hosted::{campaigns, words};
use crate::api::v1::campaigns::verb::act;
use crate::app::App;
use crate::auth::CampaignsWrite;
use crate::codes;
use crate::problem::Problem;

/// Starts or stops a campaign.
pub(crate) async fn update_status(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsWrite>,
    Sent(mut given): Sent,
) -> Result<Json<Value>, Refusal> {
    given.require(&["campaign_id", "action"]);
    let number = given.number("campaign_id");
    let action = given.text("action", 255);
    given.finish()?;
    let verb = match action.as_deref() {
        Some("start") => Verb::Start,
        Some("stop") => Verb::Stop,
        other => {
            let message = format!("The action {:?} is none; send start or stop.", other.unwrap_or_default());
            return Err(Refusal::new(StatusCode::BAD_REQUEST, message).with("success", false));
        }
    };
    let campaign = campaigns::of(&app, caller.key.of(), number.unwrap_or_default())
        .await
        .map_err(|refusal| refusal.with("success", false))?;
    let done = act(&app, &caller.key, campaign.id, verb).await.map_err(|problem| refused(problem, &campaign))?;
    let message = if verb == Verb::Start { "The campaign was started." } else { "The campaign was stopped." };
    Ok(Json(json!({"message": message, "success": true, "data": standing(&done)})))
}

fn standing(campaign: &Campaign) -> Value {
    json!({"campaign_id": campaign.key.0, "status": words::campaign(campaign)})
}

/// A state or a start check that stands in the way is 400 there.
fn refused(problem: Problem, campaign: &Campaign) -> Refusal {
    let code = problem.code().code;
    if code != codes::CANNOT_START.code && code != codes::INVALID_VERB.code {
        return Refusal::from(problem).with("success", false);
    }
    let low = problem.errors().iter().find(|fault| fault.code == "balance_too_low");
    let message = match (low, problem.errors()) {
        (Some(low), _) => format!("Insufficient balance to start the campaign: {}.", low.message),
        (None, []) => problem.detail().to_owned(),
        (None, faults) => faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; "),
    };
    Refusal::new(StatusCode::BAD_REQUEST, message).with("success", false).with("data", standing(campaign))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, Host};

    async fn post(host: &Host, body: Value) -> Answer {
        host.post(Some(&host.live), "/api/user/campaigns/update-status", body).await
    }

    async fn campaign(host: &Host) -> (String, i64) {
        let id = host.campaign().await;
        let number = host.get(Some(&host.live), "/api/user/campaigns").await.body[0]["id"].as_i64().unwrap();
        (id, number)
    }

    #[tokio::test]
    async fn a_campaign_starts_and_stops_and_may_be_told_twice() {
        let host = Host::new().await;
        let (id, number) = campaign(&host).await;
        host.lead(&id, "+14155552671").await;
        for (action, status) in
            [("start", "in-progress"), ("start", "in-progress"), ("stop", "stopped"), ("stop", "stopped")]
        {
            let done = post(&host, json!({"campaign_id": number, "action": action})).await;
            assert_eq!((done.status, &done.body["success"]), (200, &true.into()), "{}", done.text);
            assert_eq!(done.body["data"], json!({"campaign_id": number, "status": status}));
        }
        let here = host.get(Some(&host.live), &format!("/v1/campaigns/{id}")).await;
        assert_eq!(here.body["status_reason"]["code"], "stop");
        assert_eq!(host.get(Some(&host.live), "/api/user/campaigns").await.body[0]["status"], "stopped");
        post(&host, json!({"campaign_id": number.to_string(), "action": "start"})).await;
        host.post_empty(Some(&host.live), &format!("/v1/campaigns/{id}/pause")).await;
        assert_eq!(host.get(Some(&host.live), "/api/user/campaigns").await.body[0]["status"], "paused");
    }

    #[tokio::test]
    async fn what_stands_in_the_way_is_told() {
        let host = Host::new().await;
        let (_, number) = campaign(&host).await;
        let none = post(&host, json!({"campaign_id": number, "action": "start"})).await;
        assert_eq!((none.status, &none.body["success"]), (400, &false.into()), "{}", none.text);
        assert_eq!(none.body["data"], json!({"campaign_id": number, "status": "draft"}));
        assert!(none.body["message"].as_str().unwrap().contains("no lead can be called"), "{}", none.text);
        let early = post(&host, json!({"campaign_id": number, "action": "stop"})).await;
        assert_eq!((early.status, &early.body["data"]["status"]), (400, &"draft".into()), "{}", early.text);
        let pause = post(&host, json!({"campaign_id": number, "action": "pause"})).await;
        assert_eq!((pause.status, &pause.body["success"]), (400, &false.into()));
        let stranger = post(&host, json!({"campaign_id": 4_000, "action": "start"})).await;
        assert_eq!((stranger.status, &stranger.body["success"]), (404, &false.into()));
        let empty = post(&host, json!({"campaign_id": "x"})).await;
        assert_eq!(empty.body["errors"].as_object().unwrap().keys().collect::<Vec<_>>(), ["action", "campaign_id"]);
    }

    #[tokio::test]
    async fn a_low_balance_has_its_own_words() {
        let host = Host::new().await;
        let billing = json!({"currency": "EUR",
            "tariff": {"per_minute_micros": 60_000, "minimum_seconds": 60, "rounding_seconds": 60}});
        let paid = host.post(Some(&host.operator), "/v1/tenants", json!({"name": "Paid", "billing": billing})).await;
        let key = paid.body["live_key"]["secret"].as_str().unwrap();
        let gateway = host.post(Some(key), "/v1/gateways", json!({"name": "sim", "kind": "simulated"})).await;
        let body = json!({"name": "Mara", "time_zone": "America/New_York", "gateway": gateway.body["id"], "phone_numbers": ["+14155552670"]});
        host.post(Some(key), "/v1/assistants", body).await;
        let assistant = host.get(Some(key), "/api/user/assistants").await.body[0]["id"].clone();
        let made =
            host.post(Some(key), "/api/user/campaign", json!({"name": "Spring", "assistant_id": assistant})).await;
        let number = made.body["data"]["id"].clone();
        let lead = json!({"campaign_id": number, "phone_number": "+14155552671"});
        assert_eq!(host.post(Some(key), "/api/user/lead", lead).await.status, 200);
        let body = json!({"campaign_id": number, "action": "start"});
        let low = host.post(Some(key), "/api/user/campaigns/update-status", body).await;
        assert_eq!((low.status, &low.body["data"]["status"]), (400, &"draft".into()), "{}", low.text);
        assert!(low.body["message"].as_str().unwrap().starts_with("Insufficient balance"), "{}", low.text);
        let call = json!({"assistant_id": assistant, "phone_number": "+14155552671"});
        let call = host.post(Some(key), "/api/user/make_call", call).await;
        assert_eq!(call.status, 422, "{}", call.text);
        assert!(call.body["message"].as_str().unwrap().starts_with("Insufficient balance"), "{}", call.text);
    }
}
