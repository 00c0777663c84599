//! `POST /v1/gateways`: installs a gateway; the engine may dial through it at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{GatewayRow, NewGateway};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::PLUGIN;
use crate::api::v1::plugins::must_be_granted;
use crate::api::v1::{check_name, installing};
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
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// `simulated` is the carrier inside; `carrier` is one in a process of its own; `plugin` is a plugin's.
    #[schema(pattern = "^(simulated|carrier|plugin)$")]
    kind: String,
    /// With kind `plugin`: which one, pinned to a version (`acme-voice@1.0.0`) or following the active one
    /// (`acme-voice@active`).
    #[serde(default)]
    #[schema(pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    plugin: Option<String>,
    /// The kind's own settings.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// With kind `plugin`: the secrets that its manifest asks for, by name. They are sealed and never shown again.
    #[serde(default)]
    #[schema(value_type = Object)]
    secrets: Map<String, Value>,
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
    let new = if request.kind == PLUGIN {
        of_a_plugin(&app, key.of(), request, &mut faults).await?
    } else {
        built_in(&app, request, &mut faults)
    };
    let Some(new) = new.filter(|_| faults.is_empty()) else { return Err(Problem::invalid(faults)) };
    let gateway = app.store.create_gateway(&key.writes(&app), new).await?;
    app.gateways.installed(&gateway).await;
    let hook_url = format!("{}/hooks/gateways/{}/{}", app.config.public_url, gateway.id, gateway.hook_token);
    Ok((StatusCode::CREATED, Json(CreatedGateway { gateway, hook_url })))
}

fn built_in(app: &App, request: GatewayRequest, faults: &mut Vec<FieldProblem>) -> Option<NewGateway> {
    let GatewayRequest { name, kind, plugin, settings, secrets } = request;
    for (field, given) in [("plugin", plugin.is_some()), ("secrets", !secrets.is_empty())] {
        if given {
            let message = format!("a gateway of kind {kind:?} has none; leave it out, or send the kind \"plugin\"");
            faults.push(FieldProblem::new(format!("/{field}"), "not_for_kind", message));
        }
    }
    match app.gateways.check(&kind, &Value::Object(settings)) {
        Ok(settings) => Some(NewGateway::built_in(name, kind, settings)),
        Err(more) => {
            faults.extend(more.into_iter().map(FieldProblem::from));
            None
        }
    }
}

async fn of_a_plugin(
    app: &App,
    tenant: TenantKey,
    request: GatewayRequest,
    faults: &mut Vec<FieldProblem>,
) -> Result<Option<NewGateway>, Problem> {
    let GatewayRequest { name, kind, plugin, settings, secrets } = request;
    // Whether this host may have such gateways at all; what the settings must be is the plugin's own.
    let allowed = app.gateways.check(&kind, &Value::Object(settings.clone()));
    faults.extend(allowed.err().into_iter().flatten().map(FieldProblem::from));
    let named = installing::named(app, tenant, Kind::VoiceGateway, plugin.as_deref(), faults).await?;
    let Some((plugin, version)) = named else { return Ok(None) };
    let settings = Value::Object(settings);
    installing::check_settings(app, tenant, &version, &settings, faults).await;
    let secrets = installing::secrets(version.manifest.as_ref(), secrets, faults);
    if faults.is_empty() {
        must_be_granted(app, tenant, &version).await?;
    }
    Ok(Some(NewGateway { plugin: Some(plugin), secrets, ..NewGateway::built_in(name, kind, settings) }))
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
    async fn a_plugin_is_installed_with_its_secrets_which_are_never_shown() {
        let host = Host::new().await;
        host.active_plugin("1.0.0").await;
        let body = json!({"name": "Acme", "kind": "plugin", "plugin": "acme-voice@active", "settings": {"account": "a"},
            "secrets": {"token": "s3cr3t-value"}});
        let made = host.post(Some(&host.live), "/v1/gateways", body).await;
        assert_eq!((made.status, &made.body["plugin"]), (201, &"acme-voice@active".into()), "{}", made.text);
        assert!(!made.text.contains("s3cr3t-value"));
        let path = format!("/v1/gateways/{}", made.body["id"].as_str().unwrap());
        assert_eq!(host.secret_of(&path, "token").await, "s3cr3t-value");
        let built_in = json!({"name": "x", "kind": "simulated", "plugin": "acme-voice", "secrets": {"a": "b"}});
        let refused = host.post(Some(&host.live), "/v1/gateways", built_in).await;
        assert_eq!(refused.pointers(), ["/plugin", "/secrets"]);
    }

    #[tokio::test]
    async fn what_a_plugin_lacks_is_told_at_once() {
        let host = Host::new().await;
        let send = |plugin: &str, secrets: serde_json::Value| {
            let body = json!({"name": "Acme", "kind": "plugin", "plugin": plugin, "settings": {}, "secrets": secrets});
            host.post(Some(&host.live), "/v1/gateways", body)
        };
        let unknown = send("acme-voice@active", json!({})).await;
        assert_eq!((unknown.problem(), unknown.codes()), ((422, "CE0007"), vec!["unknown_plugin".to_owned()]));
        host.staged_plugin("1.0.0").await;
        let wrong = send("acme-voice@1.0.0", json!({"tokn": "x"})).await;
        assert_eq!(wrong.pointers(), ["/settings/account", "/secrets/token", "/secrets/tokn"]);
        let body = json!({"name": "Acme", "kind": "plugin", "plugin": "acme-voice@1.0.0", "settings": {"account": "a"},
            "secrets": {"token": "t"}});
        let refused = host.post(Some(&host.live), "/v1/gateways", body).await;
        assert_eq!((refused.problem(), refused.codes().len()), ((409, "CE0027"), 3));
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
