//! `PATCH /v1/sinks/{id}`: its name, its events, its settings, the version of its plugin.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SinkId;
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{SinkChange, SinkRow};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check_events;
use crate::api::v1::plugins::must_be_granted;
use crate::api::v1::{check_name, installing};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sinks as schema;

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SinkPatch {
    /// For people; 1 to 255 characters.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// The settings, all of them; for what is written from now on.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    /// Another version of the same plugin: `acme-results@1.1.0` or `acme-results@active`.
    #[serde(default)]
    #[schema(pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    plugin: Option<String>,
    /// What it is told of from now on.
    #[serde(default)]
    #[schema(min_items = 1)]
    events: Option<Vec<String>>,
}

/// Changes a sink. What waits is written with the new settings.
#[utoipa::path(patch, path = "/v1/sinks/{id}", tag = "sinks", params(("id" = String, Path, description = "`snk_...`")),
    request_body(content = SinkPatch, example = json!({"events": ["lead.completed", "lead.goal_reached"]})),
    responses((status = 200, body = schema::Sink)), security(("key" = ["leads:write"])))]
pub(crate) async fn patch_sink(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SinkId>,
    Body(patch): Body<SinkPatch>,
) -> Result<Json<SinkRow>, Problem> {
    let sink = app.store.sink(key.of(), id).await?;
    let mut faults = Vec::new();
    if let Some(name) = &patch.name {
        check_name(name, &mut faults);
    }
    let events = check_events(patch.events.unwrap_or(sink.events), &mut faults);
    let settings = patch.settings.map_or(sink.settings, Value::Object);
    let text = patch.plugin.unwrap_or(sink.plugin.to_string());
    let named = installing::named(&app, key.of(), Kind::ResultSink, Some(&text), &mut faults).await?;
    let Some((plugin, version)) = named else { return Err(Problem::invalid(faults)) };
    installing::check_settings(&app, key.of(), &version, &settings, &mut faults).await;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    must_be_granted(&app, key.of(), &version).await?;
    let change = SinkChange { name: patch.name.unwrap_or(sink.name), plugin, settings, events };
    let changed = app.store.update_sink(&key.writes(&app), id, change).await?;
    app.sinks.installed(&changed).await;
    Ok(Json(changed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn what_is_named_changes_and_the_plugin_stays() {
        let host = Host::new().await;
        let path = format!("/v1/sinks/{}", host.sink().await);
        let changed = host.patch(Some(&host.live), &path, json!({"name": "Other", "events": ["lead.updated"]})).await;
        assert_eq!((changed.status, &changed.body["name"]), (200, &"Other".into()), "{}", changed.text);
        assert_eq!(changed.body["events"], json!(["lead.updated"]));
        let wrong = host.patch(Some(&host.live), &path, json!({"events": ["import.finished"], "name": ""})).await;
        assert_eq!(wrong.pointers(), ["/name", "/events/0"]);
        host.active_crm().await;
        let other = host.patch(Some(&host.live), &path, json!({"plugin": "acme-crm@active"})).await;
        assert_eq!((other.problem(), other.codes()), ((422, "CE0007"), vec!["plugin_wrong_kind".to_owned()]));
    }
}
