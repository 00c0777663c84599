//! `GET /api/user/calls/{id}`: one call, with what was said.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::shown::Shown;
use crate::api::hosted::caller::{Caller, Number};
use crate::api::hosted::calls;
use crate::api::hosted::refusal::Refusal;
use crate::app::App;
use crate::auth::CallsRead;

/// Reads a call.
pub(crate) async fn get_call(
    State(app): State<Arc<App>>,
    caller: Caller<CallsRead>,
    Number(number): Number,
) -> Result<Json<Shown>, Refusal> {
    let call = calls::of(&app, caller.key.of(), number).await?;
    let said = app.store.transcript(caller.key.of(), call.call.key).await?.unwrap_or_default();
    let assistants = app.store.assistants(caller.key.of()).await?;
    let assistant = assistants.iter().find(|assistant| assistant.key == call.assistant);
    Ok(Json(Shown::new(call, said, assistant)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    #[tokio::test]
    async fn a_call_is_shown_with_every_field() {
        let host = Host::new().await;
        let (lead, _) = host.called_lead().await;
        let path = format!("/v1/leads/{lead}");
        host.patch(Some(&host.live), &path, json!({"variables": {"customer_name": "Ann"}})).await;
        let listed = host.get(Some(&host.live), "/api/user/calls").await.body["data"][0].clone();
        let read = host.get(Some(&host.live), &format!("/api/user/calls/{}", listed["id"])).await;
        assert_eq!((read.status, &read.body), (200, &listed), "{}", read.text);
        let expected = json!({
            "id": listed["id"], "assistant_name": "Mara", "campaign_name": "Spring", "type": "outbound", "duration": 30,
            "assistant_phone_number": "+14155552670", "client_phone_number": "+14155552671", "status": "completed",
            "transcript": [{"text": "Hello?", "type": "transcript", "sender": "human", "timestamp": 1_772_463_600.0}],
            "variables": {"customer_name": "Ann"}, "evaluation": [], "webhook_response": null,
            "carrier_cost": "0.00000000", "total_cost": "0.00000000", "answered_by": "human", "recording_url": null,
            "created_at": "2026-03-02T15:00:00.000000Z", "updated_at": "2026-03-02T15:00:00.000000Z"});
        assert_eq!(read.body, expected);
        for id in ["4000", "x", "-1", "call_1"] {
            let stranger = host.get(Some(&host.live), &format!("/api/user/calls/{id}")).await;
            assert_eq!((stranger.status, &stranger.body["code"]), (404, &Value::Null), "{id}");
        }
    }
}
