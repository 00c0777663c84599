//! `/v1/plugins/{name}/secrets`: the secrets of a plugin that is installed nowhere, such as an evaluator.
//!
//! Gateways, sources and sinks have secrets of their own; what a campaign names has one set, whatever campaign asks it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::plugin::{Kind, PluginRef};
use campanile_domain::ports::store::{SecretName, SecretOwner};
use serde::Serialize;
use utoipa::ToSchema;

use super::{in_force, versions_of};
use crate::api::v1::installing::{SecretValue, set_secret};
use crate::app::App;
use crate::auth::{Key, PluginsRead, PluginsWrite};
use crate::body::Body;
use crate::path::{Name, Secret};
use crate::problem::{FieldProblem, Problem};
use crate::schema::plugins as schema;

/// Names of secrets.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretList {
    /// By name.
    #[schema(value_type = Vec<schema::SecretName>)]
    data: Vec<SecretName>,
}

/// Lists which secrets of a plugin are set. Their values are never shown.
#[utoipa::path(get, path = "/v1/plugins/{name}/secrets", tag = "plugins", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = SecretList)), security(("key" = ["plugins:read"])))]
pub(crate) async fn list_plugin_secrets(
    State(app): State<Arc<App>>,
    key: Key<PluginsRead>,
    Name(name): Name,
) -> Result<Json<SecretList>, Problem> {
    versions_of(&app, key.of(), &name).await?;
    Ok(Json(SecretList { data: app.store.secret_names(key.of(), SecretOwner::Plugin(name)).await? }))
}

/// Sets a secret that an evaluator's manifest asks for, for every campaign that names it. The next call is read with it.
#[utoipa::path(put, path = "/v1/plugins/{name}/secrets/{secret}", tag = "plugins",
    params(("name" = String, Path, description = "The plugin's name"), ("secret" = String, Path, description = "The secret's name in the manifest")),
    request_body(content = SecretValue, example = json!({"value": "the key"})),
    responses((status = 200, body = schema::SecretName)), security(("key" = ["plugins:write"])))]
pub(crate) async fn put_plugin_secret(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    Secret(secret): Secret,
    Body(value): Body<SecretValue>,
) -> Result<Json<SecretName>, Problem> {
    let versions = versions_of(&app, key.of(), &name).await?;
    // The one in force, else the latest: a secret may be set before anything is activated.
    let version = versions.iter().find(|version| version.active).or(versions.last());
    let Some(version) = version.cloned() else { return Err(Problem::not_found("plugin")) };
    if version.kind != Kind::CallEvaluator.word() {
        let message =
            format!("{name} is a {}; set its secrets at the gateway, source or sink that uses it", version.kind);
        return Err(Problem::invalid(vec![FieldProblem::new("", "plugin_wrong_kind", message)]));
    }
    let owner = (SecretOwner::Plugin(name.clone()), "secret of this plugin");
    let plugin = PluginRef { name, version: Some(version.version.clone()) };
    let set = set_secret(&app, &key.writes(&app), owner, Some(&plugin), secret, value).await?;
    in_force(&app, key.of(), &version).await;
    Ok(Json(set))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn an_evaluator_is_given_its_secret_and_never_shows_it() {
        let host = Host::new().await;
        host.staged("acme-judge 1.0.0 call-evaluator").await;
        let put = |name: &str, value: &str| {
            let (host, path, body) =
                (&host, format!("/v1/plugins/acme-judge/secrets/{name}"), json!({ "value": value }));
            async move { host.send(Some(&host.live), "PUT", &path, Some(body)).await }
        };
        let set = put("token", "s3cr3t-value").await;
        assert_eq!((set.status, &set.body["name"]), (200, &"token".into()), "{}", set.text);
        let listed = host.get(Some(&host.live), "/v1/plugins/acme-judge/secrets").await;
        assert_eq!(listed.body["data"][0]["name"], "token", "{}", listed.text);
        assert!(!listed.text.contains("s3cr3t-value"));
        assert_eq!(put("other", "x").await.problem(), (404, "CE0004"));
        assert_eq!(put("token", "").await.pointers(), ["/value"]);
        assert_eq!(host.get(Some(&host.live), "/v1/plugins/nobody/secrets").await.problem(), (404, "CE0004"));
        host.active_plugin("1.0.0").await;
        let body = Some(json!({"value": "x"}));
        let gateway = host.send(Some(&host.live), "PUT", "/v1/plugins/acme-voice/secrets/token", body).await;
        assert_eq!((gateway.status, gateway.codes()), (422, vec!["plugin_wrong_kind".to_owned()]));
    }
}
