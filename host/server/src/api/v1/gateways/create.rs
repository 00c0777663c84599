//! `POST /v1/gateways`: installs a gateway; the engine may dial through it at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ports::store::{GatewayRow, NewGateway};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::v1::check_name;
use crate::app::App;
use crate::auth::{AssistantsWrite, Key};
use crate::body::Body;
use crate::codes;
use crate::problem::{FieldProblem, Problem};
use crate::schema::assistants as schema;

/// The only kind that a test twin may use.
const SIMULATED: &str = "simulated";

/// A gateway that somebody wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayRequest {
    /// For people; 1 to 255 characters.
    name: String,
    /// `simulated` is the carrier inside; `carrier` is one in a process of its own.
    kind: String,
    /// The kind's own settings.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: serde_json::Map<String, Value>,
}

/// A new gateway.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedGateway {
    /// The gateway.
    #[serde(flatten)]
    #[schema(value_type = schema::Gateway, inline)]
    gateway: GatewayRow,
    /// Where the provider sends its events. It holds a secret and is shown this once; every dial carries it too.
    hook_url: String,
}

/// Installs a gateway.
#[utoipa::path(post, path = "/v1/gateways", tag = "gateways",
    request_body(content = GatewayRequest, example = json!({"name": "rehearsal carrier", "kind": "simulated"})),
    responses((status = 201, body = CreatedGateway)), security(("key" = ["assistants:write"])))]
pub(crate) async fn create_gateway(
    State(app): State<Arc<App>>,
    key: Key<AssistantsWrite>,
    Body(request): Body<GatewayRequest>,
) -> Result<(StatusCode, Json<CreatedGateway>), Problem> {
    if key.tenant.is_test() && request.kind != SIMULATED {
        let detail = format!(
            "a test account cannot have a gateway of kind {:?}: only \"simulated\" is sure never to reach a person; use a live key for others",
            request.kind
        );
        return Err(Problem::new(&codes::SIMULATED_ONLY, detail));
    }
    let mut faults = Vec::new();
    check_name(&request.name, &mut faults);
    let settings = match app.gateways.check(&request.kind, &Value::Object(request.settings)) {
        Ok(settings) => settings,
        Err(more) => {
            faults.extend(more.into_iter().map(FieldProblem::from));
            Value::Null
        }
    };
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let new = NewGateway::built_in(request.name, request.kind, settings);
    let gateway = app.store.create_gateway(&key.writes(&app), new).await?;
    app.gateways.installed(&gateway).await;
    let hook_url = format!("{}/hooks/gateways/{}/{}", app.config.public_url, gateway.id, gateway.hook_token);
    Ok((StatusCode::CREATED, Json(CreatedGateway { gateway, hook_url })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_new_gateway_is_told_to_the_wiring_and_shows_its_hook_once() {
        let host = Host::new().await;
        let made = host.post(Some(&host.live), "/v1/gateways", json!({"name": "sim", "kind": "simulated"})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.body["id"].as_str().unwrap();
        assert!(host.installed().contains(&id.to_owned()));
        let prefix = format!("https://calls.example/hooks/gateways/{id}/");
        let token = made.body["hook_url"].as_str().unwrap().strip_prefix(&prefix).unwrap();
        assert!(token.len() >= 20);
        let read = host.get(Some(&host.live), &format!("/v1/gateways/{id}")).await;
        assert!(!read.text.contains(token));
    }

    #[tokio::test]
    async fn faults_of_kind_and_settings_are_told() {
        let host = Host::new().await;
        let body = json!({"name": "", "kind": "pigeon"});
        let answer = host.post(Some(&host.live), "/v1/gateways", body).await;
        assert_eq!((answer.problem(), answer.pointers()), ((422, "CE0007"), vec!["/name".into(), "/kind".into()]));
    }

    #[tokio::test]
    async fn a_test_account_only_simulates() {
        let host = Host::new().await;
        let carrier = json!({"name": "real", "kind": "carrier", "settings": {"url": "https://carrier.example"}});
        assert_eq!(host.post(Some(&host.test), "/v1/gateways", carrier.clone()).await.problem(), (409, "CE0016"));
        assert_eq!(host.post(Some(&host.live), "/v1/gateways", carrier).await.status, 201);
        let simulated = json!({"name": "sim", "kind": "simulated"});
        assert_eq!(host.post(Some(&host.test), "/v1/gateways", simulated).await.status, 201);
    }
}
