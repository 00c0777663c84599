//! `GET /v1/campaigns/{id}/leads`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{Lead, Listed};
use campanile_domain::region::region_of_zone;

use super::filter::LeadsQuery;
use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::paging::page;
use crate::path::Id;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the leads of a campaign, newest first unless asked otherwise.
#[utoipa::path(get, path = "/v1/campaigns/{id}/leads", tag = "leads",
    params(("id" = String, Path, description = "`cmp_...`"), LeadsQuery),
    responses((status = 200, body = schema::Listed<schema::leads::Lead>)), security(("key" = ["leads:read"])))]
pub(crate) async fn list_campaign_leads(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Id(id): Id<CampaignId>,
    Query(mut query): Query<LeadsQuery>,
) -> Result<Json<Listed<Lead>>, Problem> {
    let campaign = app.store.campaign(key.of(), id).await?;
    let region = campaign.config.time_zone.as_ref().and_then(|zone| region_of_zone(zone.name()));
    let page = page(query.limit, query.cursor.take())?;
    let filter = query.filter(Some(id), region, app.engine_clock.now())?;
    Ok(Json(app.store.leads(key.of(), &filter, &page).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn pages_and_filters_stay_within_the_campaign() {
        let host = Host::new().await;
        let (campaign, other) = (host.campaign().await, host.campaign().await);
        host.lead(&other, "+14155552671").await;
        for last in 1..=3 {
            host.lead(&campaign, &format!("+1415555267{last}")).await;
        }
        let path = format!("/v1/campaigns/{campaign}/leads");
        let first = host.get(Some(&host.live), &format!("{path}?limit=2&status=created")).await;
        assert_eq!((first.status, first.body["data"].as_array().map(Vec::len)), (200, Some(2)));
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let second = host.get(Some(&host.live), &format!("{path}?limit=2&status=created&cursor={cursor}")).await;
        assert_eq!(
            (second.body["data"].as_array().map(Vec::len), &second.body["next_cursor"]),
            (Some(1), &serde_json::Value::Null)
        );
        let by_phone = host.get(Some(&host.live), &format!("{path}?phone=415-555-2673")).await;
        assert_eq!(by_phone.body["data"].as_array().map(Vec::len), Some(1));
    }
}
