//! `POST /v1/connections`: credentials that a person is to give.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::plugin::auth::{AuthBlock, Credential};
use campanile_domain::plugin::secrets::Secrets;
use campanile_domain::ports::store::NewConnection;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{ConsentWanted, ask, block, speaking};
use crate::api::v1::check_name;
use crate::api::v1::plugins::must_be_granted;
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::problem::{FieldProblem, Problem};

/// A connection that somebody wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectionRequest {
    /// The plugin whose auth block it fills in.
    plugin: String,
    /// The block; its style is `oauth2-authorization-code`.
    auth: String,
    /// For people; 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// The settings that the block names.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// The secrets that the block names; they are sealed and never shown again.
    #[serde(default)]
    #[schema(value_type = Object)]
    secrets: Map<String, Value>,
}

/// Makes a connection and answers where a person consents to it.
#[utoipa::path(post, path = "/v1/connections", tag = "connections",
    request_body(content = ConnectionRequest, example = json!({"plugin": "acme-crm", "auth": "crm", "name": "CRM of Ann", "secrets": {"client_secret": "the secret"}})),
    responses((status = 201, body = ConsentWanted)), security(("key" = ["plugins:write"])))]
pub(crate) async fn create_connection(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Body(request): Body<ConnectionRequest>,
) -> Result<(StatusCode, Json<ConsentWanted>), Problem> {
    let ConnectionRequest { plugin, auth, name, settings, secrets } = request;
    let version = speaking(&app, key.of(), &plugin).await?;
    let mut faults = Vec::new();
    check_name(&name, &mut faults);
    let Some(block) = block(&version, &auth) else {
        let message = format!("{plugin}@{} has no block {auth:?} that asks a person for consent", version.version);
        faults.push(FieldProblem::new("/auth", "unknown_block", message));
        return Err(Problem::invalid(faults));
    };
    let secrets = filled(block, &settings, secrets, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    must_be_granted(&app, key.of(), &version).await?;
    let new = NewConnection { plugin, auth, name, settings: Value::Object(settings), secrets };
    let ctx = key.writes(&app);
    let connection = app.store.create_connection(&ctx, new).await?;
    let wanted = ask(&app, &ctx, connection, &version, block).await?;
    Ok((StatusCode::CREATED, Json(wanted)))
}

/// What the block names, and nothing else.
fn filled(
    block: &AuthBlock,
    settings: &Map<String, Value>,
    mut given: Map<String, Value>,
    faults: &mut Vec<FieldProblem>,
) -> Secrets {
    let mut secrets = Secrets::default();
    for credential in block.credentials() {
        let (list, name) = match credential {
            Credential::Setting(name) if settings.get(&name).is_some_and(Value::is_string) => continue,
            Credential::Text(_) => continue,
            Credential::Setting(name) => ("settings", name),
            Credential::Secret(name) => match given.shift_remove(&name) {
                Some(Value::String(value)) if !value.is_empty() => {
                    secrets.insert(name, value);
                    continue;
                }
                _ => ("secrets", name),
            },
        };
        let message = format!("the block needs {name:?}, a text");
        faults.push(FieldProblem::new(format!("/{list}/{name}"), "required", message));
    }
    faults.extend(given.into_iter().map(|(name, _)| {
        let message = format!("the block names no secret {name:?}");
        FieldProblem::new(format!("/secrets/{name}"), "unknown_field", message)
    }));
    secrets
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_connection_waits_for_a_person_and_shows_no_secret() {
        let host = Host::new().await;
        host.active_crm().await;
        let body = json!({"plugin": "acme-crm", "auth": "crm", "name": "CRM of Ann", "secrets": {"client_secret": "c-s3cr3t"}});
        let made = host.post(Some(&host.live), "/v1/connections", body).await;
        assert_eq!((made.status, &made.body["status"]), (201, &"pending".into()), "{}", made.text);
        let url = made.body["authorize_url"].as_str().unwrap();
        assert!(url.starts_with("https://login.acme.example/?state=") && url.contains("challenge="), "{url}");
        assert!(!made.text.contains("c-s3cr3t"));
    }

    #[tokio::test]
    async fn what_is_missing_is_told() {
        let host = Host::new().await;
        host.active_crm().await;
        let send = |body| host.post(Some(&host.live), "/v1/connections", body);
        let wrong = send(json!({"plugin": "acme-crm", "auth": "crm", "name": "", "secrets": {"other": "x"}})).await;
        assert_eq!(wrong.pointers(), ["/name", "/secrets/client_secret", "/secrets/other"]);
        let block = send(json!({"plugin": "acme-crm", "auth": "nothing", "name": "x"})).await;
        assert_eq!(block.codes(), ["unknown_block"]);
        assert_eq!(send(json!({"plugin": "nobody", "auth": "crm", "name": "x"})).await.problem(), (404, "CE0004"));
    }

    #[tokio::test]
    async fn what_was_not_granted_is_told() {
        let host = Host::new().await;
        host.staged("acme-crm 1.0.0 lead-importer").await;
        let body = json!({"plugin": "acme-crm", "auth": "crm", "name": "CRM", "secrets": {"client_secret": "c"}});
        let refused = host.post(Some(&host.live), "/v1/connections", body).await;
        assert_eq!((refused.problem(), refused.codes().len()), ((409, "CE0027"), 3), "{}", refused.text);
    }
}
