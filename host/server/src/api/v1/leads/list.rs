//! `GET /v1/leads`: a person, across campaigns.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Lead, Listed};

use super::filter::LeadsQuery;
use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::paging::page;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Searches the leads of all campaigns, newest first unless asked otherwise.
#[utoipa::path(get, path = "/v1/leads", tag = "leads", params(LeadsQuery),
    responses((status = 200, body = schema::Listed<schema::leads::Lead>)), security(("key" = ["leads:read"])))]
pub(crate) async fn list_leads(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Query(mut query): Query<LeadsQuery>,
) -> Result<Json<Listed<Lead>>, Problem> {
    let page = page(query.limit, query.cursor.take())?;
    let filter = query.filter(None, None, app.engine_clock.now())?;
    Ok(Json(app.store.leads(key.of(), &filter, &page).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn a_phone_is_found_in_every_campaign() {
        let host = Host::new().await;
        for _ in 0..2 {
            let campaign = host.campaign().await;
            host.lead(&campaign, "+14155552671").await;
            host.lead(&campaign, "+14155552672").await;
        }
        for query in ["phone=%2B14155552671", "phone=+14155552671"] {
            let found = host.get(Some(&host.live), &format!("/v1/leads?{query}")).await;
            assert_eq!((found.status, found.body["data"].as_array().map(Vec::len)), (200, Some(2)), "{query}");
        }
        assert_eq!(host.get(Some(&host.live), "/v1/leads?phone=12").await.pointers(), ["?phone"]);
        assert_eq!(host.get(Some(&host.live), "/v1/leads?status=done").await.pointers(), ["?status"]);
        let other = host.get(Some(&host.stranger), "/v1/leads").await;
        assert_eq!(other.body["data"].as_array().map(Vec::len), Some(0));
    }
}
