//! `POST /v1/scripts/check`: what a source is, or everything wrong with it. Nothing is kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::create::{check_source, rejected};
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::ports::ScriptRead;
use crate::problem::Problem;
use crate::schema::scripts as schema;

/// A source.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScriptSource {
    /// Rhai; at most 256 KiB.
    source: String,
}

/// Reads a script without keeping it: what it can be asked and which settings it declares, or every fault with its line,
/// its column and what to do.
#[utoipa::path(post, path = "/v1/scripts/check", tag = "scripts",
    request_body(content = ScriptSource, example = json!({"source": "fn decide(lead) { builtin() }"})),
    responses((status = 200, body = schema::ScriptRead)), security(("key" = ["plugins:write"])))]
pub(crate) async fn check_script(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Body(ScriptSource { source }): Body<ScriptSource>,
) -> Result<Json<ScriptRead>, Problem> {
    check_source(&source).map_err(|fault| Problem::invalid(vec![fault]))?;
    app.scripts.check(key.of(), &source).await.map(Json).map_err(rejected)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_source_is_read_and_forgotten() {
        let host = Host::new().await;
        let check = |source: &str| host.post(Some(&host.live), "/v1/scripts/check", json!({ "source": source }));
        let read = check("fn decide(lead) { builtin() }").await;
        assert_eq!((read.status, &read.body["roles"]), (200, &json!(["retry_policy"])), "{}", read.text);
        let wrong = check("nothing").await;
        assert_eq!((wrong.status, wrong.codes()), (422, vec!["script".to_owned()]), "{}", wrong.text);
        let kept = host.get(Some(&host.live), "/v1/scripts").await;
        assert_eq!(kept.body["data"], json!([]), "{}", kept.text);
    }
}
