//! `POST /v1/assistants`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::Assistant;
use http::StatusCode;
use serde_json::{Map, Value};

use super::read;
use crate::app::App;
use crate::auth::{AssistantsWrite, Key};
use crate::body::Object;
use crate::problem::Problem;
use crate::schema::assistants as schema;

/// Makes an assistant.
#[utoipa::path(post, path = "/v1/assistants", tag = "assistants",
    request_body(content = schema::NewAssistant, example = json!({
        "name": "Mara", "time_zone": "America/New_York", "gateway": "gw_01k9zr2v9pfb1sxkh5gqd0m8ea",
        "phone_numbers": ["(415) 555-2671"],
        "variables": [{"name": "wants_visit", "kind": "boolean", "description": "Does the person want a visit?"}]})),
    responses((status = 201, body = schema::Assistant)), security(("key" = ["assistants:write"])))]
pub(crate) async fn create_assistant(
    State(app): State<Arc<App>>,
    key: Key<AssistantsWrite>,
    Object(body): Object,
) -> Result<(StatusCode, Json<Assistant>), Problem> {
    Ok((StatusCode::CREATED, Json(make(&app, &key, body).await?)))
}

/// Makes an assistant and tells the gateways.
pub(crate) async fn make(
    app: &App,
    key: &Key<AssistantsWrite>,
    body: Map<String, Value>,
) -> Result<Assistant, Problem> {
    let config = read(app, key.of(), body).await?;
    let made = app.store.create_assistant(&key.writes(app), config).await?;
    app.gateways.assistant_changed(&made).await;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn an_assistant_is_made_with_its_defaults() {
        let host = Host::new().await;
        let gateway = host.gateway().await;
        let body = json!({"name": "Mara", "time_zone": "america/new_york", "gateway": gateway, "phone_numbers": ["(415) 555-2671"]});
        let made = host.post(Some(&host.live), "/v1/assistants", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.body["phone_numbers"], json!(["+14155552671"]));
        assert_eq!((&made.body["time_zone"], &made.body["outbound"]), (&"America/New_York".into(), &true.into()));
        assert_eq!(made.body["ring_timeout_seconds"], 30);
    }

    #[tokio::test]
    async fn every_fault_is_told_at_once() {
        let host = Host::new().await;
        let body = json!({
            "name": "", "time_zone": "Europe/Berlin", "gateway": "gw_00000000000000000000000000", "ring_timeout_seconds": 2,
            "phone_numbers": ["12"], "variables": [{"name": "X", "kind": "boolean", "description": "?"}]});
        let answer = host.post(Some(&host.live), "/v1/assistants", body).await;
        assert_eq!(answer.problem(), (422, "CE0007"));
        let expected = ["/phone_numbers/0", "/name", "/ring_timeout_seconds", "/variables/0/name", "/gateway"];
        assert_eq!(answer.pointers(), expected);
        let zone =
            json!({"name": "x", "time_zone": "Mars/Olympus", "gateway": "gw_00000000000000000000000000", "nmae": 1});
        let answer = host.post(Some(&host.live), "/v1/assistants", zone).await;
        assert_eq!(answer.codes(), ["unknown_time_zone", "unknown_field"]);
    }
}
