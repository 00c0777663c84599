//! `POST /v1/sources`: installs an importer for a campaign; it is asked at once unless it begins paused.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::plugin::Kind;
use campanile_domain::ports::store::{NewSource, SourceRow};
use campanile_domain::region::Region;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::check_interval;
use crate::api::v1::plugins::must_be_granted;
use crate::api::v1::{check_name, installing};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::Body;
use crate::problem::{FieldProblem, Problem};
use crate::schema::sources as schema;

/// A source that somebody wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceRequest {
    /// For people; 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    /// `cmp_...`: the campaign that it feeds.
    #[schema(value_type = String, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    campaign: CampaignId,
    /// Which importer, pinned to a version (`acme-crm@1.0.0`) or following the active one (`acme-crm@active`).
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
    /// How national numbers are read where a record names no country: two ISO 3166 letters. By the campaign's zone when
    /// it is left out.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z]{2}$")]
    default_country: Option<String>,
    /// How often it is asked, 1 to 10080 minutes; 15 when it is left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10080)]
    interval_minutes: Option<u32>,
    /// A lead that ended and changes there is called again; false when it is left out.
    #[serde(default)]
    reopen_on_change: bool,
    /// It begins paused.
    #[serde(default)]
    paused: bool,
}

/// A new source.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedSource {
    /// The source.
    #[serde(flatten)]
    #[schema(value_type = schema::Source, inline)]
    source: SourceRow,
    /// Where the other system may send what changes. It holds a secret and is shown this once.
    hook_url: String,
}

/// How often a source is asked unless somebody says otherwise, in minutes.
const USUAL_INTERVAL: u32 = 15;

/// A country's letters at `/default_country`.
pub(super) fn country(text: &str, faults: &mut Vec<FieldProblem>) -> Option<Region> {
    match text.parse() {
        Ok(country) => Some(country),
        Err(error) => {
            faults.push(FieldProblem::new("/default_country", "unknown_region", format!("{error}")));
            None
        }
    }
}

/// Installs a source.
#[utoipa::path(post, path = "/v1/sources", tag = "sources",
    request_body(content = SourceRequest, example = json!({"name": "CRM", "campaign": "cmp_01k9zr2v9pfb1sxkh5gqd0m8ea",
        "plugin": "acme-crm@active", "secrets": {"client_secret": "the secret"}, "interval_minutes": 15})),
    responses((status = 201, body = CreatedSource)), security(("key" = ["leads:write"])))]
pub(crate) async fn create_source(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Body(request): Body<SourceRequest>,
) -> Result<(StatusCode, Json<CreatedSource>), Problem> {
    let SourceRequest { name, campaign, plugin, settings, secrets, reopen_on_change, paused, .. } = request;
    let mut faults = Vec::new();
    check_name(&name, &mut faults);
    let interval_minutes = request.interval_minutes.unwrap_or(USUAL_INTERVAL);
    check_interval(interval_minutes, &mut faults);
    let default_country = request.default_country.as_deref().and_then(|text| country(text, &mut faults));
    faults.extend(app.sources.allowed().err().map(FieldProblem::from));
    if app.store.campaign(key.of(), campaign).await.is_err() {
        let message = format!("there is no campaign {campaign} in this account; GET /v1/campaigns lists them");
        faults.push(FieldProblem::new("/campaign", "unknown_campaign", message));
    }
    let named = installing::named(&app, key.of(), Kind::LeadImporter, plugin.as_deref(), &mut faults).await?;
    let Some((plugin, version)) = named else { return Err(Problem::invalid(faults)) };
    let settings = Value::Object(settings);
    installing::check_settings(&app, key.of(), &version, &settings, &mut faults).await;
    let secrets = installing::secrets(version.manifest.as_ref(), secrets, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    must_be_granted(&app, key.of(), &version).await?;
    let new = NewSource {
        campaign,
        name,
        plugin,
        settings,
        secrets,
        default_country,
        interval_minutes,
        reopen_on_change,
        paused,
    };
    let source = app.store.create_source(&key.writes(&app), new).await?;
    app.sources.installed(&source).await;
    app.engine.campaign_changed(source.campaign_key);
    let hook_url = format!("{}/hooks/sources/{}/{}", app.config.public_url, source.id, source.hook_token);
    Ok((StatusCode::CREATED, Json(CreatedSource { source, hook_url })))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn a_source_is_installed_with_its_secrets_and_shows_its_hook_once() {
        let host = Host::new().await;
        host.active_crm().await;
        let campaign = host.campaign().await;
        let body = json!({"name": "CRM", "campaign": campaign, "plugin": "acme-crm@active",
            "secrets": {"client_secret": "s3cr3t-value"}, "default_country": "us", "interval_minutes": 5});
        let made = host.post(Some(&host.live), "/v1/sources", body).await;
        assert_eq!((made.status, &made.body["status"]), (201, &"active".into()), "{}", made.text);
        assert_eq!((&made.body["default_country"], &made.body["interval_minutes"]), (&"US".into(), &5.into()));
        let id = made.body["id"].as_str().unwrap();
        let prefix = format!("https://calls.example/hooks/sources/{id}/");
        let token = made.body["hook_url"].as_str().unwrap().strip_prefix(&prefix).unwrap();
        let read = host.get(Some(&host.live), &format!("/v1/sources/{id}")).await;
        assert_eq!((read.status, &read.body["secrets"][0]["name"]), (200, &"client_secret".into()), "{}", read.text);
        assert!(!read.text.contains(token) && !made.text.contains("s3cr3t-value"));
        assert!(host.installed().contains(&id.to_owned()));
    }

    #[tokio::test]
    async fn everything_wrong_is_told_at_once() {
        let host = Host::new().await;
        host.active_plugin("1.0.0").await;
        let body = json!({"name": "", "campaign": "cmp_00000000000000000000000000", "plugin": "acme-voice@active",
            "interval_minutes": 0, "default_country": "Mars"});
        let wrong = host.post(Some(&host.live), "/v1/sources", body).await;
        let places = ["/name", "/interval_minutes", "/default_country", "/campaign", "/plugin"].map(str::to_owned);
        assert_eq!((wrong.problem(), wrong.pointers()), ((422, "CE0007"), places.to_vec()));
        host.active_crm().await;
        let body = json!({"name": "CRM", "campaign": host.campaign().await, "plugin": "acme-crm@active",
            "secrets": {"other": "s"}});
        let wrong = host.post(Some(&host.live), "/v1/sources", body).await;
        assert_eq!(wrong.pointers(), ["/secrets/client_secret", "/secrets/other"]);
    }

    #[tokio::test]
    async fn what_was_not_granted_is_not_installed() {
        let host = Host::new().await;
        host.active_crm().await;
        let taken = host.delete(Some(&host.live), "/v1/plugins/acme-crm/grants?secret=client_secret").await;
        assert_eq!(taken.status, 200, "{}", taken.text);
        let body = json!({"name": "CRM", "campaign": host.campaign().await, "plugin": "acme-crm@active",
            "secrets": {"client_secret": "s"}});
        assert_eq!(host.post(Some(&host.live), "/v1/sources", body).await.problem(), (409, "CE0027"));
    }
}
