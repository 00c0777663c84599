//! `GET /v1/tenants/{id}`: one account.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantId;
use campanile_domain::ports::store::Tenant;

use crate::app::App;
use crate::auth::Operator;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::tenants as schema;

/// One account, or a test twin.
#[utoipa::path(get, path = "/v1/tenants/{id}", tag = "tenants", params(("id" = String, Path, description = "`ten_...`")),
    responses((status = 200, body = schema::Tenant)), security(("operator" = [])))]
pub(crate) async fn get_tenant(
    State(app): State<Arc<App>>,
    _: Operator,
    Id(id): Id<TenantId>,
) -> Result<Json<Tenant>, Problem> {
    Ok(Json(app.store.tenant_by_id(id).await?))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn the_operator_sees_one_account() {
        let host = Host::new().await;
        let path = format!("/v1/tenants/{}", host.tenant);
        let found = host.get(Some(&host.operator), &path).await;
        assert_eq!((found.status, &found.body["name"]), (200, &"Harbour Dental".into()));
        let nobody = "/v1/tenants/ten_00000000000000000000000000";
        assert_eq!(host.get(Some(&host.operator), nobody).await.problem(), (404, "CE0004"));
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (403, "CE0003"));
    }
}
