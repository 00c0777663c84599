//! `GET /api/user/phone-numbers` and `GET /api/user/assistants/phone-numbers`: a bare list.
//! `GET /api/user/phone-numbers/all`: the same within `data`.
//!
//! The numbers are those that the account's assistants call from. A number is no object of its own here, so its id is what
//! it is: its digits, with the country code. They fit into what every client calls an integer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantKey;
use campanile_domain::phone::Phone;
use serde::Serialize;

use super::phones;
use crate::api::hosted::caller::{Asked, Caller};
use crate::api::hosted::refusal::Refusal;
use crate::app::App;
use crate::auth::CampaignsRead;

/// A number to call from.
#[derive(Serialize)]
pub(crate) struct Number {
    id: u64,
    phone_number: String,
    r#type: &'static str,
    type_label: &'static str,
    sms_capable: bool,
    is_available: bool,
}

impl From<Phone> for Number {
    fn from(phone: Phone) -> Self {
        Self {
            id: phone.digits(),
            phone_number: phone.to_string(),
            r#type: "caller_id",
            type_label: "Caller ID",
            sms_capable: false,
            is_available: true,
        }
    }
}

/// Numbers within `data`.
#[derive(Serialize)]
pub(crate) struct Numbers {
    data: Vec<Number>,
}

/// Lists the numbers to call from; those for calls that come in are none.
pub(crate) async fn list_numbers(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsRead>,
    Asked(mut given): Asked,
) -> Result<Json<Vec<Number>>, Refusal> {
    let kind = given.word("type", &["inbound", "outbound"]);
    given.finish()?;
    let all = all(&app, caller.key.of()).await?;
    Ok(Json(if kind.as_deref() == Some("inbound") { Vec::new() } else { all }))
}

/// Lists the numbers to call from, within `data`.
pub(crate) async fn list_all_numbers(
    State(app): State<Arc<App>>,
    caller: Caller<CampaignsRead>,
) -> Result<Json<Numbers>, Refusal> {
    Ok(Json(Numbers { data: all(&app, caller.key.of()).await? }))
}

async fn all(app: &App, tenant: TenantKey) -> Result<Vec<Number>, Refusal> {
    Ok(phones(&app.store.assistants(tenant).await?).into_iter().map(Number::from).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn numbers_are_listed_once_with_ids_that_name_them() {
        let host = Host::new().await;
        for _ in 0..2 {
            host.assistant().await;
        }
        let number = json!({"id": 14_155_552_670_i64, "phone_number": "+14155552670", "type": "caller_id",
            "type_label": "Caller ID", "sms_capable": false, "is_available": true});
        for path in ["/api/user/phone-numbers", "/api/user/assistants/phone-numbers?type=outbound"] {
            assert_eq!(host.get(Some(&host.live), path).await.body, json!([number]), "{path}");
        }
        assert_eq!(host.get(Some(&host.live), "/api/user/phone-numbers/all").await.body, json!({"data": [number]}));
        assert_eq!(host.get(Some(&host.live), "/api/user/assistants/phone-numbers?type=inbound").await.body, json!([]));
        assert_eq!(host.get(Some(&host.live), "/api/user/phone-numbers?type=web").await.status, 422);
        assert_eq!(host.get(Some(&host.stranger), "/api/user/phone-numbers").await.body, json!([]));
    }
}
