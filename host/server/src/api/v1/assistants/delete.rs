//! `DELETE /v1/assistants/{id}`: refused while a campaign uses it.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::AssistantId;
use http::StatusCode;

use crate::app::App;
use crate::auth::{AssistantsWrite, Key};
use crate::path::Id;
use crate::problem::Problem;

/// Removes an assistant that no campaign uses.
#[utoipa::path(delete, path = "/v1/assistants/{id}", tag = "assistants", params(("id" = String, Path, description = "`asst_...`")),
    responses((status = 204)), security(("key" = ["assistants:write"])))]
pub(crate) async fn delete_assistant(
    State(app): State<Arc<App>>,
    key: Key<AssistantsWrite>,
    Id(id): Id<AssistantId>,
) -> Result<StatusCode, Problem> {
    app.store.delete_assistant(&key.writes(&app), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_assistant_in_use_stays() {
        let host = Host::new().await;
        let unused = format!("/v1/assistants/{}", host.assistant().await);
        assert_eq!(host.delete(Some(&host.live), &unused).await.status, 204);
        assert_eq!(host.get(Some(&host.live), &unused).await.problem(), (404, "CE0004"));
        let campaign = host.campaign().await;
        let campaign = host.get(Some(&host.live), &format!("/v1/campaigns/{campaign}")).await;
        let used = format!("/v1/assistants/{}", campaign.body["assistant"].as_str().unwrap());
        assert_eq!(host.delete(Some(&host.live), &used).await.problem(), (409, "CE0015"));
    }
}
