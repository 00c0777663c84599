//! `GET /api/user/me`: whose key it is, and what is left to spend.

use axum::Json;
use http::StatusCode;
use serde::Serialize;

use super::caller::AnyCaller;
use super::refusal::Refusal;

/// The account.
#[derive(Serialize)]
pub(crate) struct Me {
    name: String,
    /// An account here has none.
    email: Option<String>,
    /// In the account's currency; nothing where calls are not billed, because then no balance stands in the way of one.
    total_balance: Option<f64>,
}

/// Shows the account of the key.
pub(crate) async fn me(AnyCaller(found): AnyCaller) -> Result<Json<Me>, Refusal> {
    let Some(tenant) = found.tenant else {
        let message = "The operator's key opens no account; use a key of the account.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, message));
    };
    let total_balance = tenant.billing.is_some().then_some(tenant.available_micros.0 as f64 / 1e6);
    Ok(Json(Me { name: tenant.name, email: None, total_balance }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    #[tokio::test]
    async fn an_account_is_shown_with_its_balance_where_it_is_billed() {
        let host = Host::new().await;
        let me = host.get(Some(&host.live), "/api/user/me").await;
        assert_eq!(
            (me.status, &me.body),
            (200, &json!({"name": "Harbour Dental", "email": null, "total_balance": null}))
        );
        let billing =
            json!({"currency": "EUR", "tariff": {"per_minute_micros": 1, "minimum_seconds": 1, "rounding_seconds": 1}});
        let paid = host.post(Some(&host.operator), "/v1/tenants", json!({"name": "Paid", "billing": billing})).await;
        let path = format!("/v1/tenants/{}/top_up", paid.body["tenant"]["id"].as_str().unwrap());
        host.post(Some(&host.operator), &path, json!({"amount_micros": 12_500_000})).await;
        let key = paid.body["live_key"]["secret"].as_str().unwrap();
        assert_eq!(host.get(Some(key), "/api/user/me").await.body["total_balance"], json!(12.5));
        let operator = host.get(Some(&host.operator), "/api/user/me").await;
        assert_eq!((operator.status, operator.body["message"].is_string()), (403, true));
        assert_eq!(operator.body.get("code"), None::<&Value>);
    }
}
