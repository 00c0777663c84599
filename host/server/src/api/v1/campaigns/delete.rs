//! `DELETE /v1/campaigns/{id}`: a campaign that nobody is called for is gone, with everything but its calls.
//!
//! Refused while it is in progress or on the phone rather than stopped on the way: who deletes the wrong one by its id should not
//! have hung up on anybody. Its calls were made and paid for, so they stay where calls are read, and every gap and cap of a
//! phone counts them on; the campaign and its leads, which they name, are not found any more.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::campaign::CampaignState;
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{CampaignDeleted, StoreError};
use http::{HeaderMap, StatusCode};

use super::tagged::{changed, insisted};
use crate::app::App;
use crate::auth::{CampaignsWrite, Key};
use crate::codes;
use crate::imports::Files;
use crate::path::Id;
use crate::problem::Problem;

/// Deletes a campaign that is a draft, paused or completed and has no call under way. Its leads go with it, its sources and sinks
/// are taken out with their secrets, its shadow stops, and uploads that were not confirmed are forgotten. Its calls stay readable,
/// and a phone that was called for it is called no sooner by another campaign.
#[utoipa::path(delete, path = "/v1/campaigns/{id}", tag = "campaigns",
    params(("id" = String, Path, description = "`cmp_...`"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what is to be deleted; 412 if it is another by now")),
    responses((status = 204, description = "It is gone"), (status = 409, description = "It is in progress, or something of it is under way")),
    security(("key" = ["campaigns:write"])))]
pub(crate) async fn delete_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let current = app.store.campaign(key.of(), id).await?;
    let revision = insisted(&headers, current.revision)?;
    if current.status == CampaignState::InProgress {
        let detail = "the campaign is in progress; POST /pause or /stop first, then delete it";
        return Err(Problem::new(&codes::INVALID_VERB, detail));
    }
    let deleted = app.store.delete_campaign(&key.writes(&app), id, revision).await;
    let gone = match (deleted, revision) {
        (Err(StoreError::Stale), Some(_)) => return Err(changed(app.store.campaign(key.of(), id).await?.revision)),
        (deleted, _) => deleted?,
    };
    clear(&app, &gone);
    Ok(StatusCode::NO_CONTENT)
}

/// What went with a campaign is told to those who have it in hand.
pub(crate) fn clear(app: &App, gone: &CampaignDeleted) {
    gone.sources.iter().for_each(|source| app.sources.removed(source));
    gone.sinks.iter().for_each(|sink| app.sinks.removed(sink));
    let files = Files::in_folder(app.config.upload_dir.clone());
    gone.uploads.iter().for_each(|upload| files.remove(*upload));
    app.engine.campaign_changed(gone.key);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn it_goes_with_everything_but_its_calls() {
        let host = Host::new().await;
        let (lead, call) = host.called_lead().await;
        let id = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await.body["campaign"].clone();
        let path = format!("/v1/campaigns/{}", id.as_str().unwrap());
        let assistant = host.get(Some(&host.live), &path).await.body["assistant"].as_str().unwrap().to_owned();
        let running = host.delete(Some(&host.live), &path).await;
        assert_eq!(running.problem(), (409, "CE0013"), "{}", running.text);
        assert_eq!(host.post_empty(Some(&host.live), &format!("{path}/pause")).await.status, 200);
        assert_eq!(host.delete(Some(&host.stranger), &path).await.problem(), (404, "CE0004"));
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 204);
        for gone in ["", "/stats", "/explain", "/leads", "/shadow"] {
            assert_eq!(host.get(Some(&host.live), &format!("{path}{gone}")).await.problem(), (404, "CE0004"), "{gone}");
        }
        for verb in ["/start", "/pause", "/stop"] {
            assert_eq!(host.post_empty(Some(&host.live), &format!("{path}{verb}")).await.status, 404, "{verb}");
        }
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 404);
        assert_eq!(host.patch(Some(&host.live), &path, json!({"max_retries": 1})).await.status, 404);
        assert_eq!(host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await.status, 404);
        for list in ["/v1/leads", "/v1/leads?phone=%2B14155552671", "/v1/campaigns"] {
            assert_eq!(host.get(Some(&host.live), list).await.body["data"], json!([]), "{list}");
        }
        let more = host.post(Some(&host.live), &format!("{path}/leads"), json!({"phone": "+14155552672"})).await;
        assert_eq!(more.problem(), (404, "CE0004"));
        let read = host.get(Some(&host.live), &format!("/v1/calls/{call}")).await;
        assert_eq!((read.status, &read.body["campaign"]), (200, &id), "{}", read.text);
        let of_it = host.get(Some(&host.live), &format!("/v1/calls?campaign={}", id.as_str().unwrap())).await;
        assert_eq!(of_it.body["data"][0]["id"], call.as_str());
        let assistant = format!("/v1/assistants/{assistant}");
        assert_eq!(host.delete(Some(&host.live), &assistant).await.status, 204, "no campaign uses it any more");
        assert_eq!(host.get(Some(&host.live), &assistant).await.status, 404);
        assert_eq!(host.get(Some(&host.live), &format!("/v1/calls/{call}")).await.status, 200);
    }

    #[tokio::test]
    async fn its_sources_sinks_and_uploads_go_and_are_told() {
        let host = Host::new().await;
        let (source, sink) = (host.source().await, host.sink().await);
        for (kind, id) in [("sources", &source), ("sinks", &sink)] {
            let path = format!("/v1/{kind}/{id}");
            let campaign = host.get(Some(&host.live), &path).await.body["campaign"].as_str().unwrap().to_owned();
            let import = format!("/v1/imports?campaign={campaign}");
            let sent = host.upload(&import, "text/csv", "phone\n+14155552671\n").await;
            let upload = sent.header("location");
            let file = host.app.config.upload_dir.join(upload.rsplit('/').next().unwrap());
            assert!(file.exists());
            assert_eq!(host.delete(Some(&host.live), &format!("/v1/campaigns/{campaign}")).await.status, 204, "{kind}");
            assert_eq!(host.get(Some(&host.live), &path).await.problem(), (404, "CE0004"));
            assert!(!host.installed().contains(id));
            assert_eq!((host.get(Some(&host.live), &upload).await.status, file.exists()), (404, false));
        }
    }

    #[tokio::test]
    async fn a_stale_tag_deletes_nothing() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}", host.campaign().await);
        let tag = host.get(Some(&host.live), &path).await.header("etag");
        host.patch(Some(&host.live), &path, json!({"max_retries": 1})).await;
        assert_eq!(host.delete_if(&host.live, &path, &tag).await.problem(), (412, "CE0014"));
        let tag = host.get(Some(&host.live), &path).await.header("etag");
        assert_eq!(host.delete_if(&host.live, &path, &tag).await.status, 204);
    }
}
