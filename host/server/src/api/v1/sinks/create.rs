//! `POST /v1/sinks`: installs a plugin that writes a campaign's results back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::event;
use campanile_domain::ids::{CampaignId, SourceId};
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{NewSink, SinkRow};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check_events;
use crate::api::v1::plugins::must_be_granted;
use crate::api::v1::{check_name, installing};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::problem::{FieldProblem, Problem};
use crate::schema::sinks as schema;

/// A sink that somebody wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SinkRequest {
    /// For people; 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// `cmp_...`: whose results it writes.
    #[schema(value_type = String, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: CampaignId,
    /// `src_...`: only leads that this source brought. External ids are one source's own, so a sink that writes to records by
    /// them should name the source they are of. All leads of the campaign when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^src_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    source: Option<SourceId>,
    /// Which plugin, pinned to a version (`acme-results@1.0.0`) or following the active one (`acme-results@active`).
    #[serde(default)]
    #[schema(value_type = String, required = true, pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    plugin: Option<String>,
    /// What its manifest asks for.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// The secrets that its manifest asks for, by name. They are sealed and never shown again.
    #[serde(default)]
    #[schema(value_type = Object)]
    secrets: Map<String, Value>,
    /// What it is told of; every outcome and answers that come late when it is left out.
    #[serde(default)]
    #[schema(min_items = 1)]
    events: Option<Vec<String>>,
    /// It is told what happened before now, too; false when it is left out.
    #[serde(default)]
    backfill: bool,
    /// It begins paused.
    #[serde(default)]
    paused: bool,
}

/// Installs a sink.
#[utoipa::path(post, path = "/v1/sinks", tag = "sinks",
    request_body(content = SinkRequest, example = json!({"name": "Results", "campaign": "cmp_01k9zr2v9pfb1sxkh5gqd0m8ea",
        "plugin": "acme-results@active", "secrets": {"token": "the token"}, "backfill": true})),
    responses((status = 201, body = schema::Sink)), security(("key" = ["leads:write"])))]
pub(crate) async fn create_sink(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Body(request): Body<SinkRequest>,
) -> Result<(StatusCode, Json<SinkRow>), Problem> {
    let SinkRequest { name, campaign, source, plugin, settings, secrets, events, backfill, paused } = request;
    let mut faults = Vec::new();
    check_name(&name, &mut faults);
    faults.extend(app.sinks.allowed().err().map(FieldProblem::from));
    if app.store.campaign(key.of(), campaign).await.is_err() {
        let message = format!("there is no campaign {campaign} in this account; GET /v1/campaigns lists them");
        faults.push(FieldProblem::new("/campaign", "unknown_campaign", message));
    }
    if let Some(source) = source {
        match app.store.source(key.of(), source).await {
            Ok(found) if found.campaign == campaign => {}
            Ok(found) => {
                let message = format!("{source} feeds {}, not this campaign", found.campaign);
                faults.push(FieldProblem::new("/source", "source_elsewhere", message));
            }
            Err(_) => {
                let message = format!("there is no source {source} in this account; GET /v1/sources lists them");
                faults.push(FieldProblem::new("/source", "unknown_source", message));
            }
        }
    }
    let usual = || event::usual_of_sinks().map(str::to_owned).collect();
    let events = check_events(events.unwrap_or_else(usual), &mut faults);
    let named = installing::named(&app, key.of(), Kind::ResultSink, plugin.as_deref(), &mut faults).await?;
    let Some((plugin, version)) = named else { return Err(Problem::invalid(faults)) };
    let settings = Value::Object(settings);
    installing::check_settings(&app, key.of(), &version, &settings, &mut faults).await;
    let secrets = installing::secrets(version.manifest.as_ref(), secrets, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    must_be_granted(&app, key.of(), &version).await?;
    let new = NewSink { campaign, source, name, plugin, settings, secrets, events, backfill, paused };
    let sink = app.store.create_sink(&key.writes(&app), new).await?;
    app.sinks.installed(&sink).await;
    Ok((StatusCode::CREATED, Json(sink)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_sink_is_installed_with_its_secrets_and_usual_events() {
        let host = Host::new().await;
        host.active_results().await;
        let body = json!({"name": "Results", "campaign": host.campaign().await, "plugin": "acme-results@active",
            "secrets": {"token": "s3cr3t-value"}});
        let made = host.post(Some(&host.live), "/v1/sinks", body).await;
        assert_eq!((made.status, &made.body["status"]), (201, &"active".into()), "{}", made.text);
        assert!(made.body["events"].as_array().unwrap().contains(&"lead.completed".into()));
        assert!(!made.text.contains("s3cr3t-value"));
        assert!(host.installed().contains(&made.body["id"].as_str().unwrap().to_owned()));
    }

    #[tokio::test]
    async fn everything_wrong_is_told_at_once() {
        let host = Host::new().await;
        host.active_crm().await;
        let body = json!({"name": "", "campaign": "cmp_00000000000000000000000000", "plugin": "acme-crm@active",
            "source": "src_00000000000000000000000000", "events": ["lead.completed", "lead.lost"]});
        let wrong = host.post(Some(&host.live), "/v1/sinks", body).await;
        let places = ["/name", "/campaign", "/source", "/events/1", "/plugin"].map(str::to_owned);
        assert_eq!((wrong.problem(), wrong.pointers()), ((422, "CE0007"), places.to_vec()));
        host.active_results().await;
        let source = host.source().await;
        let body = json!({"name": "Results", "campaign": host.campaign().await, "plugin": "acme-results@active",
            "source": source, "events": [], "secrets": {"other": "s"}});
        let wrong = host.post(Some(&host.live), "/v1/sinks", body).await;
        assert_eq!(wrong.pointers(), ["/source", "/events", "/secrets/token", "/secrets/other"]);
    }

    #[tokio::test]
    async fn what_was_not_granted_is_told() {
        let host = Host::new().await;
        host.staged("acme-results 1.0.0 result-sink").await;
        let body = json!({"name": "Results", "campaign": host.campaign().await, "plugin": "acme-results@1.0.0",
            "secrets": {"token": "s"}});
        let refused = host.post(Some(&host.live), "/v1/sinks", body).await;
        assert_eq!((refused.problem(), refused.codes().len()), ((409, "CE0027"), 3), "{}", refused.text);
    }
}
