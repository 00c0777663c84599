//! `GET /v1/tenants`: every account of this host, test twins included.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{Listed, Tenant};

use crate::app::App;
use crate::auth::Operator;
use crate::paging::{Paging, cut};
use crate::problem::Problem;
use crate::query::Query;
use crate::schema;

/// Lists the accounts, test twins included, oldest first.
#[utoipa::path(get, path = "/v1/tenants", tag = "tenants", params(Paging),
    responses((status = 200, body = schema::Listed<schema::tenants::Tenant>)), security(("operator" = [])))]
pub(crate) async fn list_tenants(
    State(app): State<Arc<App>>,
    _: Operator,
    Query(paging): Query<Paging>,
) -> Result<Json<Listed<Tenant>>, Problem> {
    let page = paging.page()?;
    let tenants = app.store.tenants().await?;
    cut(tenants, &page, |tenant| tenant.id.to_string()).map(Json)
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn the_operator_sees_all_and_pages_through_them() {
        let host = Host::new().await;
        let all = host.get(Some(&host.operator), "/v1/tenants").await;
        let ids: Vec<_> = all.body["data"].as_array().unwrap().iter().map(|tenant| tenant["id"].clone()).collect();
        assert_eq!(ids.len(), 4, "two accounts and their twins");
        let first = host.get(Some(&host.operator), "/v1/tenants?limit=3").await;
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let second = host.get(Some(&host.operator), &format!("/v1/tenants?limit=3&cursor={cursor}")).await;
        assert_eq!(second.body["data"][0]["id"], ids[3]);
        assert_eq!(host.get(Some(&host.operator), "/v1/tenants?limit=0").await.problem(), (400, "CE0011"));
        assert_eq!(host.get(Some(&host.operator), "/v1/tenants?page=2").await.pointers(), ["?page"]);
    }
}
