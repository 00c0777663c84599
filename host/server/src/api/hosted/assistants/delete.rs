//! `DELETE /api/user/assistant/{id}`: refused while a campaign uses it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::of;
use crate::api::hosted::caller::{Caller, Number};
use crate::api::hosted::refusal::Refusal;
use crate::app::App;
use crate::auth::AssistantsWrite;

/// Removes an assistant that no campaign uses.
pub(crate) async fn delete_assistant(
    State(app): State<Arc<App>>,
    caller: Caller<AssistantsWrite>,
    Number(number): Number,
) -> Result<Json<Value>, Refusal> {
    let assistant = of(&app, caller.key.of(), number).await?;
    app.store.delete_assistant(&caller.key.writes(&app), assistant.id).await?;
    Ok(Json(json!({"message": "The assistant was deleted."})))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_assistant_in_use_stays() {
        let host = Host::new().await;
        host.campaign().await;
        host.assistant().await;
        let listed = host.get(Some(&host.live), "/api/user/assistants").await.body;
        let path = |index: usize| format!("/api/user/assistant/{}", listed[index]["id"]);
        let used = host.delete(Some(&host.live), &path(0)).await;
        assert_eq!((used.status, used.body["message"].is_string()), (409, true), "{}", used.text);
        let unused = host.delete(Some(&host.live), &path(1)).await;
        assert_eq!((unused.status, unused.body["message"].is_string()), (200, true), "{}", unused.text);
        assert_eq!(host.delete(Some(&host.live), &path(1)).await.status, 404);
    }
}
