//! `PATCH /v1/campaigns/{id}`: a new configuration version, in force at the next gate check.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{Campaign, Stats, StoreError};
use http::HeaderMap;
use serde::Serialize;
use serde_json::Value;

use super::config::{check, shape};
use super::tagged::{Tagged, changed, insisted};
use crate::app::App;
use crate::auth::{CampaignsWrite, Key};
use crate::body::Object;
use crate::path::Id;
use crate::problem::Problem;
use crate::schema::campaigns as schema;

/// A campaign after an edit.
#[derive(Serialize)]
pub(crate) struct Edited {
    #[serde(flatten)]
    campaign: Campaign,
    ended_leads_unaffected: u64,
}

/// Changes a campaign. What is not named stays; a field that is named is replaced whole, and null gives back its
/// default where it has one. A campaign in progress goes on under the new version.
#[utoipa::path(patch, path = "/v1/campaigns/{id}", tag = "campaigns",
    params(("id" = String, Path, description = "`cmp_...`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; 412 if it is another by now")),
    request_body(content = schema::CampaignPatch, example = json!({"max_retries": 2, "max_concurrent_calls": 10})),
    responses((status = 200, body = schema::EditedCampaign)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn patch_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    headers: HeaderMap,
    Object(named): Object,
) -> Result<Tagged<Edited>, Problem> {
    let current = app.store.campaign(key.of(), id).await?;
    let revision = insisted(&headers, current.revision)?;
    let assistant = app.store.assistant(key.of(), current.assistant).await?;
    let Ok(Value::Object(mut body)) = serde_json::to_value(&current.config) else {
        return Err(Problem::internal("a campaign is no object"));
    };
    for (field, value) in named {
        // Leaving a field out is how a configuration says "the default".
        match value {
            Value::Null if body.contains_key(&field) => drop(body.shift_remove(&field)),
            value => drop(body.insert(field, value)),
        }
    }
    let mut faults = Vec::new();
    let config = shape(body, Some(&assistant), &mut faults);
    let Some(mut config) = config else { return Err(Problem::invalid(faults)) };
    check(&app, &key.tenant, &assistant, &config, &mut faults).await?;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    config.time_zone.get_or_insert_with(|| assistant.config.time_zone.clone());
    // The configuration was read at this revision; without If-Match a race is told as one, not lost.
    let edited = app.store.update_campaign(&key.writes(&app), id, config, Some(current.revision)).await;
    let campaign = match (edited, revision) {
        (Err(StoreError::Stale), Some(_)) => return Err(changed(app.store.campaign(key.of(), id).await?.revision)),
        (edited, _) => edited?,
    };
    app.engine.campaign_changed(campaign.key);
    let ended_leads_unaffected = ended(&app.store.stats(key.of(), id).await?);
    Ok(Tagged::of(campaign.revision, Edited { campaign, ended_leads_unaffected }))
}

fn ended(stats: &Stats) -> u64 {
    let of = |status: &str| stats.by_status.get(status).map_or(0, |reasons| reasons.values().sum());
    of("completed") + of("max_retries") + of("suppressed")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn an_edit_is_a_new_version_and_counts_the_leads_it_leaves_alone() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/campaigns/{campaign}");
        let lead = host.lead(&campaign, "+14155552671").await;
        host.lead(&campaign, "+14155552672").await;
        host.patch(Some(&host.live), &format!("/v1/leads/{lead}"), json!({"status": "completed"})).await;
        let edited = host.patch(Some(&host.live), &path, json!({"max_retries": 1})).await;
        assert_eq!(edited.status, 200, "{}", edited.text);
        assert_eq!((&edited.body["max_retries"], &edited.body["config_version"]), (&1.into(), &2.into()));
        assert_eq!((&edited.body["name"], &edited.body["ended_leads_unaffected"]), (&"Spring".into(), &1.into()));
        let back = host.patch(Some(&host.live), &path, json!({"max_retries": null, "time_zone": null})).await;
        assert_eq!((&back.body["max_retries"], &back.body["time_zone"]), (&3.into(), &"America/New_York".into()));
    }

    #[tokio::test]
    async fn a_stale_tag_changes_nothing() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}", host.campaign().await);
        let tag = host.get(Some(&host.live), &path).await.header("etag");
        let ok = host.patch_if(&host.live, &path, &tag, json!({"max_retries": 1})).await;
        assert_eq!(ok.status, 200);
        let stale = host.patch_if(&host.live, &path, &tag, json!({"max_retries": 2})).await;
        assert_eq!(stale.problem(), (412, "CE0014"));
        assert_eq!(host.get(Some(&host.live), &path).await.body["max_retries"], 1);
    }

    #[tokio::test]
    async fn faults_are_told_and_nothing_is_changed() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}", host.campaign().await);
        let patch = json!({"max_retries": 7, "retry_interval_minutes": 1, "assistant": "asst_x", "name": "New"});
        let answer = host.patch(Some(&host.live), &path, patch).await;
        assert_eq!((answer.problem(), answer.pointers()), ((422, "CE0007"), vec!["/assistant".to_owned()]));
        let answer = host.patch(Some(&host.live), &path, json!({"max_retries": 7, "retry_interval_minutes": 1})).await;
        assert_eq!(answer.pointers(), ["/max_retries", "/retry_interval_minutes"]);
        assert_eq!(host.get(Some(&host.live), &path).await.body["config_version"], 1);
    }
}
