//! `PATCH /v1/tenants/{id}`: limits, and suspending.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantId;
use campanile_domain::ports::store::{Tenant, TenantLimits};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check_limits;
use crate::app::App;
use crate::auth::Operator;
use crate::body::{Body, typed};
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::tenants as schema;

/// A change of an account; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantPatch {
    /// Limits by name; those that are left out stay, null takes an optional one away.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    limits: Option<Map<String, Value>>,
    /// True: no call is made until it is false again.
    #[serde(default)]
    suspended: Option<bool>,
}

/// Changes the limits of an account, or suspends it.
#[utoipa::path(patch, path = "/v1/tenants/{id}", tag = "tenants", params(("id" = String, Path, description = "`ten_...`")),
    request_body(content = TenantPatch, example = json!({"limits": {"max_concurrent_calls": 40}, "suspended": false})),
    responses((status = 200, body = schema::Tenant)), security(("operator" = [])))]
pub(crate) async fn patch_tenant(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id<TenantId>,
    Body(patch): Body<TenantPatch>,
) -> Result<Json<Tenant>, Problem> {
    let tenant = app.store.tenant_by_id(id).await?;
    let limits = merged(&tenant.limits, patch.limits.unwrap_or_default())?;
    let suspended = patch.suspended.unwrap_or(tenant.suspended);
    let changed = app.store.update_tenant(&operator.writes(&app, tenant.key), limits, suspended).await?;
    app.engine.tenants_changed();
    Ok(Json(changed))
}

fn merged(limits: &TenantLimits, named: Map<String, Value>) -> Result<TenantLimits, Problem> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(limits) else {
        return Err(Problem::internal("limits are no object"));
    };
    all.extend(named);
    let under = |fault: FieldProblem| fault.under("/limits");
    let limits: TenantLimits =
        typed(Value::Object(all)).map_err(|faults| Problem::invalid(faults.into_iter().map(under).collect()))?;
    let mut faults = Vec::new();
    check_limits(&limits, &mut faults);
    if faults.is_empty() { Ok(limits) } else { Err(Problem::invalid(faults)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn named_limits_change_and_the_others_stay() {
        let host = Host::new().await;
        let path = format!("/v1/tenants/{}", host.tenant);
        let patch = json!({"limits": {"calls_per_second": 2.5}, "suspended": true});
        let changed = host.patch(Some(&host.operator), &path, patch).await;
        assert_eq!(changed.status, 200);
        assert_eq!(changed.body["limits"]["calls_per_second"], 2.5);
        assert_eq!(
            (&changed.body["limits"]["min_gap_minutes"], &changed.body["suspended"]),
            (&10.into(), &true.into())
        );
        let again = host.patch(Some(&host.operator), &path, json!({"limits": {"calls_per_second": null}})).await;
        assert_eq!((&again.body["limits"]["calls_per_second"], &again.body["suspended"]), (&json!(null), &true.into()));
    }

    #[tokio::test]
    async fn faults_point_into_the_limits() {
        let host = Host::new().await;
        let path = format!("/v1/tenants/{}", host.tenant);
        let answer =
            host.patch(Some(&host.operator), &path, json!({"limits": {"max_calls": 1, "min_gap_minutes": "x"}})).await;
        assert_eq!(answer.problem(), (422, "CE0007"));
        let mut pointers = answer.pointers();
        pointers.sort();
        assert_eq!(pointers, ["/limits/max_calls", "/limits/min_gap_minutes"]);
        let nobody = "/v1/tenants/ten_00000000000000000000000000";
        assert_eq!(host.patch(Some(&host.operator), nobody, json!({})).await.problem(), (404, "CE0004"));
    }
}
