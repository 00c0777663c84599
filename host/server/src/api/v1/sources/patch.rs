//! `PATCH /v1/sources/{id}`: its name, its schedule, its settings, the version of its importer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::SourceId;
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{SourceChange, SourceRow};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check_interval;
use super::create::country;
use crate::api::v1::plugins::must_be_granted;
use crate::api::v1::{check_name, installing};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::sources as schema;

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourcePatch {
    /// For people; 1 to 255 characters.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// The settings, all of them. Other settings begin anew: without a cursor and without what the importer kept.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    /// Another version of the same importer: `acme-crm@1.1.0` or `acme-crm@active`.
    #[serde(default)]
    #[schema(pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    plugin: Option<String>,
    /// Two ISO 3166 letters.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z]{2}$")]
    default_country: Option<String>,
    /// 1 to 10080.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10080)]
    interval_minutes: Option<u32>,
    /// A lead that ended and changes there is called again.
    #[serde(default)]
    reopen_on_change: Option<bool>,
}

/// Changes a source. A run under way is stopped, and the next begins at once.
#[utoipa::path(patch, path = "/v1/sources/{id}", tag = "sources", params(("id" = String, Path, description = "`src_...`")),
    request_body(content = SourcePatch, example = json!({"interval_minutes": 60})),
    responses((status = 200, body = schema::Source)), security(("key" = ["leads:write"])))]
pub(crate) async fn patch_source(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<SourceId>,
    Body(patch): Body<SourcePatch>,
) -> Result<Json<SourceRow>, Problem> {
    let source = app.store.source(key.of(), id).await?;
    let mut faults = Vec::new();
    if let Some(name) = &patch.name {
        check_name(name, &mut faults);
    }
    let interval_minutes = patch.interval_minutes.unwrap_or(source.interval_minutes);
    check_interval(interval_minutes, &mut faults);
    let default_country = match &patch.default_country {
        Some(text) => country(text, &mut faults),
        None => source.default_country,
    };
    let settings = patch.settings.map_or(source.settings, Value::Object);
    let text = patch.plugin.unwrap_or(source.plugin.to_string());
    let named = installing::named(&app, key.of(), Kind::LeadImporter, Some(&text), &mut faults).await?;
    let Some((plugin, version)) = named else { return Err(Problem::invalid(faults)) };
    installing::check_settings(&app, key.of(), &version, &settings, &mut faults).await;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    must_be_granted(&app, key.of(), &version).await?;
    let change = SourceChange {
        name: patch.name.unwrap_or(source.name),
        plugin,
        settings,
        default_country,
        interval_minutes,
        reopen_on_change: patch.reopen_on_change.unwrap_or(source.reopen_on_change),
    };
    let changed = app.store.update_source(&key.writes(&app), id, change).await?;
    app.sources.installed(&changed).await;
    Ok(Json(changed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn what_is_named_changes_and_the_importer_stays() {
        let host = Host::new().await;
        let path = format!("/v1/sources/{}", host.source().await);
        let changed = host
            .patch(Some(&host.live), &path, json!({"name": "Other", "interval_minutes": 60, "reopen_on_change": true}))
            .await;
        assert_eq!((changed.status, &changed.body["name"]), (200, &"Other".into()), "{}", changed.text);
        assert_eq!((&changed.body["interval_minutes"], &changed.body["reopen_on_change"]), (&60.into(), &true.into()));
        let wrong = host.patch(Some(&host.live), &path, json!({"interval_minutes": 10_081, "name": ""})).await;
        assert_eq!(wrong.pointers(), ["/name", "/interval_minutes"]);
        host.active_plugin("1.0.0").await;
        let other = host.patch(Some(&host.live), &path, json!({"plugin": "acme-voice@active"})).await;
        assert_eq!((other.problem(), other.codes()), ((422, "CE0007"), vec!["plugin_wrong_kind".to_owned()]));
    }
}
