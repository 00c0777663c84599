//! `POST /v1/campaigns/{id}/leads:update`: many leads changed alike.
//!
//! What would happen is asked for with `dry_run` and answered at once; what happens is a job, because a campaign may have a
//! million leads. Whoever means everybody says so: a filter that was forgotten changes nobody.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use campanile_domain::ids::CampaignId;
use campanile_domain::ports::store::{Campaign, Lead, LeadFilter, LeadPatch, UPDATE_JOB};
use campanile_domain::region::region_of_zone;
use campanile_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::filter::{LeadsMeant, meant};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::body::{Body, typed};
use crate::bulk_update::{BulkUpdate, preview};
use crate::jobs::{self, Task};
use crate::path::Id;
use crate::problem::{FieldProblem, Problem};
use crate::schema;

/// Which leads are changed, and to what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateRequest {
    /// Which leads: those that meet every condition.
    #[serde(default)]
    #[schema(value_type = LeadsMeant)]
    filter: Map<String, Value>,
    /// Every lead of the campaign; instead of a filter.
    #[serde(default)]
    all: bool,
    /// What they are to be, as with one lead: variables are merged, and `status` is `created` (call again) or `completed`.
    #[schema(value_type = schema::leads::LeadPatch)]
    set: Map<String, Value>,
    /// Only tell what would happen.
    #[serde(default)]
    dry_run: bool,
}

/// What would happen.
#[derive(Serialize, ToSchema)]
pub(crate) struct UpdatePreview {
    /// True.
    dry_run: bool,
    /// Leads that are meant.
    matched: u64,
    /// Of them, those that would change.
    would_change: u64,
    /// Those of which everything is so already.
    unchanged: u64,
    /// Those that a rule would leave as they are, by the rule: `lead_suppressed`.
    #[schema(value_type = Object)]
    refused: Value,
    /// The first ten that would change, as they are now.
    #[schema(value_type = Vec<schema::leads::Lead>)]
    examples: Vec<Lead>,
}

/// Changes all leads of a campaign that a filter means: status, priority, not_before, expires_at, variables. With `dry_run`
/// it tells what would happen and changes nothing. Otherwise the work is a job: its result counts what became of the leads, so
/// far while it runs. Leads that come in later are not meant. Cancelling it leaves what is changed; a host that stops in
/// the middle goes on at its next start, and no lead is changed twice.
#[utoipa::path(post, path = "/v1/campaigns/{id}/leads:update", tag = "leads", params(("id" = String, Path, description = "`cmp_...`")),
    request_body(content = UpdateRequest, example = json!({
        "filter": {"status": "completed", "reason": "by_hand"}, "set": {"status": "created", "priority": 5}, "dry_run": true})),
    responses((status = 200, description = "What would happen", body = UpdatePreview),
        (status = 202, description = "It runs", body = schema::replay::Job)), security(("key" = ["leads:write"])))]
pub(crate) async fn update_leads(
    State(app): State<Arc<App>>,
    key: Key<LeadsWrite>,
    Id(id): Id<CampaignId>,
    Body(request): Body<UpdateRequest>,
) -> Result<Response, Problem> {
    let campaign = app.store.campaign(key.of(), id).await?;
    let now = app.engine_clock.now();
    let (filter, patch) = understood(&campaign, &request, now).map_err(Problem::invalid)?;
    if request.dry_run {
        return told(&app, &key, &filter, &patch, now).await.map(IntoResponse::into_response);
    }
    let asked = json!({"campaign": id, "filter": request.filter, "all": request.all, "set": request.set});
    let job = app.store.begin_job(&key.writes(&app), UPDATE_JOB, asked).await?;
    let update = BulkUpdate::new(campaign.key, filter, patch, &job);
    jobs::start(Arc::clone(&app), key.of(), &job, Task::BulkUpdate(Box::new(update)));
    jobs::accepted(job).map(IntoResponse::into_response)
}

/// What a request means for a campaign; `now` is when it was made.
fn understood(
    campaign: &Campaign,
    request: &UpdateRequest,
    now: Timestamp,
) -> Result<(LeadFilter, LeadPatch), Vec<FieldProblem>> {
    let mut faults = Vec::new();
    let region = campaign.config.time_zone.as_ref().and_then(|zone| region_of_zone(zone.name()));
    let under =
        |place: &'static str| move |found: Vec<FieldProblem>| found.into_iter().map(move |one| one.under(place));
    let filter = meant(Value::Object(request.filter.clone()), campaign.id, region, now);
    let filter = filter.map_err(|found| faults.extend(under("/filter")(found))).ok();
    let patch = typed::<LeadPatch>(Value::Object(request.set.clone()));
    let patch = patch.map_err(|found| faults.extend(under("/set")(found))).ok();
    match &filter {
        Some(filter) if filter.is_everybody() && !request.all => {
            let message = "the filter names no condition, which means every lead of the campaign; name one, or send \"all\": true";
            faults.push(FieldProblem::new("/filter", "everybody", message));
        }
        Some(filter) if !filter.is_everybody() && request.all => {
            let message = "all means every lead, and the filter means some; send one of the two";
            faults.push(FieldProblem::new("/all", "ambiguous", message));
        }
        _ => {}
    }
    if patch.as_ref().is_some_and(is_nothing) {
        let message = "nothing is to be set; name at least one of status, priority, not_before, expires_at, variables";
        faults.push(FieldProblem::new("/set", "empty", message));
    }
    if let Some(LeadPatch { not_before: Some(from), expires_at: Some(to), .. }) = &patch
        && from >= to
    {
        let message = format!("expires_at {to} is not after not_before {from}; the leads could never be called");
        faults.push(FieldProblem::new("/set/expires_at", "order", message));
    }
    match (filter, patch) {
        (Some(filter), Some(patch)) if faults.is_empty() => Ok((filter, patch)),
        _ => Err(faults),
    }
}

fn is_nothing(patch: &LeadPatch) -> bool {
    let LeadPatch { variables, priority, not_before, expires_at, status } = patch;
    variables.as_ref().is_none_or(campanile_domain::variable::Variables::is_empty)
        && priority.is_none()
        && not_before.is_none()
        && expires_at.is_none()
        && status.is_none()
}

/// What a job of this kind was asked for, read again by the host that goes on with it.
pub(crate) fn reread(campaign: &Campaign, asked: &Value, at: Timestamp) -> Option<(LeadFilter, LeadPatch)> {
    let mut asked = asked.as_object()?.clone();
    asked.shift_remove("campaign");
    let request: UpdateRequest = typed(Value::Object(asked)).ok()?;
    understood(campaign, &request, at).ok()
}

async fn told(
    app: &App,
    key: &Key<LeadsWrite>,
    filter: &LeadFilter,
    patch: &LeadPatch,
    now: Timestamp,
) -> Result<Json<UpdatePreview>, Problem> {
    let (counts, first) = preview(app, key.of(), filter, patch, now).await?;
    let mut examples = Vec::with_capacity(first.len());
    for id in first {
        examples.push(app.store.lead(key.of(), id).await?);
    }
    Ok(Json(UpdatePreview {
        dry_run: true,
        matched: counts.updated + counts.unchanged + counts.refused.values().sum::<u64>(),
        would_change: counts.updated,
        unchanged: counts.unchanged,
        refused: json!(counts.refused),
        examples,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Host;

    /// Asks, waits for the job and returns it.
    async fn update(host: &Host, campaign: &str, body: Value) -> Value {
        let begun = host.post(Some(&host.live), &format!("/v1/campaigns/{campaign}/leads:update"), body).await;
        assert_eq!((begun.status, &begun.body["kind"]), (202, &"leads_update".into()), "{}", begun.text);
        host.background_done().await;
        host.get(Some(&host.live), &begun.header("location")).await.body
    }

    async fn leads(host: &Host, query: &str) -> Vec<Value> {
        let listed = host.get(Some(&host.live), &format!("/v1/leads?limit=200&{query}")).await;
        listed.body["data"].as_array().unwrap().clone()
    }

    #[tokio::test]
    async fn a_dry_run_tells_what_the_job_does() {
        let host = Host::new().await;
        let (campaign, other) = (host.campaign().await, host.campaign().await);
        host.lead(&other, "+14155552601").await;
        let batch: Vec<Value> = (0..230)
            .map(|n| json!({"phone": format!("+1415555{:04}", 2600 + n), "variables": {"tier": n % 3}, "external_id": format!("e-{n}")}))
            .collect();
        let path = format!("/v1/campaigns/{campaign}/leads");
        assert_eq!(host.post(Some(&host.live), &format!("{path}:batch"), json!({"leads": batch})).await.status, 200);
        let body = |dry: bool| json!({"filter": {"variables": {"tier": 1}}, "set": {"priority": 7, "variables": {"seen": true}}, "dry_run": dry});
        let told = host.post(Some(&host.live), &format!("{path}:update"), body(true)).await;
        assert_eq!(told.status, 200, "{}", told.text);
        assert_eq!((&told.body["matched"], &told.body["would_change"]), (&77.into(), &77.into()));
        assert_eq!(told.body["examples"].as_array().map(Vec::len), Some(10));
        assert_eq!(told.body["examples"][0]["priority"], 0, "as it is now");
        assert!(leads(&host, "").await.iter().all(|lead| lead["priority"] == 0), "nothing is changed");
        let done = update(&host, &campaign, body(false)).await;
        assert_eq!((&done["state"], &done["result"]["updated"]), (&"finished".into(), &77.into()), "{done}");
        assert_eq!(done["progress"], json!({"done": 77, "total": 77}));
        let changed = leads(&host, "").await.into_iter().chain(leads(&host, "sort=oldest").await);
        for lead in changed {
            let meant = lead["variables"]["tier"] == 1;
            assert_eq!((lead["priority"] == 7, lead["variables"]["seen"] == true), (meant, meant), "{lead}");
        }
        let again = update(&host, &campaign, body(false)).await;
        assert_eq!((&again["result"]["updated"], &again["result"]["unchanged"]), (&0.into(), &77.into()));
    }

    #[tokio::test]
    async fn leads_are_called_again_but_those_that_may_not_be() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        for last in 1..=3 {
            let lead = host.lead(&campaign, &format!("+1415555267{last}")).await;
            host.patch(Some(&host.live), &format!("/v1/leads/{lead}"), json!({"status": "completed"})).await;
        }
        host.lead(&campaign, "+14155552679").await;
        host.suppress("+14155552672").await;
        let body = json!({"filter": {"reason": "by_hand"}, "set": {"status": "created"}});
        let done = update(&host, &campaign, body).await;
        let result = &done["result"];
        assert_eq!((&result["updated"], &result["refused"]), (&2.into(), &json!({"lead_suppressed": 1})), "{done}");
        assert_eq!(result["refusals"][0]["phone"], "+14155552672");
        assert_eq!(leads(&host, "status=created").await.len(), 3);
        let everybody = update(&host, &campaign, json!({"all": true, "set": {"status": "completed"}})).await;
        assert_eq!((&everybody["result"]["updated"], &everybody["result"]["unchanged"]), (&3.into(), &1.into()));
    }

    #[tokio::test]
    async fn who_means_everybody_says_so() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/leads:update", host.campaign().await);
        let faults = [
            (json!({"set": {"priority": 1}}), vec!["/filter"]),
            (json!({"filter": {}, "set": {}}), vec!["/filter", "/set"]),
            (json!({"filter": {"status": "created"}, "all": true, "set": {"priority": 1}}), vec!["/all"]),
            (
                json!({"filter": {"phones": ["12"], "state": "x"}, "set": {"status": "max_retries"}}),
                vec!["/filter/state", "/set/status"],
            ),
            (
                json!({"filter": {"phones": ["12"], "gate": "door"}, "set": {"priority": 1}}),
                vec!["/filter/gate", "/filter/phones/0"],
            ),
        ];
        for (body, pointers) in faults {
            let refused = host.post(Some(&host.live), &path, body).await;
            assert_eq!(
                (refused.problem(), refused.pointers()),
                ((422, "CE0007"), pointers.iter().map(|one| (*one).to_owned()).collect())
            );
        }
    }

    #[tokio::test]
    async fn the_next_host_goes_on_and_a_cancelled_one_changes_nobody_more() {
        let host = Host::new().await;
        let campaign = host.campaign().await;
        for last in 1..=3 {
            host.lead(&campaign, &format!("+1415555267{last}")).await;
        }
        let tenant = host.tenant_key().await;
        let asked =
            json!({"campaign": campaign, "filter": {"status": "created"}, "all": false, "set": {"priority": 3}});
        let begin = async || {
            let ctx = host.app.context(tenant);
            host.app.store.begin_job(&ctx, "leads_update", asked.clone()).await.unwrap().id
        };
        let (kept, dropped) = (begin().await, begin().await);
        let path = |id| format!("/v1/jobs/{id}");
        assert_eq!(host.post_empty(Some(&host.live), &format!("{}/cancel", path(dropped))).await.status, 200);
        crate::interrupt_jobs(&host.app).await.unwrap();
        host.background_done().await;
        let done = host.get(Some(&host.live), &path(kept)).await.body;
        assert_eq!((&done["state"], &done["result"]["updated"]), (&"finished".into(), &3.into()), "{done}");
        assert_eq!(host.get(Some(&host.live), &path(dropped)).await.body["state"], "cancelled");
        assert!(leads(&host, "").await.iter().all(|lead| lead["priority"] == 3));
        let orphan = begin().await;
        assert_eq!(host.delete(Some(&host.live), &format!("/v1/campaigns/{campaign}")).await.status, 204);
        crate::interrupt_jobs(&host.app).await.unwrap();
        host.background_done().await;
        let over = host.get(Some(&host.live), &path(orphan)).await.body;
        assert_eq!((&over["state"], &over["error"]["code"]), (&"failed".into(), &"campaign_deleted".into()), "{over}");
    }
}
