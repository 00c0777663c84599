//! `POST /v1/campaigns/{id}/rehearse`: what would come of it, with people made like those of past calls.

use std::sync::Arc;

use axum::extract::State;
use campanile_domain::ids::CampaignId;
use campanile_domain::plugin::PluginRef;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{CampaignsWrite, Key};
use crate::body::Body;
use crate::jobs::{self, Accepted, Task};
use crate::path::Id;
use crate::policies;
use crate::problem::{FieldProblem, Problem};
use crate::rehearsal::{Other, Rehearsal, Start};
use crate::schema::replay as schema;

/// The kind of the job.
const KIND: &str = "rehearsal";

/// What the campaign is compared with, if with anything.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RehearsalRequest {
    /// `name@version`, or `builtin` for the built-in table: the campaign is also rehearsed with it, with the same people.
    #[serde(default)]
    #[schema(pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    policy: Option<String>,
    /// Its settings. When they are left out: the campaign's own, if its policy has the same name.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Option<Map<String, Value>>,
}

/// Rehearses the campaign twelve times from now on, from its start, with the leads it has (at most 2,000) and with people made
/// like those of its last 10,000 calls; of the account's, while the campaign has fewer than 100; made-up ones while the
/// account has. Nobody is called and no lead is touched. What comes of it is an estimate: ranges over the rehearsals. The
/// work is a job, done in a process of its own that gives way to everything else.
#[utoipa::path(post, path = "/v1/campaigns/{id}/rehearse", tag = "campaigns", params(("id" = String, Path, description = "`cmp_...`")),
    request_body(content = RehearsalRequest, example = json!({"policy": "builtin"})),
    responses((status = 202, description = "It runs; its result is a RehearsalReport", body = schema::Job)), security(("key" = ["campaigns:write"])))]
pub(crate) async fn rehearse_campaign(
    State(app): State<Arc<App>>,
    key: Key<CampaignsWrite>,
    Id(id): Id<CampaignId>,
    Body(request): Body<RehearsalRequest>,
) -> Result<Accepted, Problem> {
    app.store.campaign(key.of(), id).await?;
    let RehearsalRequest { policy, settings } = request;
    let settings = settings.map(Value::Object);
    if policy.as_deref().is_none_or(|policy| policy == "builtin") && settings.is_some() {
        let message = "settings are for a policy, and the built-in table has none; name the policy that has them";
        return Err(Problem::invalid(vec![FieldProblem::new("/settings", "needs_policy", message)]));
    }
    let asked = json!({"campaign": id, "policy": &policy, "settings": &settings});
    let other = match policy.as_deref() {
        None => None,
        Some("builtin") => Some(Other { policy: None, draft: None, settings: None }),
        Some(named) => Some(other(&app, &key, named, settings).await?),
    };
    let job = app.store.begin_job(&key.writes(&app), KIND, asked).await?;
    let rehearsal = Rehearsal { campaign: id, start: Start::Now, other };
    jobs::start(Arc::clone(&app), key.of(), &job, Task::Rehearsal(Box::new(rehearsal)));
    jobs::accepted(job)
}

async fn other(app: &App, key: &Key<CampaignsWrite>, named: &str, settings: Option<Value>) -> Result<Other, Problem> {
    let named: PluginRef = named.parse().map_err(|_| {
        let message = format!("{named:?} is no policy; write name@version, name@active or builtin");
        Problem::invalid(vec![FieldProblem::new("/policy", "invalid", message)])
    })?;
    let policy = policies::pinned(app, key.of(), &named).await?;
    if let Some(settings) = &settings {
        policies::fits(app, key.of(), &policy, settings).await?;
    }
    Ok(Other { policy: Some(policy), draft: None, settings })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Host;

    #[tokio::test]
    async fn what_cannot_be_compared_is_refused_before_a_job_begins() {
        let host = Host::new().await;
        let path = format!("/v1/campaigns/{}/rehearse", host.campaign().await);
        for (body, pointer) in [
            (json!({"policy": "nobody@active"}), "/policy"),
            (json!({"policy": "Not a name"}), "/policy"),
            (json!({"settings": {}}), "/settings"),
            (json!({"policy": "builtin", "settings": {}}), "/settings"),
            (json!({"policies": []}), "/policies"),
        ] {
            let refused = host.post(Some(&host.live), &path, body.clone()).await;
            assert_eq!((refused.status, refused.pointers()), (422, vec![pointer.to_owned()]), "{body}");
        }
        assert_eq!(host.post(Some(&host.stranger), &path, json!({})).await.problem(), (404, "CE0004"));
        assert_eq!(host.get(Some(&host.live), "/v1/jobs").await.body["data"], json!([]));
    }
}
