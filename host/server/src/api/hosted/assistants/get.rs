//! `GET /api/user/assistant/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::of;
use super::shown::Shown;
use super::webhook::Webhooks;
use crate::api::hosted::caller::{Caller, Number};
use crate::api::hosted::refusal::Refusal;
use crate::app::App;
use crate::auth::CampaignsRead;

/// Reads an assistant.
pub(crate) async fn get_assistant(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsRead>,
    Number(number): Number,
) -> Result<Json<Shown>, Refusal> {
    let assistant = of(&app, caller.key.of(), number).await?;
    let webhook = Webhooks::seen(&app, &caller.key).await?.standing(assistant.id);
    Ok(Json(Shown::new(assistant, webhook)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn what_was_made_is_read() {
        let host = Host::new().await;
        host.assistant().await;
        let listed = host.get(Some(&host.live), "/api/user/assistants").await.body[0].clone();
        let read = host.get(Some(&host.live), &format!("/api/user/assistant/{}", listed["id"])).await;
        assert_eq!((read.status, &read.body), (200, &listed));
        let expected = json!({"id": listed["id"], "name": "Mara", "type": "outbound", "status": "active",
            "timezone": "America/New_York", "phone_number_id": 14_155_552_670_i64, "max_duration": 600, "ringing_time": 30,
            "variables": {}, "post_call_evaluation": false, "post_call_schema": [], "is_webhook_active": false,
            "webhook_url": null, "send_webhook_only_on_completed": true,
            "created_at": "2026-03-02T15:00:00.000000Z", "updated_at": "2026-03-02T15:00:00.000000Z"});
        assert_eq!(read.body, expected);
        for id in ["4000", "get", "-1"] {
            assert_eq!(host.get(Some(&host.live), &format!("/api/user/assistant/{id}")).await.status, 404, "{id}");
        }
    }
}
