//! `PATCH /v1/gateways/{id}`: its name, its settings, the version of its plugin.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::GatewayId;
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{GatewayChange, GatewayRow};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{PLUGIN, owned};
use crate::api::v1::plugins::must_be_granted;
use crate::api::v1::{check_name, installing};
use crate::app::App;
use crate::auth::{AssistantsWrite, Key};
use crate::body::Body;
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::assistants as schema;

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayPatch {
    /// For people; 1 to 255 characters.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// The settings, all of them.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
    /// Another version of the same plugin: `acme-voice@1.1.0` or `acme-voice@active`.
    #[serde(default)]
    #[schema(pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    plugin: Option<String>,
}

/// Changes a gateway. The next call is placed with what it is then.
#[utoipa::path(patch, path = "/v1/gateways/{id}", tag = "gateways", params(("id" = String, Path, description = "`gw_...`")),
    request_body(content = GatewayPatch, example = json!({"name": "Acme, second line"})),
    responses((status = 200, body = schema::Gateway)), security(("key" = ["assistants:write"])))]
pub(crate) async fn patch_gateway(
    State(app): State<Arc<App>>,
    key: Key<AssistantsWrite>,
    Id(id): Id<GatewayId>,
    Body(patch): Body<GatewayPatch>,
) -> Result<Json<GatewayRow>, Problem> {
    let gateway = owned(&app, key.of(), id).await?;
    let mut faults = Vec::new();
    if let Some(name) = &patch.name {
        check_name(name, &mut faults);
    }
    let mut change = GatewayChange {
        name: patch.name.unwrap_or(gateway.name),
        plugin: gateway.plugin.clone(),
        settings: patch.settings.map_or(gateway.settings, Value::Object),
    };
    if gateway.kind == PLUGIN {
        let text = patch.plugin.or(gateway.plugin.map(|plugin| plugin.to_string()));
        let named = installing::named(&app, key.of(), Kind::VoiceGateway, text.as_deref(), &mut faults).await?;
        if let Some((plugin, version)) = named {
            installing::check_settings(&app, key.of(), &version, &change.settings, &mut faults).await;
            if faults.is_empty() {
                must_be_granted(&app, key.of(), &version).await?;
            }
            change.plugin = Some(plugin);
        }
    } else {
        if patch.plugin.is_some() {
            let message = format!("a gateway of kind {:?} is no plugin", gateway.kind);
            faults.push(FieldProblem::new("/plugin", "not_for_kind", message));
        }
        match app.gateways.check(&gateway.kind, &change.settings) {
            Ok(settings) => change.settings = settings,
            Err(found) => faults.extend(found.into_iter().map(FieldProblem::from)),
        }
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let changed = app.store.update_gateway(&key.writes(&app), id, change).await?;
    app.gateways.installed(&changed).await;
    Ok(Json(changed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_version_is_pinned_anew_and_settings_are_checked_against_it() {
        let host = Host::new().await;
        host.active_plugin("1.0.0").await;
        let path = format!("/v1/gateways/{}", host.plugin_gateway("acme-voice@1.0.0").await);
        host.staged_plugin("2.0.0").await;
        let unfit = host.patch(Some(&host.live), &path, json!({"plugin": "acme-voice@2.0.0"})).await;
        assert_eq!((unfit.problem(), unfit.pointers()), ((422, "CE0007"), vec!["/settings/region".to_owned()]));
        let both =
            json!({"plugin": "acme-voice@2.0.0", "settings": {"account": "a", "region": "eu"}, "name": "Acme 2"});
        let changed = host.patch(Some(&host.live), &path, both).await;
        assert_eq!((changed.status, &changed.body["plugin"]), (200, &"acme-voice@2.0.0".into()), "{}", changed.text);
        assert_eq!((&changed.body["name"], &changed.body["settings"]["region"]), (&"Acme 2".into(), &"eu".into()));
        let other = host.patch(Some(&host.live), &path, json!({"plugin": "other-voice"})).await;
        assert_eq!((other.problem(), other.codes()), ((422, "CE0007"), vec!["unknown_plugin".to_owned()]));
    }

    #[tokio::test]
    async fn a_built_in_one_changes_its_name_and_has_no_plugin() {
        let host = Host::new().await;
        let path = format!("/v1/gateways/{}", host.gateway().await);
        let changed = host.patch(Some(&host.live), &path, json!({"name": "other"})).await;
        assert_eq!((changed.status, &changed.body["name"]), (200, &"other".into()), "{}", changed.text);
        let wrong = host.patch(Some(&host.live), &path, json!({"name": "", "plugin": "acme-voice"})).await;
        assert_eq!(wrong.pointers(), ["/name", "/plugin"]);
    }
}
