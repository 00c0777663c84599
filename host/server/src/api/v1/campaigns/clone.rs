//! `POST /v1/campaigns/{id}/clone`: the same campaign once more, as a draft without leads.
//!
//! The configuration goes through every check that a new campaign's does: what has changed since (a policy that was retired, an
//! assistant with other variables) is told now and not at the start. Leads stay where they are; who is to be called again is
//! chosen by who knows them, with a lead file or `leads:batch`.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::{AssistantId, CampaignId};
use campanile_domain::ports::store::{Campaign, StoreError};
use serde::Deserialize;
use utoipa::ToSchema;

use super::config::check;
use super::tagged::Tagged;
use crate::app::App;
use crate::auth::{CampaignsWrite, Key};
use crate::body::Body;
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema::campaigns as schema;

/// Added to the name of a campaign that is cloned without a new one.
const COPY: &str = " (copy)";
/// The longest name, in characters.
const LONGEST: usize = 255;

/// What is to be otherwise; an empty object for nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloneRequest {
    /// The name of the new one; the old one's with "(copy)" behind it if it is left out.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    /// Who speaks; the old one's assistant if it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^asst_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    assistant: Option<AssistantId>,
}

/// Makes a draft with the configuration of a campaign in any state. It has no leads, sources, sinks or shadow, and has spent
/// nothing.
#[utoipa::path(post, path = "/v1/campaigns/{id}/clone", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    request_body(content = CloneRequest, example = json!({"name": "Autumn check-ups"})),
    responses((status = 201, body = schema::Campaign)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn clone_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    Body(request): Body<CloneRequest>,
) -> Result<Tagged<Campaign>, Problem> {
    let of = app.store.campaign(key.of(), id).await?;
    let wanted = request.assistant.unwrap_or(of.assistant);
    let assistant = app.store.assistant(key.of(), wanted).await.map_err(|error| match error {
        StoreError::NotFound(_) => {
            let message = format!("there is no assistant {wanted} in this account; GET /v1/assistants lists them");
            Problem::invalid(vec![FieldProblem::new("/assistant", "unknown_assistant", message)])
        }
        error => error.into(),
    })?;
    let mut config = of.config;
    config.name = request.name.unwrap_or_else(|| copy_of(&config.name));
    let mut faults = Vec::new();
    check(&app, &key.tenant, &assistant, &config, &mut faults).await?;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    Ok(Tagged::new(app.store.create_campaign(&key.writes(&app), assistant.id, config).await?).created())
}

/// The name with `(copy)` behind it, cut where it would be too long.
fn copy_of(name: &str) -> String {
    let room = LONGEST - COPY.len();
    name.chars().take(room).chain(COPY.chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn the_configuration_is_the_same_and_nothing_else_is() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        let path = format!("/v1/campaigns/{campaign}");
        let edit = json!({"max_retries": 1, "calling_hours": {"start": "10:00", "end": "11:00", "days": ["friday"]}, "budget_micros": 5_000_000});
        let of = host.patch(Some(&host.live), &path, edit).await.body;
        host.lead(&campaign, "+14155552671").await;
        host.post_empty(Some(&host.live), &format!("{path}/start")).await;
        let made = host.post(Some(&host.live), &format!("{path}/clone"), json!({})).await;
        assert_eq!((made.status, &made.body["status"]), (201, &"draft".into()), "{}", made.text);
        assert_eq!((&made.body["name"], &made.body["config_version"]), (&"Spring (copy)".into(), &1.into()));
        for same in
            ["assistant", "max_retries", "calling_hours", "time_zone", "budget_micros", "retry_interval_minutes"]
        {
            assert_eq!(made.body[same], of[same], "{same}");
        }
        assert_ne!(made.body["id"], of["id"]);
        assert_eq!(made.header("etag"), format!("\"{}\"", made.body["revision"]));
        let leads =
            host.get(Some(&host.live), &format!("/v1/campaigns/{}/leads", made.body["id"].as_str().unwrap())).await;
        assert_eq!(leads.body["data"], json!([]));
    }

    #[tokio::test]
    async fn a_name_and_an_assistant_may_be_others_and_are_checked() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/clone", host.campaign().await);
        let other = host.assistant().await;
        let made = host.post(Some(&host.live), &path, json!({"name": "Autumn", "assistant": other})).await;
        assert_eq!((&made.body["name"], &made.body["assistant"]), (&"Autumn".into(), &other.as_str().into()));
        let nobody = json!({"assistant": "asst_00000000000000000000000000"});
        let refused = host.post(Some(&host.live), &path, nobody).await;
        assert_eq!((refused.problem(), refused.codes()), ((422, "CE0007"), vec!["unknown_assistant".to_owned()]));
        let refused = host.post(Some(&host.live), &path, json!({"name": "", "leads": "all"})).await;
        assert_eq!((refused.problem(), refused.pointers()), ((422, "CE0007"), vec!["/leads".to_owned()]));
        let refused = host.post(Some(&host.live), &path, json!({"name": ""})).await;
        assert_eq!(refused.pointers(), ["/name"]);
        assert_eq!(host.post(Some(&host.stranger), &path, json!({})).await.problem(), (404, "CE0004"));
    }

    #[tokio::test]
    async fn the_same_request_twice_is_one_clone() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/clone", host.campaign().await);
        let first = host.post_once(&host.live, &path, "k", &json!({})).await;
        let again = host.post_once(&host.live, &path, "k", &json!({})).await;
        assert_eq!((first.status, &first.body), (201, &again.body), "{}", again.text);
        assert_eq!(host.post_once(&host.live, &path, "k", &json!({"name": "x"})).await.problem(), (409, "CE0020"));
    }

    #[test]
    fn a_long_name_is_cut() {
        let name = super::copy_of(&"é".repeat(255));
        assert_eq!((name.chars().count(), name.ends_with(" (copy)")), (255, true));
    }
}
