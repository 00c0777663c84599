//! `GET /v1/assistants/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::AssistantId;
use campanile_domain::ports::store::Assistant;

use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::assistants as schema;

/// Reads an assistant.
#[utoipa::path(get, path = "/v1/assistants/{id}", tag = "assistants", params(("id" = String, Path, description = "`asst_...`")),
    responses((status = 200, body = schema::Assistant)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn get_assistant(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Id(id): Id<AssistantId>,
) -> Result<Json<Assistant>, Problem> {
    Ok(Json(app.store.assistant(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_was_made_is_read() {
        let host = Host::new().await;
        let id = host.assistant().await;
        let read = host.get(Some(&host.live), &format!("/v1/assistants/{id}")).await;
        assert_eq!((read.status, &read.body["id"]), (200, &id.as_str().into()));
        assert_eq!(host.get(Some(&host.live), "/v1/assistants/cmp_1").await.problem(), (404, "CE0004"));
    }
}
