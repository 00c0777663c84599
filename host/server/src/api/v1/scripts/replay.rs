//! `POST /v1/scripts/{name}/replay`: recorded decisions, put to a script again: to a version of it, or to a draft that nobody
//! has kept yet.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;

use super::KIND;
use super::create::{check_source, rejected};
use crate::api::v1::plugins::replay::{ReplayRequest, begin, replay_plugin};
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::{Body, typed};
use crate::jobs::Accepted;
use crate::path::Name;
use crate::problem::{FieldProblem, Problem};
use crate::schema::replay as schema;

/// A replay's wishes, and the script to ask.
#[derive(Deserialize)]
pub(crate) struct ScriptReplayRequest {
    /// A draft, asked instead of a version; at most 256 KiB.
    #[serde(default)]
    source: Option<String>,
    /// Which decisions, and with which settings.
    #[serde(flatten)]
    wishes: serde_json::Map<String, serde_json::Value>,
}

/// Puts recorded decisions to a script again. With a source a draft is asked, which is checked like a script that is kept and
/// then forgotten. The work is a job; no lead is touched by it.
#[utoipa::path(post, path = "/v1/scripts/{name}/replay", tag = "scripts", params(("name" = String, Path, description = "Its name")),
    request_body(content = schema::ScriptReplay, example = json!({"version": "@active", "since": "2026-03-01T00:00:00Z", "limit": 1000})),
    responses((status = 202, description = "It runs", body = schema::Job)), security(("key" = ["plugins:write"])))]
pub(crate) async fn replay_script(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    Body(request): Body<ScriptReplayRequest>,
) -> Result<Accepted, Problem> {
    let ScriptReplayRequest { source, wishes } = request;
    let wishes: ReplayRequest = typed(wishes.into()).map_err(Problem::invalid)?;
    let versions = app.store.plugin_versions(Some(key.of()), Some(&name)).await?;
    // A draft may be the first of its name.
    let is_new = versions.is_empty() && source.is_some();
    if !is_new && !versions.iter().any(|(_, version)| version.kind == KIND) {
        return Err(Problem::not_found("script"));
    }
    let Some(source) = source else { return replay_plugin(State(app), key, Name(name), Body(wishes)).await };
    if wishes.version.is_some() {
        let message = "a draft is no version; send the source or a version, not both";
        return Err(Problem::invalid(vec![FieldProblem::new("/version", "one_of", message)]));
    }
    check_source(&source).map_err(|fault| Problem::invalid(vec![fault]))?;
    app.scripts.check(key.of(), &source).await.map_err(rejected)?;
    let policy = format!("{name}@draft").parse().map_err(|_| Problem::not_found("script"))?;
    begin(&app, &key, policy, Some(source.into()), wishes).await
}
