//! `POST /v1/scripts`: a new version, checked, kept and active at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::store::{NewVersion, PluginVersion};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::plugins::in_force;
use super::KIND;
use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::codes;
use crate::ports::Diagnostic;
use crate::problem::{FieldProblem, Problem};
use crate::schema::plugins as schema;

const LONGEST_SOURCE: usize = 256 << 10;

/// A script.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScriptRequest {
    /// Lower-case letters, digits and dashes, a letter first, 3 to 49 characters. Campaigns name it as their policy.
    #[schema(pattern = "^[a-z][a-z0-9-]{2,48}$")]
    name: String,
    /// The script, at most 256 KiB.
    source: String,
}

/// Keeps a script as the next version of its name and activates it. Leads that waited for it are decided again.
#[utoipa::path(post, path = "/v1/scripts", tag = "scripts",
    request_body(content = ScriptRequest, example = json!({"name": "patient-retry", "source": "fn decide(lead) { retry(#{ after: hours(2), reason: \"two hours later\" }) }"})),
    responses((status = 201, body = schema::PluginVersion)), security(("key" = ["plugins:write"])))]
pub(crate) async fn create_script(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Body(request): Body<ScriptRequest>,
) -> Result<(StatusCode, Json<PluginVersion>), Problem> {
    let mut faults = Vec::new();
    if request.name.contains('@') || request.name.parse::<PluginRef>().is_err() {
        let message = format!(
            "{:?} cannot name a script; write 3 to 49 lower-case letters, digits and dashes, a letter first",
            request.name
        );
        faults.push(FieldProblem::new("/name", "invalid", message));
    }
    faults.extend(check_source(&request.source).err());
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    app.scripts.check(key.of(), &request.source).await.map_err(rejected)?;
    let ScriptRequest { name, source } = request;
    let content = source.into_bytes();
    let new = NewVersion { name, version: None, kind: KIND.into(), content, report: None };
    let kept = app.store.add_plugin_version(&key.writes(&app), new).await?.version;
    let active = app.store.activate_plugin(&key.writes(&app), &kept.name, &kept.version).await?;
    in_force(&app, key.of(), &active).await;
    Ok((StatusCode::CREATED, Json(active)))
}

/// Whether a source is short enough to be looked at.
pub(super) fn check_source(source: &str) -> Result<(), FieldProblem> {
    if source.len() <= LONGEST_SOURCE {
        return Ok(());
    }
    let message = format!("the source has {} bytes; a script has at most {LONGEST_SOURCE}", source.len());
    Err(FieldProblem::new("/source", "length", message))
}

/// The script cannot decide, and why.
pub(super) fn rejected(diagnostics: Vec<Diagnostic>) -> Problem {
    let told = diagnostics.iter().map(|found| FieldProblem::new("/source", "script", words(found)));
    Problem::new(&codes::SCRIPT_REJECTED, "the script was not kept; errors say where and why").with(told)
}

fn words(Diagnostic { line, column, message, hint }: &Diagnostic) -> String {
    let place = match (line, column) {
        (0, _) => String::new(),
        (line, 0) => format!("line {line}: "),
        (line, column) => format!("line {line}, column {column}: "),
    };
    let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
    format!("{place}{message}{hint}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Host;

    #[test]
    fn a_fault_is_told_with_its_place_and_its_hint_where_it_has_them() {
        let told = |line, column, hint: &str| {
            words(&Diagnostic { line, column, message: "no such thing".into(), hint: hint.into() })
        };
        assert_eq!(told(3, 8, "did you mean `this`?"), "line 3, column 8: no such thing; did you mean `this`?");
        assert_eq!(told(3, 0, ""), "line 3: no such thing");
        assert_eq!(told(0, 0, ""), "no such thing");
    }

    #[tokio::test]
    async fn versions_count_from_one_and_the_last_is_active() {
        let host = Host::new().await;
        for version in ["1", "2"] {
            let source = format!("fn decide(lead) {{ retry(#{{ after: minutes({version}0) }}) }}");
            let made = host.post(Some(&host.live), "/v1/scripts", json!({"name": "patient", "source": source})).await;
            assert_eq!((made.status, &made.body["version"]), (201, &version.into()), "{}", made.text);
            assert_eq!(made.body["active"], true);
        }
        let listed = host.get(Some(&host.live), "/v1/scripts").await;
        let active: Vec<_> =
            listed.body["data"].as_array().unwrap().iter().map(|script| script["active"].clone()).collect();
        assert_eq!(active.iter().filter(|active| **active == true).count(), 1);
        assert_eq!(active.len(), 2);
    }

    #[tokio::test]
    async fn a_script_that_cannot_decide_is_not_kept() {
        let host = Host::new().await;
        let answer =
            host.post(Some(&host.live), "/v1/scripts", json!({"name": "broken", "source": "syntax error"})).await;
        assert_eq!((answer.problem(), answer.pointers()), ((422, "CE0022"), vec!["/source".to_owned()]));
        assert!(answer.body["errors"][0]["message"].as_str().unwrap().starts_with("line 1, column 8"));
        let listed = host.get(Some(&host.live), "/v1/scripts").await;
        assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(0));
        let named = host.post(Some(&host.live), "/v1/scripts", json!({"name": "A@1", "source": "fn decide"})).await;
        assert_eq!((named.problem(), named.pointers()), ((422, "CE0007"), vec!["/name".to_owned()]));
    }
}
