//! `POST /v1/plugins`: a component comes in. It is admitted or refused at once; the other gates follow in the background.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use campanile_domain::plugin::limits::{LARGE_COMPONENT_BYTES, Limits};
use campanile_domain::plugin::report::{Finding, Report, Stage};
use campanile_domain::ports::store::{NewVersion, PluginVersion};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::bytes;
use crate::codes;
use crate::pipeline;
use crate::problem::{FieldProblem, Problem};
use crate::schema::plugins as schema;

const WASM: &str = "application/wasm";

/// Uploads a component. Its name, version and kind are in its manifest. The answer says what admission made of it;
/// compiling and testing follow, see the version. The same bytes again are the same version.
#[utoipa::path(post, path = "/v1/plugins", tag = "plugins",
    request_body(content = String, content_type = "application/wasm", description = "The component, at most 4 MiB; importers and evaluators at most 48 MiB"),
    responses((status = 202, description = "Admitted; the other gates follow", body = schema::PluginVersion),
        (status = 200, description = "It was there already", body = schema::PluginVersion)),
    security(("key" = ["plugins:write"])))]
pub(crate) async fn upload_plugin(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    request: Request,
) -> Result<(StatusCode, HeaderMap, Json<PluginVersion>), Problem> {
    let content = receive(request).await?;
    let mut report = app.plugins.admit(&content).await;
    let Some(manifest) = report.manifest.clone().filter(|_| report.passed) else { return Err(rejected(report)) };
    let most = Limits::component_bytes(manifest.kind);
    if content.len() > most {
        let message = format!("it has {} bytes; a {} has at most {most}", content.len(), manifest.kind);
        let next = "leave out what it does not use: debug information, data, an interpreter's library".to_owned();
        report = report.closed(Finding { stage: Stage::Admission, code: "plugin_too_large".into(), message, next });
        return Err(rejected(report));
    }
    let new = NewVersion {
        name: manifest.name,
        version: Some(manifest.version),
        kind: manifest.kind.word().to_owned(),
        content,
        report: Some(report),
    };
    let added = app.store.add_plugin_version(&key.writes(&app), new).await?;
    let version = added.version;
    let place = format!("/v1/plugins/{}/versions/{}", version.name, version.version);
    let place = HeaderValue::from_str(&place).map_err(Problem::internal)?;
    let status = if added.is_new { StatusCode::ACCEPTED } else { StatusCode::OK };
    if added.is_new {
        pipeline::start(Arc::clone(&app), key.of(), version.clone());
    }
    Ok((status, HeaderMap::from_iter([(header::LOCATION, place)]), Json(version)))
}

async fn receive(request: Request) -> Result<Vec<u8>, Problem> {
    let sent = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("nothing");
    if !sent.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(WASM) {
        let detail = format!("the content type is {sent:?}; send the component itself as \"Content-Type: {WASM}\"");
        return Err(Problem::new(&codes::WRONG_CONTENT_TYPE, detail));
    }
    let received = bytes(request, LARGE_COMPONENT_BYTES).await.map_err(|problem| {
        if problem.code().code != codes::TOO_LARGE.code {
            return problem;
        }
        let detail = format!("the component is larger than {LARGE_COMPONENT_BYTES} bytes, which no kind may be");
        Problem::new(&codes::TOO_LARGE, detail)
    })?;
    Ok(received.into())
}

fn rejected(report: Report) -> Problem {
    let found = |Finding { code, message, next, .. }| FieldProblem::new("", code, format!("{message}; {next}"));
    let detail = match report.findings.len() {
        1 => "the component was not taken and nothing of it was kept; errors says why".to_owned(),
        many => format!("the component was not taken and nothing of it was kept; {many} reasons are in errors"),
    };
    Problem::new(&codes::PLUGIN_REJECTED, detail).with(report.findings.into_iter().map(found))
}

#[cfg(test)]
mod tests {
    use crate::testing::Host;

    #[tokio::test]
    async fn an_admitted_upload_goes_through_the_gates_by_itself() {
        let host = Host::new().await;
        let sent = host.upload("/v1/plugins", "application/wasm", "acme-voice 1.0.0 voice-gateway").await;
        assert_eq!((sent.status, &sent.body["state"]), (202, &"compiling".into()), "{}", sent.text);
        assert_eq!(sent.header("location"), "/v1/plugins/acme-voice/versions/1.0.0");
        host.background_done().await;
        let through = host.get(Some(&host.live), &sent.header("location")).await;
        assert_eq!(
            (&through.body["state"], &through.body["manifest"]["kind"]),
            (&"staged".into(), &"voice-gateway".into())
        );
        let again = host.upload("/v1/plugins", "application/wasm", "acme-voice 1.0.0 voice-gateway").await;
        assert_eq!((again.status, &again.body["id"]), (200, &sent.body["id"]));
        let other = host.upload("/v1/plugins", "application/wasm", "acme-voice 1.0.0 voice-gateway changed").await;
        assert_eq!((other.problem(), other.codes()), ((409, "CE0015"), vec!["version_exists".to_owned()]));
    }

    #[tokio::test]
    async fn what_is_not_admitted_is_not_kept_and_every_reason_is_told() {
        let host = Host::new().await;
        let sent = host.upload("/v1/plugins", "application/wasm", "garbage").await;
        assert_eq!(sent.problem(), (422, "CE0026"));
        assert_eq!(sent.codes(), ["plugin_no_component", "plugin_no_manifest"]);
        assert!(sent.body["errors"][0]["message"].as_str().unwrap().contains("; build it"), "{}", sent.text);
        let listed = host.get(Some(&host.live), "/v1/plugins").await;
        assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(0));
        assert_eq!(host.upload("/v1/plugins", "text/plain", "x").await.problem(), (415, "CE0009"));
    }

    #[tokio::test]
    async fn a_gate_that_closes_rejects_and_frees_the_number() {
        let host = Host::new().await;
        for content in ["acme-voice 1.0.0 voice-gateway bomb", "acme-voice 1.0.0 voice-gateway wrong"] {
            let sent = host.upload("/v1/plugins", "application/wasm", content).await;
            assert_eq!(sent.status, 202, "{}", sent.text);
            host.background_done().await;
            let read = host.get(Some(&host.live), &sent.header("location")).await;
            assert_eq!((&read.body["state"], &read.body["report"]["passed"]), (&"rejected".into(), &false.into()));
        }
        assert!(host.told().is_empty());
    }

    #[tokio::test]
    async fn the_kind_decides_how_large_it_may_be() {
        let host = Host::new().await;
        let large = |kind: &str| format!("some-plugin 1.0.0 {kind} {}", "x".repeat(5 << 20));
        let policy = host.upload("/v1/plugins", "application/wasm", &large("retry-policy")).await;
        assert_eq!((policy.problem(), policy.codes()), ((422, "CE0026"), vec!["plugin_too_large".to_owned()]));
        let importer = host.upload("/v1/plugins", "application/wasm", &large("lead-importer")).await;
        assert_eq!(importer.status, 202, "{}", importer.text);
        let huge = host.upload("/v1/plugins", "application/wasm", &"x".repeat((48 << 20) + 1)).await;
        assert_eq!(huge.problem(), (413, "CE0010"));
    }
}
