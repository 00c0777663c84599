//! `GET /v1/balance`: what is left of the account's money.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::Balance;

use crate::app::App;
use crate::auth::{CampaignsRead, Key};
use crate::problem::Problem;
use crate::schema::balance as schema;

/// Says what the account has, what of it is set aside for calls under way, and what the next call needs.
#[utoipa::path(get, path = "/v1/balance", tag = "balance",
    responses((status = 200, body = schema::Balance)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn get_balance(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
) -> Result<Json<Balance>, Problem> {
    Ok(Json(app.store.balance(key.of()).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_billed_account_sees_what_is_left() {
        let host = Host::new().await;
        let key = host.billed_account(5_000_000).await;
        let left = host.get(Some(&key), "/v1/balance").await;
        let wanted = json!({"billing": true, "currency": "EUR", "balance_micros": 5_000_000, "reserved_micros": 0,
            "available_micros": 5_000_000, "next_call_micros": 60_000, "low_below_micros": null});
        assert_eq!((left.status, left.body), (200, wanted));
    }

    #[tokio::test]
    async fn without_billing_everything_is_nothing() {
        let host = Host::new().await;
        let left = host.get(Some(&host.live), "/v1/balance").await;
        assert_eq!((left.status, &left.body["billing"], &left.body["currency"]), (200, &json!(false), &json!(null)));
        assert_eq!(left.body["available_micros"], 0);
    }
}
