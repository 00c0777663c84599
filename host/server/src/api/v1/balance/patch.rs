//! `PATCH /v1/balance`: below which amount the account is told.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::money::Micros;
use campanile_domain::ports::store::Balance;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::v1::named;
use crate::app::App;
use crate::auth::{Admin, Key};
use crate::body::Body;
use crate::problem::{FieldProblem, Problem};
use crate::schema::balance as schema;

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BalancePatch {
    /// More than 0, in millionths of the currency's unit: with less available `balance.low` is told. Null: never.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<i64>, minimum = 1)]
    low_below_micros: Option<Option<Micros>>,
}

/// Names the amount below which `balance.low` is told: once, until a top-up brings what is available above it. At once when it is
/// below already.
#[utoipa::path(patch, path = "/v1/balance", tag = "balance",
    request_body(content = BalancePatch, example = json!({"low_below_micros": 20_000_000})),
    responses((status = 200, body = schema::Balance), (status = 409, description = "Nothing is charged to the account")),
    security(("key" = ["admin"])))]
pub(crate) async fn patch_balance(
    State(app): State<Arc<App>>,
    key: Key<Admin>,
    Body(patch): Body<BalancePatch>,
) -> Result<Json<Balance>, Problem> {
    let Some(below) = patch.low_below_micros else { return Ok(Json(app.store.balance(key.of()).await?)) };
    if let Some(Micros(amount @ ..=0)) = below {
        let message = format!("{amount} is not more than 0; null says that nobody is told");
        return Err(Problem::invalid(vec![FieldProblem::new("/low_below_micros", "range", message)]));
    }
    Ok(Json(app.store.set_low_below(&key.writes(&app), below).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_names_what_is_little() {
        let host = Host::new().await;
        let key = host.billed_account(5_000_000).await;
        let patch = |body| host.patch(Some(&key), "/v1/balance", body);
        let named = patch(json!({"low_below_micros": 6_000_000})).await;
        assert_eq!((named.status, &named.body["low_below_micros"]), (200, &json!(6_000_000)), "{}", named.text);
        let told = host.get(Some(&key), "/v1/events?types=balance.low").await;
        let balance = &told.body["data"][0]["data"]["balance"];
        assert_eq!(balance["available_micros"], 5_000_000, "it is below already: {}", told.text);
        assert_eq!(patch(json!({})).await.body, named.body);
        assert_eq!(patch(json!({"low_below_micros": null})).await.body["low_below_micros"], json!(null));
        assert_eq!(patch(json!({"low_below_micros": 0})).await.problem(), (422, "CE0007"));
    }

    #[tokio::test]
    async fn without_billing_nothing_is_little() {
        let host = Host::new().await;
        let refused = host.patch(Some(&host.live), "/v1/balance", json!({"low_below_micros": 1})).await;
        assert_eq!((refused.problem(), refused.codes()), ((409, "CE0015"), vec!["billing_off".to_owned()]));
    }
}
