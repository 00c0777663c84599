//! `POST /v1/tenants/{id}/top_up`: the operator adds to an account's balance.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantId;
use campanile_domain::money::Micros;
use campanile_domain::ports::store::Tenant;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Operator;
use crate::body::Body;
use crate::codes;
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::tenants as schema;

/// An amount to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopUp {
    /// More than 0, in millionths of the unit of the account's currency: 10000000 is ten euros.
    #[schema(value_type = i64, minimum = 1)]
    amount_micros: Micros,
}

/// Adds to the balance of an account.
#[utoipa::path(post, path = "/v1/tenants/{id}/top_up", tag = "tenants", params(("id" = String, Path, description = "`ten_...`")),
    request_body(content = TopUp, example = json!({"amount_micros": 10_000_000})),
    responses((status = 200, body = schema::Tenant)), security(("operator" = [])))]
pub(crate) async fn top_up_tenant(
    State(app): State<Arc<App>>,
    operator: Operator,
    Id(id): Id<TenantId>,
    Body(top_up): Body<TopUp>,
) -> Result<Json<Tenant>, Problem> {
    if top_up.amount_micros <= Micros::ZERO {
        let message = format!("{} is not more than 0; a balance is only ever topped up", top_up.amount_micros.0);
        return Err(Problem::invalid(vec![FieldProblem::new("/amount_micros", "range", message)]));
    }
    let tenant = app.store.tenant_by_id(id).await?;
    if tenant.billing.is_none() {
        let detail =
            "billing is off for this account, so it has no balance; make the account with billing to charge it";
        return Err(Problem::new(&codes::CONFLICT, detail).with([FieldProblem::new("", "billing_off", detail)]));
    }
    let changed = app.store.top_up(&operator.writes(&app, tenant.key), top_up.amount_micros).await?;
    app.engine.tenants_changed();
    Ok(Json(changed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_billed_account_gets_its_balance() {
        let host = Host::new().await;
        let tariff = json!({"per_minute_micros": 60_000, "minimum_seconds": 0, "rounding_seconds": 1});
        let billed = json!({"name": "Billed", "billing": {"currency": "EUR", "tariff": tariff}});
        let made = host.post(Some(&host.operator), "/v1/tenants", billed).await;
        let path = format!("/v1/tenants/{}/top_up", made.body["tenant"]["id"].as_str().unwrap());
        let topped = host.post(Some(&host.operator), &path, json!({"amount_micros": 5_000_000})).await;
        assert_eq!((topped.status, &topped.body["available_micros"]), (200, &5_000_000.into()));
        let negative = host.post(Some(&host.operator), &path, json!({"amount_micros": -1})).await;
        assert_eq!((negative.problem(), negative.pointers()), ((422, "CE0007"), vec!["/amount_micros".to_owned()]));
    }

    #[tokio::test]
    async fn without_billing_there_is_nothing_to_top_up() {
        let host = Host::new().await;
        let path = format!("/v1/tenants/{}/top_up", host.tenant);
        let answer = host.post(Some(&host.operator), &path, json!({"amount_micros": 1})).await;
        assert_eq!(answer.problem(), (409, "CE0015"));
    }
}
