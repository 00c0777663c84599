//! `POST /v1/plugins/{name}/grants`: a person lets a plugin have what one of its versions asks for.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::plugin::grants::Ask;
use serde::Deserialize;
use utoipa::ToSchema;

use super::list_grants::GrantList;
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::path::Name;
use crate::problem::{FieldProblem, Problem};

/// What is granted, item by item, so that nobody grants what they did not see.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantRequest {
    /// The version that asks. An auth block is granted as it is written there.
    version: String,
    /// Where it may send requests, written as it asks.
    #[serde(default)]
    hosts: Vec<String>,
    /// The secrets that it may be lent.
    #[serde(default)]
    secrets: Vec<String>,
    /// The auth blocks that may be added to its requests.
    #[serde(default)]
    auth: Vec<String>,
}

/// Grants what a version asks for. What was granted before stays.
#[utoipa::path(post, path = "/v1/plugins/{name}/grants", tag = "plugins", params(("name" = String, Path, description = "Its name")),
    request_body(content = GrantRequest, example = json!({"version": "1.0.0", "hosts": ["api.acme.example"], "secrets": ["token"], "auth": ["account"]})),
    responses((status = 200, body = GrantList)), security(("key" = ["plugins:write"])))]
pub(crate) async fn grant(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    Body(request): Body<GrantRequest>,
) -> Result<Json<GrantList>, Problem> {
    let version = app.store.plugin_version(key.of(), &name, &request.version).await?;
    let asked = version.manifest.as_ref().map(|manifest| manifest.asks()).unwrap_or_default();
    let (mut asks, mut faults) = (Vec::new(), Vec::new());
    for (what, field, items) in
        [("host", "hosts", request.hosts), ("secret", "secrets", request.secrets), ("auth", "auth", request.auth)]
    {
        for (index, item) in items.into_iter().enumerate() {
            match asked.iter().find(|ask| ask.what() == what && ask.item() == item) {
                Some(ask) => asks.push(ask.clone()),
                None => faults.push(FieldProblem::new(
                    format!("/{field}/{index}"),
                    "not_asked_for",
                    not_asked(&asked, what, &item),
                )),
            }
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let data = app.store.grant(&key.writes(&app), &name, asks).await?;
    app.plugins.changed(key.of(), &version).await;
    Ok(Json(GrantList { data }))
}

fn not_asked(asked: &[Ask], what: &str, item: &str) -> String {
    let known: Vec<String> = asked.iter().filter(|ask| ask.what() == what).map(Ask::item).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("this version does not ask for the {what} {item:?}; it asks for: {known}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn only_what_is_asked_for_is_granted() {
        let host = Host::new().await;
        host.staged_plugin("1.0.0").await;
        let path = "/v1/plugins/acme-voice/grants";
        let body = json!({"version": "1.0.0", "hosts": ["evil.example"], "secrets": ["token"], "auth": ["other"]});
        let wrong = host.post(Some(&host.live), path, body).await;
        assert_eq!((wrong.problem(), wrong.pointers()), ((422, "CE0007"), vec!["/hosts/0".into(), "/auth/0".into()]));
        let listed = host.get(Some(&host.live), path).await;
        assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(0), "all or nothing");
        let given = host.post(Some(&host.live), path, json!({"version": "1.0.0", "secrets": ["token"]})).await;
        assert_eq!((given.status, &given.body["data"][0]["name"]), (200, &"token".into()), "{}", given.text);
        let unknown = host.post(Some(&host.live), path, json!({"version": "3.0.0"})).await;
        assert_eq!(unknown.problem(), (404, "CE0004"));
    }
}
