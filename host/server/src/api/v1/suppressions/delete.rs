//! `DELETE /v1/suppressions/{phone}`: the number may be called again.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use super::RegionQuery;
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::path::Phone;
use crate::phones;
use crate::problem::Problem;
use crate::query::Query;

/// Takes a number off the do-not-call list. Leads that ended because of it stay `suppressed`: nobody is called because a list
/// changed. Set those that should be called to `created` with `PATCH /v1/leads/{id}`.
#[utoipa::path(delete, path = "/v1/suppressions/{phone}", tag = "suppressions",
    params(("phone" = String, Path, description = "`+14155552671`; the plus may be left out"), RegionQuery),
    responses((status = 204)), security(("key" = ["leads:write"])))]
pub(crate) async fn delete_suppression(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Phone(written): Phone,
    Query(query): Query<RegionQuery>,
) -> Result<StatusCode, Problem> {
    let region = phones::region_of_url(query.default_region.as_deref())?;
    let phone = phones::of_url(&written, region, "phone")?;
    app.store.unsuppress(&key.writes(&app), &phone).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn leads_stay_suppressed_until_a_hand_says_so() {
        let host = Host::new().await;
        let lead = format!("/v1/leads/{}", host.lead(&host.campaign().await, "+14155552671").await);
        host.suppress("+14155552671").await;
        let again = json!({"status": "created"});
        assert_eq!(host.patch(Some(&host.live), &lead, again.clone()).await.problem(), (409, "CE0015"));
        let path = "/v1/suppressions/+14155552671";
        assert_eq!(host.delete(Some(&host.live), path).await.status, 204);
        assert_eq!(host.delete(Some(&host.live), path).await.problem(), (404, "CE0004"));
        assert_eq!(host.get(Some(&host.live), &lead).await.body["status"], "suppressed");
        assert_eq!(host.patch(Some(&host.live), &lead, again).await.body["status"], "created");
    }
}
