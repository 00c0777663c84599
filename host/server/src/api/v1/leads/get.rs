//! `GET /v1/leads/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::LeadId;
use campanile_domain::ports::store::Lead;

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::leads as schema;

/// Reads a lead.
#[utoipa::path(get, path = "/v1/leads/{id}", tag = "leads", params(("id" = String, Path, description = "`lead_...`")),
    responses((status = 200, body = schema::Lead)), security(("key" = ["leads:read"])))]
pub(crate) async fn get_lead(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Id(id): Id<LeadId>,
) -> Result<Json<Lead>, Problem> {
    Ok(Json(app.store.lead(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_was_added_is_read() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let id = host.lead(&campaign, "+14155552671").await;
        let read = host.get(Some(&host.live), &format!("/v1/leads/{id}")).await;
        assert_eq!((read.status, &read.body["campaign"]), (200, &campaign.as_str().into()));
    }
}
