//! `POST /v1/campaigns/{id}/clone`: the same campaign once more, as a draft.
//!
//! The configuration goes through every check that a new campaign's does: what has changed since (a policy that was retired, an
//! assistant with other variables) is told now and not at the start. Leads come along only where that is asked for, because
//! whoever is called again is called by somebody's wish; they come as new ones, by a job that is begun with the draft in one
//! transaction.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::{AssistantId, CampaignId};
use campanile_domain::ports::store::{Campaign, Job, JobState, LeadFilter, LeadSort, StoreError};
use campanile_domain::region::region_of_zone;
use campanile_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::config::check;
use super::tagged::Tagged;
use crate::api::v1::leads::filter::{LeadsMeant, meant};
use crate::app::App;
use crate::auth::{CampaignsWrite, Key, LeadsWrite};
use crate::body::Body;
use crate::jobs::{self, Task};
use crate::lead_copy::LeadCopy;
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
    /// Whose leads come along, as new ones; nobody's if it is left out. It needs the scope `leads:write`, too.
    #[serde(default)]
    #[schema(value_type = Option<LeadsTaken>)]
    leads: Option<Value>,
}

/// Whose leads come along with a clone.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "a description; the values are read by hand, because faults name their places")]
pub(crate) enum LeadsTaken {
    /// In a word.
    Word(LeadsWord),
    /// Those that meet every condition.
    Meant(LeadsMeant),
}

/// Whose leads, in a word.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "a description, like the one above")]
pub(crate) enum LeadsWord {
    /// Everybody's.
    All,
    /// Those of whom no call was answered by a person.
    NotReached,
}

/// The draft, and what brings its leads.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cloned {
    /// The draft.
    #[serde(flatten)]
    #[schema(value_type = schema::Campaign, inline)]
    campaign: Campaign,
    /// The job that copies leads into it; null when none were asked for. Its result counts those that are new, those that are
    /// there already, and by rule those that were left out.
    #[schema(value_type = Option<crate::schema::replay::Job>)]
    job: Option<Job>,
}

/// Makes a draft with the configuration of a campaign in any state. It has no sources, sinks or shadow, and has spent nothing.
/// With `leads`, a job brings them: with their contacts, variables, priority and external id, without anything that happened to
/// them. Whoever is suppressed or on the do-not-call list, was erased or removed by their source, stays out. Cancelling the job
/// leaves those who came; a host that stops in the middle goes on at its next start.
#[utoipa::path(post, path = "/v1/campaigns/{id}/clone", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    request_body(content = CloneRequest, example = json!({"name": "Autumn check-ups"})),
    responses((status = 201, body = Cloned)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn clone_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    Body(request): Body<CloneRequest>,
) -> Result<Tagged<Cloned>, Problem> {
    if request.leads.is_some() {
        key.also::<LeadsWrite>()?;
    }
    let of = app.store.campaign(key.of(), id).await?;
    let wanted = request.assistant.unwrap_or(of.assistant);
    let assistant = app.store.assistant(key.of(), wanted).await.map_err(|error| match error {
        StoreError::NotFound(_) => {
            let message = format!("there is no assistant {wanted} in this account; GET /v1/assistants lists them");
            Problem::invalid(vec![FieldProblem::new("/assistant", "unknown_assistant", message)])
        }
        error => error.into(),
    })?;
    let mut faults = Vec::new();
    let taken = request.leads.as_ref().map(|leads| taken(&of, leads, app.engine_clock.now()));
    let taken = taken.transpose().unwrap_or_else(|found| {
        faults.extend(found);
        None
    });
    let mut config = of.config;
    config.name = request.name.unwrap_or_else(|| copy_of(&config.name));
    check(&app, &key.tenant, &assistant, &config, &mut faults).await?;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let ctx = key.writes(&app);
    let (campaign, job) = match (taken, request.leads) {
        (Some(filter), Some(leads)) => {
            let (campaign, job) = app.store.clone_campaign(&ctx, assistant.id, config, (id, leads)).await?;
            // A repeated request is answered with the job that the first one began.
            if job.state == JobState::Running && !app.jobs.has(job.id) {
                let copy = LeadCopy::new(filter, &campaign, &job);
                jobs::start(Arc::clone(&app), key.of(), &job, Task::LeadCopy(Box::new(copy)));
            }
            (campaign, Some(job))
        }
        _ => (app.store.create_campaign(&ctx, assistant.id, config).await?, None),
    };
    Ok(Tagged::of(campaign.revision, Cloned { campaign, job }).created())
}

/// Whose leads are meant; `now` is when it was asked.
fn taken(of: &Campaign, leads: &Value, now: Timestamp) -> Result<LeadFilter, Vec<FieldProblem>> {
    let everybody = LeadFilter { campaign: Some(of.id), sort: LeadSort::Oldest, ..LeadFilter::default() };
    let refused = |code, message: &str| Err(vec![FieldProblem::new("/leads", code, message)]);
    match leads {
        Value::String(word) if word == "all" => Ok(everybody),
        Value::String(word) if word == "not_reached" => Ok(LeadFilter { not_reached: true, ..everybody }),
        Value::Object(conditions) if conditions.is_empty() => refused(
            "everybody",
            "no condition is named, which means every lead of the campaign; name one, or send \"all\"",
        ),
        Value::Object(_) => {
            let region = of.config.time_zone.as_ref().and_then(|zone| region_of_zone(zone.name()));
            let found = meant(leads.clone(), of.id, region, now);
            found.map_err(|faults| faults.into_iter().map(|one| one.under("/leads")).collect())
        }
        _ => refused("unknown_value", "leads is \"all\", \"not_reached\", or an object of conditions"),
    }
}

/// What a job was asked for, read again by the host that goes on with it.
pub(crate) fn reread(of: &Campaign, asked: &Value, at: Timestamp) -> Option<LeadFilter> {
    taken(of, &asked["leads"], at).ok()
}

/// The name with `(copy)` behind it, cut where it would be too long.
fn copy_of(name: &str) -> String {
    let room = LONGEST - COPY.len();
    name.chars().take(room).chain(COPY.chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
        let refused = host.post(Some(&host.live), &path, json!({"name": "", "sources": "all"})).await;
        assert_eq!((refused.problem(), refused.pointers()), ((422, "CE0007"), vec!["/sources".to_owned()]));
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

    /// A campaign of four people: one whom a call reached, one who is on the do-not-call list, and two more.
    async fn called() -> (Host, String) {
        let host = Host::new().await;
        let (lead, _) = host.called_lead().await;
        let of = host.get(Some(&host.live), &format!("/v1/leads/{lead}")).await.body["campaign"].clone();
        let campaign = of.as_str().unwrap().to_owned();
        let body = json!({"phone": "+14155552672", "external_id": "E2", "priority": 3, "variables": {"plan": "b"},
            "secondary_contacts": [{"phone": "+14155552675", "label": "office"}], "expires_at": "2026-04-01T00:00:00Z"});
        let path = format!("/v1/campaigns/{campaign}/leads");
        assert_eq!(host.post(Some(&host.live), &path, body).await.status, 201);
        host.lead(&campaign, "+14155552673").await;
        host.lead(&campaign, "+14155552674").await;
        host.suppress("+14155552673").await;
        (host, campaign)
    }

    /// A job, once nothing runs any more.
    async fn ended(host: &Host, job: &Value) -> Value {
        host.background_done().await;
        host.get(Some(&host.live), &format!("/v1/jobs/{}", job.as_str().unwrap())).await.body
    }

    /// Clones it with these leads: the new one's, and what the job came to.
    async fn cloned(host: &Host, campaign: &str, leads: Value) -> (Vec<Value>, Value) {
        let path = format!("/v1/campaigns/{campaign}/clone");
        let made = host.post(Some(&host.live), &path, json!({ "leads": leads })).await;
        assert_eq!((made.status, &made.body["job"]["kind"]), (201, &"leads_copy".into()), "{}", made.text);
        let job = ended(host, &made.body["job"]["id"]).await;
        assert_eq!(job["state"], "finished", "{job}");
        let listed = format!("/v1/campaigns/{}/leads?sort=oldest", made.body["id"].as_str().unwrap());
        let leads = host.get(Some(&host.live), &listed).await.body["data"].as_array().unwrap().clone();
        (leads, job)
    }

    fn phones(leads: &[Value]) -> Vec<&str> {
        leads.iter().map(|lead| lead["contacts"][0]["phone"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn leads_come_along_as_new_ones_and_whoever_is_not_to_be_called_does_not() {
        let (host, campaign) = called().await;
        let (leads, job) = cloned(&host, &campaign, json!("all")).await;
        assert_eq!(phones(&leads), ["+14155552671", "+14155552672", "+14155552674"]);
        assert_eq!(job["result"], json!({"copied": 3, "known": 0, "left_out": {"lead_suppressed": 1}}));
        assert_eq!((&job["progress"]["done"], &job["progress"]["total"]), (&json!(4), &json!(4)));
        let person = &leads[1];
        let kept = [("external_id", json!("E2")), ("priority", json!(3)), ("variables", json!({"plan": "b"}))];
        for (field, value) in kept {
            assert_eq!(person[field], value, "{field}");
        }
        assert_eq!(person["contacts"][1]["label"], "office");
        for lead in &leads {
            assert_eq!(
                (&lead["status"], &lead["attempts"], &lead["expires_at"]),
                (&json!("created"), &json!(0), &Value::Null)
            );
        }
        let (leads, _) = cloned(&host, &campaign, json!("not_reached")).await;
        assert_eq!(phones(&leads), ["+14155552672", "+14155552674"]);
        let (leads, job) = cloned(&host, &campaign, json!({"phones": ["415-555-2672", "+1 415 555 2673"]})).await;
        assert_eq!(
            (phones(&leads), &job["result"]["left_out"]),
            (vec!["+14155552672"], &json!({"lead_suppressed": 1}))
        );
    }

    #[tokio::test]
    async fn what_is_meant_is_checked_before_anything_is_made() {
        let (host, campaign) = called().await;
        let path = format!("/v1/campaigns/{campaign}/clone");
        for (leads, pointer) in [
            (json!("everybody"), "/leads"),
            (json!({}), "/leads"),
            (json!(7), "/leads"),
            (json!({"status": "lost"}), "/leads/status"),
            (json!({"status": "created", "all": true}), "/leads/all"),
        ] {
            let refused = host.post(Some(&host.live), &path, json!({"leads": leads, "name": ""})).await;
            assert_eq!(refused.problem(), (422, "CE0007"), "{leads}: {}", refused.text);
            assert_eq!(refused.pointers(), [pointer, "/name"], "{leads}");
        }
        let key = host.key("campaigns:write", None).await;
        let refused = host.post(Some(&key), &path, json!({"leads": "all"})).await;
        assert_eq!((refused.status, refused.text.contains("leads:write")), (403, true), "{}", refused.text);
        assert_eq!(host.post(Some(&key), &path, json!({})).await.status, 201);
        assert_eq!(host.get(Some(&host.live), "/v1/campaigns").await.body["data"].as_array().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn the_same_request_twice_is_one_clone_and_one_job() {
        let (host, campaign) = called().await;
        let path = format!("/v1/campaigns/{campaign}/clone");
        let first = host.post_once(&host.live, &path, "k", &json!({"leads": "all"})).await;
        ended(&host, &first.body["job"]["id"]).await;
        let again = host.post_once(&host.live, &path, "k", &json!({"leads": "all"})).await;
        assert_eq!((&again.body["id"], &again.body["job"]["id"]), (&first.body["id"], &first.body["job"]["id"]));
        assert_eq!(again.body["job"]["state"], "finished");
        assert_eq!(host.get(Some(&host.live), "/v1/jobs").await.body["data"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn an_account_that_is_full_keeps_whoever_came_and_says_why() {
        let (host, campaign) = called().await;
        let limits = json!({"limits": {"max_leads": 5}});
        let tenant = host.get(Some(&host.live), "/v1/me").await.body["tenant"]["id"].as_str().unwrap().to_owned();
        let set = host.patch(Some(&host.operator), &format!("/v1/tenants/{tenant}"), limits).await;
        assert_eq!(set.status, 200, "{}", set.text);
        let path = format!("/v1/campaigns/{campaign}/clone");
        let made = host.post(Some(&host.live), &path, json!({"leads": "all"})).await;
        let job = ended(&host, &made.body["job"]["id"]).await;
        assert_eq!((&job["state"], &job["error"]["code"]), (&json!("failed"), &json!("max_leads")), "{job}");
    }

    #[tokio::test]
    async fn the_next_host_goes_on_with_it() {
        let (host, campaign) = called().await;
        let made = host.post(Some(&host.live), &format!("/v1/campaigns/{campaign}/clone"), json!({})).await;
        let begin = async || {
            let ctx = host.app.context(host.tenant_key().await);
            let asked = json!({"campaign": made.body["id"], "from": campaign, "leads": "all"});
            json!(host.app.store.begin_job(&ctx, "leads_copy", asked).await.unwrap().id)
        };
        let job = begin().await;
        crate::interrupt_jobs(&host.app).await.unwrap();
        let done = ended(&host, &job).await;
        assert_eq!((&done["state"], &done["result"]["copied"]), (&json!("finished"), &json!(3)), "{done}");
        let orphan = begin().await;
        let path = format!("/v1/campaigns/{}", made.body["id"].as_str().unwrap());
        assert_eq!(host.delete(Some(&host.live), &path).await.status, 204);
        crate::interrupt_jobs(&host.app).await.unwrap();
        let over = ended(&host, &orphan).await;
        assert_eq!((&over["state"], &over["error"]["code"]), (&json!("failed"), &json!("campaign_deleted")), "{over}");
    }

    #[test]
    fn a_long_name_is_cut() {
        let name = super::copy_of(&"é".repeat(255));
        assert_eq!((name.chars().count(), name.ends_with(" (copy)")), (255, true));
    }
}
