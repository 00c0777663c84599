//! `GET /v1/imports`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{Import, ImportFilter, ImportStatus, Listed};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::{Key, LeadsRead};
use crate::paging::page;
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Which imports.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportsQuery {
    /// `cmp_...`: into one campaign.
    #[param(value_type = Option<String>, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: Option<CampaignId>,
    /// `uploaded`, `reviewing`, `reviewed`, `running`, `finished`, `failed`, `undoing` or `undone`.
    #[param(value_type = Option<String>, pattern = "^(uploaded|reviewing|reviewed|running|finished|failed|undoing|undone)$")]
    status: Option<ImportStatus>,
    /// How many rows at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the imports, newest first.
#[utoipa::path(get, path = "/v1/imports", tag = "imports", params(ImportsQuery),
    responses((status = 200, body = schema::Listed<schema::imports::Import>)), security(("key" = ["leads:read"])))]
pub(crate) async fn list_imports(
    State(app): State<Arc<App>>,
    key: Key<LeadsRead>,
    Query(query): Query<ImportsQuery>,
) -> Result<Json<Listed<Import>>, Problem> {
    let page = page(query.limit, query.cursor)?;
    if let Some(campaign) = query.campaign {
        app.store.campaign(key.of(), campaign).await?;
    }
    let filter = ImportFilter { campaign: query.campaign, status: query.status };
    Ok(Json(app.store.imports(key.of(), &filter, &page).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn by_campaign_status_and_page() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/imports?campaign={campaign}");
        for name in ["a.csv", "b.csv"] {
            assert_eq!(
                host.upload(&format!("{path}&file_name={name}"), "text/csv", "phone\n+14155552671\n").await.status,
                201
            );
        }
        let first = host.get(Some(&host.live), &format!("{path}&status=uploaded&limit=1")).await;
        assert_eq!((first.status, &first.body["data"][0]["file_name"]), (200, &"b.csv".into()), "{}", first.text);
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let second = host.get(Some(&host.live), &format!("{path}&limit=1&cursor={cursor}")).await;
        assert_eq!(second.body["data"][0]["file_name"], "a.csv");
        let none = host.get(Some(&host.live), "/v1/imports?status=running").await;
        assert_eq!(none.body["data"].as_array().map(Vec::len), Some(0));
    }
}
