//! `/v1/campaigns/{id}/shadow`: a second policy that is asked everything the campaign decides, and decides nothing.
//!
//! Three verbs of one small thing, in one file: they share what they answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::store::Shadow;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{CampaignsRead, CampaignsWrite, Key};
use crate::body::Body;
use crate::path::Id;
use crate::policies;
use crate::problem::Problem;
use crate::schema::replay as schema;

/// Who is asked beside the campaign's own policy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShadowRequest {
    /// `name@version`; `name@active` is pinned to the version in force.
    #[schema(value_type = String, pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    policy: PluginRef,
    /// Its settings.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// Begins a shadow: from now on everything that the campaign decides, by its policy or by the built-in table, is put to this
/// policy too, and both answers are recorded. No lead is touched and no decision waits for it. Another policy or other
/// settings begin the report anew; the same ones go on.
#[utoipa::path(put, path = "/v1/campaigns/{id}/shadow", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    request_body(content = ShadowRequest, example = json!({"policy": "busy-soon@1.1.0", "settings": {"busy_minutes": 30}})),
    responses((status = 200, body = schema::Shadow)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn put_shadow(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    Body(request): Body<ShadowRequest>,
) -> Result<Json<Shadow>, Problem> {
    app.store.campaign(key.of(), id).await?;
    let pinned = policies::pinned(&app, key.of(), &request.policy).await?;
    let settings = Value::Object(request.settings);
    policies::fits(&app, key.of(), &pinned, &settings).await?;
    Ok(Json(app.store.start_shadow(&key.writes(&app), id, pinned, settings).await?))
}

/// Stops the shadow. What it came to can still be read.
#[utoipa::path(delete, path = "/v1/campaigns/{id}/shadow", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = schema::Shadow)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn stop_shadow(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
) -> Result<Json<Shadow>, Problem> {
    Ok(Json(app.store.stop_shadow(&key.writes(&app), id).await?))
}

/// Reads what the shadow came to so far. Only the first divergence of a lead can be compared with what happened: later
/// questions were asked because the campaign's own answer was followed.
#[utoipa::path(get, path = "/v1/campaigns/{id}/shadow", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    responses((status = 200, body = schema::Shadow)), security(("key" = ["campaigns:read"])))]
pub(crate) async fn get_shadow(
    State(app): State<Arc<App>>,
    key: Key<CampaignsRead>,
    Id(id): Id<CampaignId>,
) -> Result<Json<Shadow>, Problem> {
    Ok(Json(app.store.shadow(key.of(), id).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn it_is_begun_read_and_stopped_by_its_owner() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/shadow", host.campaign().await);
        assert_eq!(host.get(Some(&host.live), &path).await.problem(), (404, "CE0004"));
        let body = json!({"policy": "known-policy@active", "settings": {"a": 1}});
        let begun = host.send(Some(&host.live), "PUT", &path, Some(body.clone())).await;
        assert_eq!((begun.status, &begun.body["policy"]), (200, &"known-policy@1".into()), "{}", begun.text);
        assert_eq!((&begun.body["asked"], &begun.body["stopped_at"]), (&0.into(), &json!(null)));
        let again = host.send(Some(&host.live), "PUT", &path, Some(body)).await;
        assert_eq!(again.body["since"], begun.body["since"], "the same one goes on");
        assert_eq!(host.get(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
        assert_eq!(host.delete(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
        let stopped = host.delete(Some(&host.live), &path).await;
        assert_eq!(stopped.status, 200, "{}", stopped.text);
        assert!(host.get(Some(&host.live), &path).await.body["stopped_at"].is_string());
    }

    #[tokio::test]
    async fn what_decides_nothing_is_no_shadow() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/shadow", host.campaign().await);
        let refused = host.send(Some(&host.live), "PUT", &path, Some(json!({"policy": "nobody@active"}))).await;
        assert_eq!((refused.problem(), refused.pointers()), ((422, "CE0007"), vec!["/policy".to_owned()]));
    }
}
