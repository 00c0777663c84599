//! `GET /v1/campaigns/{id}`.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::Campaign;

use super::tagged::Tagged;
use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::campaigns as schema;

/// Reads a campaign.
#[utoipa::path(get, path = "/v1/campaigns/{id}", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = schema::Campaign, headers(("ETag", description = "The revision, for If-Match")))),
    security(("key" = ["campaigns:read"])))]
pub(crate) async fn get_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Id(id): Id<CampaignId>,
) -> Result<Tagged<Campaign>, Problem> {
    Ok(Tagged::new(app.store.campaign(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn what_was_made_is_read_by_its_owner_only() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}", host.campaign().await);
        let read = host.get(Some(&host.live), &path).await;
        assert_eq!((read.status, &read.body["name"]), (200, &"Spring".into()));
        assert_eq!(host.get(Some(&host.test), &path).await.problem(), (404, "CE0004"));
        assert_eq!(host.get(Some(&host.operator), &path).await.problem(), (403, "CE0003"));
    }
}
