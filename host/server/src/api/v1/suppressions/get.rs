//! `GET /v1/suppressions/{phone}`: whether the number is on the list, and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::Suppression;

use super::RegionQuery;
use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::path::Phone;
use crate::phones;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema::privacy as schema;

/// Reads what the do-not-call list says of a number; 404 when it is not on it.
#[utoipa::path(get, path = "/v1/suppressions/{phone}", tag = "suppressions",
    params(("phone" = String, Path, description = "`+14155552671`; the plus may be left out"), RegionQuery),
    responses((status = 200, body = schema::Suppression)), security(("key" = ["leads:read"])))]
pub(crate) async fn get_suppression(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Phone(written): Phone,
    Query(query): Query<RegionQuery>,
) -> Result<Json<Suppression>, Problem> {
    let region = phones::region_of_url(query.default_region.as_deref())?;
    let phone = phones::of_url(&written, region, "phone")?;
    Ok(Json(app.store.suppression(key.of(), &phone).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_number_is_found_in_every_spelling() {
        let host = Host::new().await;
        host.suppress("+14155552671").await;
        for written in ["+14155552671", "%2B14155552671", "14155552671", "(415)%20555-2671?default_region=US"] {
            let found = host.get(Some(&host.live), &format!("/v1/suppressions/{written}")).await;
            assert_eq!((found.status, &found.body["reason"]), (200, &"asked".into()), "{written}: {}", found.text);
        }
        assert_eq!(host.get(Some(&host.live), "/v1/suppressions/+14155552672").await.problem(), (404, "CE0004"));
        assert_eq!(host.get(Some(&host.live), "/v1/suppressions/nobody").await.problem(), (400, "CE0011"));
    }
}
