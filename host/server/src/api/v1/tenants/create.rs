//! `POST /v1/tenants`: the operator makes an account. Its test twin and an admin key for each come with it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::{NewTenant, Tenant};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::check_limits;
use crate::api::v1::check_name;
use crate::api::v1::keys::{NewSecret, issue};
use crate::app::App;
use crate::auth::Operator;
use crate::body::Body;
use crate::problem::Problem;
use crate::schema::tenants as schema;
use crate::secret::KeyKind;

/// A new account, with its keys. They are shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedTenant {
    /// The account.
    #[schema(value_type = schema::Tenant)]
    tenant: Tenant,
    /// Its test twin, whose gateways can only be simulated.
    #[schema(value_type = schema::Tenant)]
    test_tenant: Tenant,
    /// An admin key of the account.
    live_key: NewSecret,
    /// An admin key of the test twin.
    test_key: NewSecret,
}

/// Makes an account with its test twin and an admin key for each.
#[utoipa::path(post, path = "/v1/tenants", tag = "tenants",
    request_body(content = schema::NewTenant, example = json!({"name": "Harbour Dental", "limits": {"max_concurrent_calls": 20}})),
    responses((status = 201, body = CreatedTenant)), security(("operator" = [])))]
pub(crate) async fn create_tenant(
    State(app): State<Arc<App>>,
    operator: Operator,
    Body(new): Body<NewTenant>,
) -> Result<(StatusCode, Json<CreatedTenant>), Problem> {
    let mut faults = Vec::new();
    check_name(&new.name, &mut faults);
    check_limits(&new.limits, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let tenant = app.store.create_tenant(&operator.writes(&app, TenantKey(0)), new).await?;
    let test_tenant = app.store.twin_of(tenant.key).await?;
    let admin = || vec!["admin".to_owned()];
    let ctx = operator.writes(&app, tenant.key);
    let live_key = issue(&app, &ctx, KeyKind::Live, "first key", admin(), None).await?;
    let ctx = operator.writes(&app, test_tenant.key);
    let test_key = issue(&app, &ctx, KeyKind::Test, "first key", admin(), None).await?;
    app.plugins.allowance(tenant.key, &tenant.limits.plugins);
    app.plugins.allowance(test_tenant.key, &test_tenant.limits.plugins);
    app.engine.tenants_changed();
    Ok((StatusCode::CREATED, Json(CreatedTenant { tenant, test_tenant, live_key, test_key })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_comes_with_its_twin_and_both_keys() {
        let host = Host::new().await;
        let made = host.post(Some(&host.operator), "/v1/tenants", json!({"name": "Acme"})).await;
        assert_eq!(made.status, 201);
        assert_eq!(made.body["test_tenant"]["twin_of"], made.body["tenant"]["id"]);
        for (field, prefix) in [("live_key", "cpn_live_"), ("test_key", "cpn_test_")] {
            let secret = made.body[field]["secret"].as_str().unwrap();
            assert!(secret.starts_with(prefix));
            assert_eq!(host.get(Some(secret), "/v1/me").await.status, 200);
        }
    }

    #[tokio::test]
    async fn every_fault_is_listed() {
        let host = Host::new().await;
        let body = json!({"name": "", "limits": {"max_concurrent_calls": 0, "calls_per_second": 0.0}});
        let answer = host.post(Some(&host.operator), "/v1/tenants", body).await;
        assert_eq!(answer.problem(), (422, "CE0007"));
        assert_eq!(answer.pointers(), ["/name", "/limits/max_concurrent_calls", "/limits/calls_per_second"]);
    }
}
