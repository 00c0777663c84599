//! `GET /v1/assistants`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Assistant, Listed};

use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the assistants, oldest first.
#[utoipa::path(get, path = "/v1/assistants", tag = "assistants", params(Paging),
    responses((status = 200, body = schema::Listed<schema::assistants::Assistant>)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn list_assistants(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<Assistant>>, Problem> {
    let page = paging.page()?;
    let assistants = app.store.assistants(key.of()).await?;
    cut(assistants, &page, |assistant| assistant.id.to_string()).map(Json)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_sees_its_own() {
        let host = Host::new().await;
        let id = host.assistant().await;
        let listed = host.get(Some(&host.live), "/v1/assistants").await;
        assert_eq!((listed.status, &listed.body["data"][0]["id"]), (200, &id.as_str().into()));
        let other = host.get(Some(&host.stranger), "/v1/assistants").await;
        assert_eq!(other.body["data"].as_array().map(Vec::len), Some(0));
    }
}
