//! `POST /v1/plugins/{name}/replay`: recorded decisions, put to a version of a policy again.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::{CampaignId, LeadId};
use campanile_domain::plugin::PluginRef;
use campanile_domain::ports::store::{Page, StoreError};
use campanile_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Key, PluginsWrite};
use crate::body::Body;
use crate::codes;
use crate::jobs::{self, Accepted, Task};
use crate::path::Name;
use crate::policies;
use crate::problem::{FieldProblem, Problem};
use crate::rehearsal::{Other, Rehearsal, Start};
use crate::replay::{Of, Replay};
use crate::schema::replay as schema;

/// Decisions of one replay, unless a limit is given.
const USUAL: u64 = 10_000;
/// Decisions of one replay at most.
const MOST: u64 = 100_000;
/// The kind of the job.
const KIND: &str = "replay";

/// Which decisions are asked again, and whom. Without campaign and lead: everything that a plugin of this name decided.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayRequest {
    /// `cmp_...`: what was decided in this campaign, by whoever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^cmp_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    pub campaign: Option<CampaignId>,
    /// `lead_...`: what was decided about this lead, by whoever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^lead_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    pub lead: Option<LeadId>,
    /// Only what was decided then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Only what was decided before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// The version that is asked; `@active`, or nothing, is the one in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^@?[A-Za-z0-9.+-]{1,64}$")]
    pub version: Option<String>,
    /// Settings to ask with. When they are left out: those that were recorded; none for what a plugin of another name decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub settings: Option<Map<String, Value>>,
    /// Decisions to look at, 1 to 100,000; 10,000 when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100000)]
    pub limit: Option<u64>,
    /// Also estimate what would follow: the campaign is rehearsed as it is and with this policy, with people made like those of
    /// its past calls. Needs `campaign`.
    #[serde(default, skip_serializing_if = "is_no")]
    pub estimate: bool,
}

const fn is_no(flag: &bool) -> bool {
    !*flag
}

/// Puts recorded decisions to a version again, with the recorded questions, settings and answers of the calendar. The
/// version that decided must give the recorded bytes again; of another one the first divergence of every lead is told. The
/// work is a job; no lead is touched by it.
#[utoipa::path(post, path = "/v1/plugins/{name}/replay", tag = "plugins", params(("name" = String, Path, description = "Its name")),
    request_body(content = ReplayRequest, example = json!({"version": "@active", "since": "2026-03-01T00:00:00Z", "limit": 1000})),
    responses((status = 202, description = "It runs", body = schema::Job)), security(("key" = ["plugins:write"])))]
pub(crate) async fn replay_plugin(
    State(app): State<Arc<App>>,
    key: Key<PluginsWrite>,
    Name(name): Name,
    Body(request): Body<ReplayRequest>,
) -> Result<Accepted, Problem> {
    let named = named(&name, request.version.as_deref())?;
    let policy = resolved(&app, &key, &named).await?;
    if let Some(settings) = &request.settings {
        policies::fits(&app, key.of(), &policy, &Value::Object(settings.clone())).await?;
    }
    begin(&app, &key, policy, None, request).await
}

/// The reference that a name and a version in a request mean.
fn named(name: &str, version: Option<&str>) -> Result<PluginRef, Problem> {
    if name.contains('@') || name.parse::<PluginRef>().is_err() {
        return Err(Problem::not_found("plugin"));
    }
    let version = version.unwrap_or("active");
    let version = version.strip_prefix('@').unwrap_or(version);
    format!("{name}@{version}").parse().map_err(|_| {
        let message = format!("{version:?} is no version; write a version's number, or @active for the one in force");
        Problem::invalid(vec![FieldProblem::new("/version", "invalid", message)])
    })
}

/// The version in force, pinned. Whatever is no policy is not found.
async fn resolved(app: &App, key: &Key<PluginsWrite>, named: &PluginRef) -> Result<PluginRef, Problem> {
    let found = app.policies.resolve(key.of(), named).await;
    let found = found.map_err(|failure| Problem::new(&codes::NOT_FOUND, failure.message))?;
    found.parse().map_err(Problem::internal)
}

/// Finds the decisions and begins the job.
pub(crate) async fn begin(
    app: &Arc<App>,
    key: &Key<PluginsWrite>,
    policy: PluginRef,
    draft: Option<Arc<str>>,
    request: ReplayRequest,
) -> Result<Accepted, Problem> {
    let mut faults = Vec::new();
    let limit = request.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        faults.push(FieldProblem::new("/limit", "range", format!("limit is {limit}; send 1 to {MOST}")));
    }
    if let (Some(since), Some(until)) = (request.since, request.until)
        && since >= until
    {
        faults.push(FieldProblem::new("/until", "order", format!("until {until} is not after since {since}")));
    }
    if request.campaign.is_some() && request.lead.is_some() {
        let message = "a lead belongs to one campaign; send the lead alone";
        faults.push(FieldProblem::new("/campaign", "one_of", message));
    }
    if request.estimate && request.campaign.is_none() {
        let message = "an estimate is made of one campaign; name it, or leave estimate out";
        faults.push(FieldProblem::new("/estimate", "needs_campaign", message));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let of = decisions_of(app, key, &request).await?;
    let by = (request.campaign.is_none() && request.lead.is_none()).then(|| policy.name.clone());
    let mut asked = serde_json::to_value(&request).map_err(Problem::internal)?;
    asked["policy"] = json!(policy.to_string());
    let job = app.store.begin_job(&key.writes(app), KIND, asked).await?;
    let ReplayRequest { campaign, since, until, settings, estimate, .. } = request;
    let settings = settings.map(Value::Object);
    let other = Other { policy: Some(policy.clone()), draft: draft.clone(), settings: settings.clone() };
    let rehearsal = |campaign| Rehearsal { campaign, start: Start::AsItDid, other: Some(other) };
    let estimate = campaign.filter(|_| estimate).map(rehearsal);
    let replay = Replay { of, since, until, by, policy, draft, settings, limit, estimate };
    jobs::start(Arc::clone(app), key.of(), &job, Task::Replay(Box::new(replay)));
    jobs::accepted(job)
}

async fn decisions_of(app: &App, key: &Key<PluginsWrite>, request: &ReplayRequest) -> Result<Of, Problem> {
    let unknown = |error: StoreError, pointer: &str, code: &str, what: &str| match error {
        StoreError::NotFound(_) => {
            let message = format!("there is no such {what} in this account; check the id and which key you use");
            Problem::invalid(vec![FieldProblem::new(pointer, code, message)])
        }
        other => other.into(),
    };
    if let Some(lead) = request.lead {
        let lead = app.store.lead(key.of(), lead).await;
        return lead.map(|lead| Of::Lead(lead.key)).map_err(|error| unknown(error, "/lead", "unknown_lead", "lead"));
    }
    if let Some(campaign) = request.campaign {
        let found = app.store.campaign(key.of(), campaign).await;
        let of = found.map(|campaign| Of::Campaigns(vec![campaign.key]));
        return of.map_err(|error| unknown(error, "/campaign", "unknown_campaign", "campaign"));
    }
    let mut campaigns = Vec::new();
    let mut page = Page { cursor: None, limit: 200 };
    loop {
        let listed = app.store.campaigns(key.of(), None, None, &page).await?;
        campaigns.extend(listed.data.iter().map(|campaign| campaign.key));
        page.cursor = listed.next_cursor;
        if page.cursor.is_none() {
            return Ok(Of::Campaigns(campaigns));
        }
    }
}
