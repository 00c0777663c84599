//! `POST /v1/suppressions`: from now on nobody dials the number.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::Suppression;
use http::StatusCode;
use serde_json::Value;

use super::{SuppressionBody, read, tell};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Object;
use crate::problem::Problem;
use crate::schema::privacy as schema;

/// Puts a number on the do-not-call list, in force before the next dial. Leads that wait and have no other number end as
/// `suppressed: on_list`; a call that is under way is not hung up. A number that is there already keeps its reason.
#[utoipa::path(post, path = "/v1/suppressions", tag = "suppressions",
    request_body(content = SuppressionBody, example = json!({"phone": "+1 415-555-0155", "reason": "asked by mail"})),
    responses((status = 201, body = schema::Suppression), (status = 200, body = schema::Suppression, description = "It was there already")),
    security(("key" = ["leads:write"])))]
pub(crate) async fn create_suppression(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Object(body): Object,
) -> Result<(StatusCode, Json<Suppression>), Problem> {
    let new = read(Value::Object(body), None).map_err(Problem::invalid)?;
    let phone = new.phone;
    let done = app.store.suppress(&key.writes(&app), vec![new]).await?;
    tell(&app, &done);
    let status = if done.added == [true] { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(app.store.suppression(key.of(), &phone).await?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_number_is_put_on_the_list_once_and_its_leads_end() {
        let host = Host::new().await;
        let lead = host.lead(&host.campaign().await, "+14155552671").await;
        let body = json!({"phone": "(415) 555-2671", "default_region": "US", "reason": "asked by mail"});
        let made = host.post(Some(&host.live), "/v1/suppressions", body).await;
        assert_eq!((made.status, &made.body["phone"]), (201, &"+14155552671".into()), "{}", made.text);
        assert!(made.body["by"].as_str().unwrap().starts_with("key_"));
        let again = host.post(Some(&host.live), "/v1/suppressions", json!({"phone": "+14155552671"})).await;
        assert_eq!((again.status, &again.body["reason"]), (200, &"asked by mail".into()));
        let ended = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await;
        assert_eq!((&ended.body["status"], &ended.body["reason"]), (&"suppressed".into(), &"on_list".into()));
        assert_eq!(host.get(Some(&host.stranger), "/v1/suppressions").await.body["data"], json!([]));
    }

    #[tokio::test]
    async fn every_fault_is_told() {
        let host = Host::new().await;
        let body = json!({"phone": "12", "reason": "", "default_region": "Atlantis"});
        let told = host.post(Some(&host.live), "/v1/suppressions", body).await;
        assert_eq!(told.problem(), (422, "CE0007"));
        assert_eq!(told.pointers(), ["/default_region", "/reason", "/phone"]);
    }
}
